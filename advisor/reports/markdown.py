"""Markdown for a comment on a pull request: one table a file, the gravest first, with what to write instead."""

from __future__ import annotations

from advisor.outcome import FileOutcome, Tally
from advisor.reports.audience import Audience
from advisor.reports.links import page_of
from advisor.reports.text import advice, closing_counts
from advisor.rulebook.finding import Finding


def file_text(file: FileOutcome, audience: Audience) -> str:
    name = file.path or "history"
    if file.error is not None:
        place = f":{file.error.line}" if file.error.line else ""
        return f"### `{name}`\n\n**error** {_escaped(file.error.message)} (`{name}{place}`)\n\n"
    heard = [finding for finding in file.findings if audience.hears(finding)]
    if not heard:
        return f"### `{name}`\n\nNothing to change.\n\n"
    rows = "".join(_row(finding, audience) for finding in heard)
    return f"### `{name}`\n\n| severity | rule | where | finding | instead |\n|---|---|---|---|---|\n{rows}\n"


def closing(tally: Tally, audience: Audience) -> str:
    said = closing_counts(tally, audience)
    return f"**{said}**\n" if said else ""


def _row(finding: Finding, audience: Audience) -> str:
    where = ""
    if finding.place is not None:
        where = f"line {finding.place.document.position(finding.place.node.span.start).line}"
    source = next((f" ([{_escaped(item.title)}]({item.url}))" for item in finding.references if item.url), "")
    address = page_of(finding.rule, audience.documentation)
    rule = finding.rule if address is None else f"[{finding.rule}]({address})"
    instead = _escaped(advice(finding)) if finding.fix is not None else ""
    return f"| {finding.severity.value} | {rule} | {where} | {_escaped(finding.message)}{source} | {instead} |\n"


def _escaped(text: str) -> str:
    """Bars would end a cell, and line ends the table; `<` would begin markup."""
    for character, instead in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("\n", " "), ("\r", " "), ("`", "'")):
        text = text.replace(character, instead)
    return text
