"""`rlhf-lint check`: lint files and directories, and write suggested configurations."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from advisor.cli.options import further_documents, history_from, options_from, run_options
from advisor.cli.status import CLEAN, ERROR, FINDINGS
from advisor.cli.targets import targets
from advisor.dialects.options import Options
from advisor.errors import InputError
from advisor.outcome import FileOutcome, LeftOut, Outcome
from advisor.pipeline import lint_file, lint_history
from advisor.reports.audience import Audience
from advisor.reports.formats import FORMATS, render
from advisor.rulebook.finding import Severity
from advisor.rulebook.selection import Selection
from advisor.source.document import Document

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
@click.option("--watch", is_flag=True, help="with --history: judge again as it grows, and print each finding when it first holds")
@click.option("--interval", type=click.FloatRange(min=0.05), default=10.0, show_default=True, help="with --watch: seconds between looks")
@click.option("--diff", is_flag=True, help="print what --fix would change, and write nothing")
def command(**given: Any) -> int:
    """Lint post-training configurations: files, directories, or - for standard input."""
    paths: Sequence[str] = given["paths"]
    if not paths and not given["histories"]:
        raise click.UsageError("name a configuration file or a directory")
    options = options_from(given)
    selection = selected(given)
    further = further_documents(given)
    if given["watch"]:
        return watched(given, options, selection, further)
    history = history_from(given)
    if history is not None and len(paths) > 1:
        raise click.UsageError("--history goes with one configuration: a history judges only the values that produced it")
    found: list[FileOutcome] = []
    left_out: list[LeftOut] = []
    if history is not None and not paths:
        found.append(lint_history(history, options, selection))
    for target in targets(paths):
        content = sys.stdin.buffer.read() if target.path == "-" else None
        outcome = lint_file(target.path, content=content, further=further, options=options, selection=selection, history=history)
        if outcome.error is not None and outcome.error.kind == "unrecognised" and (given["skip_unrecognised"] or not target.named):
            left_out.append(LeftOut(target.path, outcome.error.message, target.named))
        else:
            found.append(outcome)
    result = Outcome(tuple(found), tuple(left_out))
    left = result
    if given["fix"] or given["diff"]:
        from advisor.cli.fixing import fix

        result, left = fix(result, given, options, selection, further)
    report(result, given)
    return status(left, paths, given["fail_on"])


def watched(given: dict[str, Any], options: Options, selection: Selection, further: Sequence[Document]) -> int:
    """Judge the run's history as it grows. Raises UsageError for a call that names no history or several configurations."""
    paths = given["paths"]
    if not given["histories"] or len(paths) > 1 or "-" in paths or given["fix"] or given["diff"]:
        raise click.UsageError("--watch takes --history and at most one configuration file, without --fix or --diff")
    from advisor.cli.watching import watch

    def judge() -> FileOutcome:
        history = history_from(given)
        assert history is not None
        if not paths:
            return lint_history(history, options, selection)
        return lint_file(paths[0], further=further, options=options, selection=selection, history=history)

    return watch(judge, given["histories"], given)


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


def report(outcome: Outcome, given: dict[str, Any]) -> None:
    """Findings to standard output and to files, everything else to standard error."""
    for left in outcome.left_out:
        click.echo(f"{left.path}: no training configuration, left out", err=True)
    for file in outcome.files:
        for document in file.documents:
            for warning in document.warnings:
                click.echo(f"{document.path}: {warning}", err=True)
        if file.history is not None:
            for warning in file.history.warnings:
                click.echo(f"{file.history.path}: {warning}", err=True)
    audience = Audience(given["show_info"], colour=coloured())
    # With the diff, or the suggested file on standard output, findings would spoil what another program is to read.
    if not (given["diff"] or given["suggested"] == "-"):
        click.echo(render(given["output_format"], outcome, audience), nl=False)
    for text in given["outputs"]:
        name, separator, path = text.partition("=")
        if not separator or name not in FORMATS:
            raise click.UsageError(f"--output {text}: expected FORMAT=FILE with a format of {', '.join(FORMATS)}")
        write_report(path, render(name, outcome, Audience(given["show_info"])))


def write_report(path: str, content: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(content)
    except OSError as error:
        raise InputError("unreadable", f"cannot write the report: {error.strerror}", path=path) from None


def coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def status(outcome: Outcome, paths: Sequence[str], fail_on: str) -> int:
    """2 for unusable input, also where directories hold no configuration at all; 1 for findings at the level; 0 else."""
    if outcome.failed():
        return ERROR
    if not outcome.files and not outcome.left_out_named:
        click.echo(f"rlhf-lint: no training configuration in {', '.join(paths)}", err=True)
        return ERROR
    worst = outcome.worst()
    return FINDINGS if fail_on != "never" and worst is not None and worst >= Severity(fail_on) else CLEAN
