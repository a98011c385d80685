"""`check --watch`: a growing history judged again whenever it has grown; each finding is printed once, when it first holds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from advisor.cli.options import history_from
from advisor.cli.status import CLEAN, ERROR, FINDINGS
from advisor.cli.terms import FileTerms
from advisor.errors import InputError
from advisor.outcome import FileOutcome
from advisor.pipeline import lint_file, lint_history
from advisor.reports.concise import finding_line
from advisor.rulebook.finding import Finding, Severity
from advisor.source.document import Document

Judge = Callable[[], FileOutcome | None]
"""What linting says now; None while the log cannot be read yet."""


def watched(given: dict[str, Any], terms: FileTerms, further: Sequence[Document]) -> int:
    """Judge the run's history as it grows. Raises UsageError for a call that names no history or several configurations."""
    paths = given["paths"]
    if not given["histories"] or len(paths) > 1 or "-" in paths or given["fix"] or given["diff"]:
        raise click.UsageError("--watch takes --history and at most one configuration file, without --fix or --diff")

    def judge() -> FileOutcome | None:
        try:
            history = history_from(given)
        except InputError as error:
            click.echo(f"rlhf-lint: waiting: {error}", err=True)
            return None
        assert history is not None
        if not paths:
            return lint_history(history, terms.options, terms.selection)
        return lint_file(paths[0], further=further, options=terms.options, selection=terms.selection, history=history)

    return watch(judge, given["histories"], given, terms)


def watch(judge: Judge, histories: Sequence[str], given: dict[str, Any], terms: FileTerms) -> int:
    """Judge until a finding reaches --fail-on, the run has ended, or the watcher is interrupted. Gives the exit status.

    A log that does not exist yet, or holds no metric yet, is waited for. A configuration that cannot be read ends the watch.
    """
    seen: dict[tuple[str, str | None], Severity] = {}
    try:
        for _ in _growths(histories, given["interval"]):
            outcome = judge()
            if outcome is None:
                continue
            if outcome.error is not None:
                click.echo(f"rlhf-lint: {outcome.error}", err=True)
                return ERROR
            for finding in _new(outcome, seen, given["show_info"]):
                click.echo(f"{_step(outcome)}{finding_line(outcome, finding)}")
            if terms.fails(outcome):
                return FINDINGS
            if outcome.history is not None and outcome.history.ended in ("finished", "crashed"):
                return CLEAN
    except KeyboardInterrupt:
        click.echo("rlhf-lint: no longer watching", err=True)
    return CLEAN


def _new(outcome: FileOutcome, seen: dict[tuple[str, str | None], Severity], show_info: bool) -> Iterator[Finding]:
    """Findings that hold for the first time, or more gravely than before."""
    for finding in outcome.findings:
        key = (finding.rule, finding.key or finding.field)
        if finding.severity == Severity.INFO and not show_info:
            continue
        if key not in seen or finding.severity > seen[key]:
            seen[key] = finding.severity
            yield finding


def _step(outcome: FileOutcome) -> str:
    last = outcome.history.last_step if outcome.history is not None else None
    return "" if last is None else f"step {last:g}: "


def _growths(histories: Sequence[str], interval: float) -> Iterator[None]:
    """Once at the start, and whenever a log has changed since the last time."""
    before: object = None
    while True:
        now = _state(histories)
        if now != before:
            before = now
            yield
        time.sleep(interval)


def _state(histories: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
    """Sizes and times of the logs, of those within a run directory too."""
    found = []
    for history in histories:
        path = Path(history)
        files = [path] if not path.is_dir() else [Path(folder, name) for folder, _, names in os.walk(path) for name in sorted(names)]
        for file in files:
            try:
                status = file.stat()
            except OSError:
                continue
            found.append((str(file), status.st_size, status.st_mtime_ns))
    return tuple(found)
