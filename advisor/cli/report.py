"""`rlhf-lint report`: the diagnostic report of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from advisor.cli.options import further_documents, run_options
from advisor.cli.status import CLEAN
from advisor.cli.terminal import coloured, hyperlinked
from advisor.cli.terms import file_terms
from advisor.diagnose import diagnose
from advisor.diagnosis.diagnosis import Diagnosis
from advisor.errors import InputError
from advisor.fixes.difference import unified_diff
from advisor.history.merging import merge
from advisor.history.recognition import read_history
from advisor.pipeline import lint_file, lint_history
from advisor.reports.audience import Audience
from advisor.run_configuration import configuration_in
from advisor.source.document import Document
from advisor.suggestion import Rewritten, suggest

FORMATS = ("text", "markdown", "json", "html")


@click.command("report")
@click.argument("run", metavar="RUN")
@run_options
@click.option("--config", metavar="FILE", help="the run's configuration; without it one is looked for in a run directory")
@click.option("--kl-gate", type=float, metavar="LIMIT", help="largest divergence from the reference, in the unit of the log")
@click.option("--best-by", metavar="METRIC", help="the evaluation metric that decides the best checkpoint, e.g. eval_loss")
@click.option("--quick-test", metavar="FILE", help="write a small configuration that shows in minutes whether training works at all")
@click.option("--show-info", is_flag=True, help="show context findings in text too")
@click.option("--output-format", type=click.Choice(FORMATS), default="text", help="how the report is printed")
@click.option("--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="write the report to a file as well")
def command(**given: Any) -> int:
    """Report on a run: summary, insights, gates, best checkpoint, actions and what to watch.

    RUN is a run directory or a history file. HTML needs the extra rlhf-lint[report].
    """
    diagnosis = diagnosis_of(given, further_documents(given))
    terms = file_terms(given, diagnosis.outcome.path or given["run"])
    if given["quick_test"] is not None:
        from advisor.cli.quick_testing import write_quick_test

        write_quick_test(diagnosis.outcome, given["quick_test"], terms.options)
    audience = Audience(given["show_info"], coloured(), terms.documentation, hyperlinked())
    for name, path in _destinations(given["outputs"]):
        _write(path, render(name, diagnosis, audience.elsewhere()))
    click.echo(render(given["output_format"], diagnosis, audience), nl=False)
    return CLEAN


def diagnosis_of(given: Mapping[str, Any], further: Sequence[Document]) -> Diagnosis:
    """Read, lint and diagnose the run. Raises InputError for a run without metrics or a configuration that cannot be read."""
    run = given["run"]
    history = merge([read_history(path) for path in (run, *given["histories"])])
    config, remarks = given["config"], []
    if config is None and Path(run).is_dir():
        found = configuration_in(Path(run), file_terms(given, run).options)
        if found is not None:
            config = found.path
            if found.others:
                remarks.append(f"{len(found.others) + 1} configurations lie in the directory; --config names another")
    options, selection, *_ = file_terms(given, config or run)
    if config is None:
        outcome = lint_history(history, options, selection)
        difference = ""
    else:
        outcome = lint_file(config, further=further, options=options, selection=selection, history=history)
        if outcome.error is not None:
            raise outcome.error
        made = suggest(outcome, options=options, selection=selection, further=further)
        difference = "".join(_difference(file) for file in made.files if file.changed)
    return diagnose(outcome, run, kl_gate=given["kl_gate"], by=given["best_by"], difference=difference, remarks=tuple(remarks))


def _difference(file: Rewritten) -> str:
    """The diff under the file's own name: a report travels further than the folders that it was made in."""
    path = Path(file.document.path)
    _, _, hunks = unified_diff(file.document, file.text, f"{path.stem}.suggested{path.suffix}").partition("\n")
    return f"--- a/{path.name}\n{hunks}"


def render(name: str, diagnosis: Diagnosis, audience: Audience) -> str:
    """The report in a format. Raises InputError where a format's library is missing."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    if name == "json":
        from advisor.reports.run_json import render as render_json

        return render_json(diagnosis, audience.documentation)
    if name == "markdown":
        from advisor.reports.run_markdown import render as render_markdown

        return render_markdown(diagnosis, now)
    if name == "html":
        from advisor.reports.run_html import render as render_html

        return render_html(diagnosis, now)
    from advisor.reports.run_text import render as render_text

    return render_text(diagnosis, audience)


def _write(path: str, content: str) -> None:
    try:
        Path(path).write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError("unreadable", f"cannot write the report: {error.strerror}", path=path) from None


def _destinations(outputs: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for text in outputs:
        name, separator, path = text.partition("=")
        if not separator or name not in FORMATS:
            raise click.UsageError(f"--output {text}: expected FORMAT=FILE with a format of {', '.join(FORMATS)}")
        found.append((name, path))
    return found
