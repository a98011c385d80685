"""`rlhf-lint check`: lint files and directories, and write suggested configurations."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from advisor.cli.options import further_documents, history_from, options_from, run_options
from advisor.cli.status import CLEAN, ERROR, FINDINGS
from advisor.cli.sweeping import Request, linted, sweep, tell
from advisor.cli.targets import targets
from advisor.cli.writers import writers
from advisor.outcome import Tally
from advisor.reports.audience import Audience
from advisor.reports.formats import FORMATS
from advisor.rulebook.finding import Severity
from advisor.rulebook.selection import Selection

LEVELS = (*(severity.value for severity in reversed(Severity)), "never")


@click.command("check")
@click.argument("paths", nargs=-1, metavar="PATH...")
@run_options
@click.option("--output-format", type=click.Choice(FORMATS), default="text", help="how findings are printed")
@click.option("--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="write a report to a file as well")
@click.option("--fail-on", type=click.Choice(LEVELS), default="high", show_default=True, help="severity from which the exit status is 1")
@click.option("--select", multiple=True, metavar="RULE", help="apply only these rules or prefixes")
@click.option("--ignore", multiple=True, metavar="RULE", help="leave these rules or prefixes out")
@click.option("--no-ignores", is_flag=True, help="report what a comment `# rlhf-lint: ignore[RULE]` would hide")
@click.option("--show-info", is_flag=True, help="show context findings too")
@click.option("--skip-unrecognised", is_flag=True, help="list files that are no training configuration, and go on")
@click.option("--fix", is_flag=True, help="write the suggested configuration beside the input")
@click.option("--suggested", metavar="PATH", help="where --fix writes; - is standard output")
@click.option("--in-place", is_flag=True, help="with --fix: rewrite the input itself")
@click.option("--safe-only", is_flag=True, help="with --fix: only edits that keep the training as it is")
@click.option("--jobs", default="auto", show_default=True, metavar="N|auto", help="processes that lint; auto is one for few files")
@click.option("--diff", is_flag=True, help="print what --fix would change, and write nothing")
def command(**given: Any) -> int:
    """Lint post-training configurations: files, directories, or - for standard input."""
    paths: Sequence[str] = given["paths"]
    if not paths and not given["histories"]:
        raise click.UsageError("name a configuration file or a directory")
    options = options_from(given)
    selection = selected(given)
    further = further_documents(given)
    history = history_from(given)
    if history is not None and len(paths) > 1:
        raise click.UsageError("--history goes with one configuration: a history judges only the values that produced it")
    request = Request(options, selection, further, given["skip_unrecognised"], history)
    with writers(given, Audience(given["show_info"], colour=coloured())) as reports:
        if history is None and not (given["fix"] or given["diff"]):
            left = told = sweep(targets(paths), request, reports, given["jobs"])
        else:
            result = linted(targets(paths), request)
            left = result.tally()
            if given["fix"] or given["diff"]:
                from advisor.cli.fixing import fix

                result, after = fix(result, given, options, selection, further)
                left = after.tally()
            told = tell(result, reports)
        for writer in reports:
            writer.close(told)
    return status(left, paths, given["fail_on"])


def selected(given: dict[str, Any]) -> Selection:
    """The rules to apply. Raises UsageError for a word that names no rule."""
    select, ignore = (tuple(word for text in given[name] for word in text.split(",") if word) for name in ("select", "ignore"))
    selection = Selection(select, ignore, heeds_comments=not given["no_ignores"])
    if select or ignore:
        from advisor.rulebook.library import raw_rules

        unmatched = selection.unmatched((raw["id"], raw["name"]) for _, raw in raw_rules())
        if unmatched:
            raise click.UsageError(f"no rule answers to {', '.join(unmatched)}; `rlhf-lint rules` lists them")
    return selection


def coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def status(left: Tally, paths: Sequence[str], fail_on: str) -> int:
    """2 for unusable input, also where directories hold no configuration at all; 1 for findings at the level; 0 else."""
    if left.failed:
        return ERROR
    if not left.files and not left.left_out:
        click.echo(f"rlhf-lint: no training configuration in {', '.join(paths)}", err=True)
        return ERROR
    worst = left.worst()
    return FINDINGS if fail_on != "never" and worst is not None and worst >= Severity(fail_on) else CLEAN
