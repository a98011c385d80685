"""GitHub Actions workflow commands: each finding becomes an annotation at its line in the pull request.

Format: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.outcome import FileOutcome
from advisor.reports.audience import Audience
from advisor.reports.links import page_of
from advisor.reports.text import advice
from advisor.rulebook.finding import Finding, Severity

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}


def file_text(file: FileOutcome, audience: Audience) -> str:
    if file.error is not None:
        where: dict[str, object] = {"file": file.path, "line": file.error.line, "col": file.error.column, "title": "rlhf-lint"}
        return command("error", where, file.error.message) + "\n"
    return "".join(f"{annotation(file, finding, audience.documentation)}\n" for finding in file.findings if audience.hears(finding))


def annotation(file: FileOutcome, finding: Finding, documentation: str | None = None) -> str:
    """One finding; columns count code points from 1."""
    where: dict[str, object] = {"file": file.path}
    if finding.place is not None:
        document, span = finding.place.document, finding.place.node.span
        start, end = document.position(span.start), document.position(span.end)
        where = {"file": document.path, "line": start.line, "endLine": end.line}
        if start.line == end.line:  # GitHub refuses columns of a range over several lines
            where |= {"col": start.column, "endColumn": end.column}
    where["title"] = f"{finding.rule} {finding.name} ({finding.severity.value})"
    change = f"\n=> {advice(finding)}" if finding.fix is not None else ""
    address = page_of(finding.rule, documentation)
    return command(LEVELS[finding.severity], where, finding.message + change + (f"\n{address}" if address is not None else ""))


def command(level: str, properties: Mapping[str, object], message: str) -> str:
    given = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items() if value is not None)
    return f"::{level} {given}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    """Percent signs and line ends would end a command early; colons and commas would end a property."""
    text = text.replace("%", "%25")
    for character in "\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
