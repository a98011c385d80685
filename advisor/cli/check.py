"""`rlhf-lint check`: lint files and directories, and write suggested configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from advisor.cli.options import further_documents, history_from, run_options
from advisor.cli.status import CLEAN, ERROR, FINDINGS
from advisor.cli.sweeping import Request, linted, sweep, tell
from advisor.cli.targets import targets
from advisor.cli.terminal import coloured, hyperlinked
from advisor.cli.terms import Terms, terms_of
from advisor.cli.writers import writers
from advisor.outcome import Outcome, Tally
from advisor.reports.audience import Audience
from advisor.reports.formats import FORMATS
from advisor.rulebook.finding import CONFIDENCES, STAGES, Severity

LEVELS = (*(severity.value for severity in reversed(Severity)), "never")


@click.command("check")
@click.argument("paths", nargs=-1, metavar="PATH...")
@run_options
@click.option("--output-format", type=click.Choice(FORMATS), default="text", help="how findings are printed")
@click.option("--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="write a report to a file as well")
@click.option("--fail-on", type=click.Choice(LEVELS), help="severity from which the exit status is 1  [default: high]")
@click.option("--select", multiple=True, metavar="RULE", help="apply only these rules or prefixes")
@click.option("--ignore", multiple=True, metavar="RULE", help="leave these rules or prefixes out")
@click.option("--no-ignores", is_flag=True, help="report what a comment `# rlhf-lint: ignore[RULE]` would hide")
@click.option("--min-severity", type=click.Choice(LEVELS[:-1]), help="report only findings at least this grave")
@click.option("--min-confidence", type=click.Choice(CONFIDENCES), help="report only findings at least this sure")
@click.option("--baseline", metavar="FILE", help="leave out findings that this file remembers")
@click.option("--write-baseline", metavar="FILE", help="remember all findings in a file, and report none")
@click.option("--config", metavar="FILE", help="the settings file, instead of the nearest one")
@click.option("--show-settings", is_flag=True, help="print what applies to each file and from where, and lint nothing")
@click.option("--statistics", is_flag=True, help="count findings by rule after the report")
@click.option("--show-info", is_flag=True, help="show context findings too")
@click.option("--skip-unrecognised", is_flag=True, help="list files that are no training configuration, and go on")
@click.option("--fix", is_flag=True, help="write the suggested configuration beside the input")
@click.option("--suggested", metavar="PATH", help="where --fix writes; - is standard output")
@click.option("--in-place", is_flag=True, help="with --fix: rewrite the input itself, and what --with names")
@click.option("--safe-only", is_flag=True, help="with --fix: only edits that keep the training as it is")
@click.option("--stage", type=click.Choice(STAGES), default=STAGES[0], show_default=True, help="with --fix: the last stage to write")
@click.option("--fix-only", multiple=True, metavar="RULE", help="with --fix: only what these rules or prefixes ask for")
@click.option("--watch", is_flag=True, help="with --history: judge again as it grows, and print each finding when it first holds")
@click.option("--interval", type=click.FloatRange(min=0.05), default=10.0, show_default=True, help="with --watch: seconds between looks")
@click.option("--jobs", default="auto", show_default=True, metavar="N|auto", help="processes that lint; auto is one for few files")
@click.option("--diff", is_flag=True, help="print what --fix would change, and write nothing")
def command(**given: Any) -> int:
    """Lint post-training configurations: files, directories, or - for standard input."""
    paths: Sequence[str] = given["paths"]
    if not paths and not given["histories"]:
        raise click.UsageError("name a configuration file or a directory")
    terms = terms_of(given, paths)
    if given["show_settings"]:
        from advisor.cli.settings_shown import show_settings

        return show_settings(terms, [target.path for target in targets(paths)])
    further = further_documents(given)
    if given["watch"]:
        from advisor.cli.watching import watched

        return watched(given, terms.of(paths[0] if paths else None), further)
    history = history_from(given)
    if history is not None and len(paths) > 1:
        raise click.UsageError("--history goes with one configuration: a history judges only the values that produced it")
    request = Request(terms, further, given["skip_unrecognised"], history)
    if given["write_baseline"]:
        return remember(linted(targets(paths), request), given["write_baseline"])
    against_baseline = terms.baseline is not None
    documentation = terms.of(paths[0] if paths else "-").documentation
    audience = Audience(given["show_info"], coloured(), documentation, hyperlinked())
    with writers(given, audience) as reports:
        if history is None and not (given["fix"] or given["diff"]):
            left = told = sweep(targets(paths), request, reports, given["jobs"])
        else:
            result = linted(targets(paths), request)
            left = result.tally()
            if given["fix"] or given["diff"]:
                from advisor.cli.fixing import fix

                result, after = fix(result, given, request)
                left = after.tally()
            told = tell(result, reports, against_baseline)
        for writer in reports:
            writer.close(told)
    afterwards(told, terms, given)
    return status(left, paths)


def remember(outcome: Outcome, path: str) -> int:
    """Write a baseline of all that is found."""
    from advisor.baseline import write_baseline

    for file in outcome.files:
        if file.error is not None:
            raise file.error
    number = write_baseline(path, [(file.path, file.findings) for file in outcome.files])
    click.echo(f"{path}: {number} finding{'s' if number != 1 else ''} remembered", err=True)
    return CLEAN


def afterwards(told: Tally, terms: Terms, given: Mapping[str, Any]) -> None:
    """What is said once all files are linted: what a baseline remembers in vain, and counts by rule."""
    if terms.baseline is not None:
        for known in terms.baseline.gone(told.linted, told.known):
            value = f" {known.value}" if known.value else ""
            click.echo(f"{known.path}: no longer found, take it out of the baseline: {known.rule} {known.key}{value}", err=True)
    if given["statistics"]:
        for rule, number in sorted(told.rules.items(), key=lambda pair: (-pair[1], pair[0])):
            click.echo(f"{number:6}  {rule}", err=given["output_format"] not in ("text", "concise"))


def status(left: Tally, paths: Sequence[str]) -> int:
    """2 for unusable input, also where directories hold no configuration at all; 1 for findings at the level; 0 else."""
    if left.failed:
        return ERROR
    if not left.files and not left.left_out:
        click.echo(f"rlhf-lint: no training configuration in {', '.join(paths)}", err=True)
        return ERROR
    return FINDINGS if left.failing else CLEAN
