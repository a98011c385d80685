"""Formats by name; a renderer is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from advisor.outcome import FileOutcome, Outcome, Tally
from advisor.reports.audience import Audience

FORMATS = ("text", "concise", "json", "github")


class Format(NamedTuple):
    """A report in pieces, so that what was said of one file can be written before the next is read."""

    file: Callable[[FileOutcome, Audience], str]
    closing: Callable[[Tally, Audience], str] | None = None
    opening: str = ""
    between: str = ""

    def closed(self, tally: Tally, audience: Audience) -> str:
        return "" if self.closing is None else self.closing(tally, audience)


def format_named(name: str) -> Format:
    """Raises KeyError for an unknown format."""
    if name == "json":
        from advisor.reports import json_report

        return Format(json_report.file_text, json_report.closing, json_report.opening(), json_report.BETWEEN)
    if name == "concise":
        from advisor.reports import concise

        return Format(concise.file_text)
    if name == "github":
        from advisor.reports import github

        return Format(github.file_text)
    if name == "text":
        from advisor.reports import text

        return Format(text.file_text, text.closing)
    raise KeyError(name)


def render(name: str, outcome: Outcome, audience: Audience) -> str:
    """The whole report in a format. Raises KeyError for an unknown one."""
    pieces = format_named(name)
    files = pieces.between.join(pieces.file(file, audience) for file in outcome.files)
    return pieces.opening + files + pieces.closed(outcome.tally(), audience)
