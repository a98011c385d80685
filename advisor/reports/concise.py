"""One line a finding, `path:line:column: severity [RULE] message`: for grep, editors and logs."""

from __future__ import annotations

from advisor.outcome import FileOutcome
from advisor.reports.audience import Audience
from advisor.rulebook.finding import Finding


def file_text(file: FileOutcome, audience: Audience) -> str:
    if file.error is not None:
        return f"{place_of_error(file)}: error {file.error.message}\n"
    return "".join(f"{finding_line(file, finding)}\n" for finding in file.findings if audience.hears(finding))


def finding_line(file: FileOutcome, finding: Finding) -> str:
    return f"{place_of(file, finding)}: {finding.severity.value} [{finding.rule}] {finding.message}"


def place_of(file: FileOutcome, finding: Finding) -> str:
    """`path:line:column`, or the path alone for a value that the file does not hold."""
    if finding.place is None:
        return file.path or "history"
    position = finding.place.document.position(finding.place.node.span.start)
    return f"{finding.place.document.path}:{position.line}:{position.column}"


def place_of_error(file: FileOutcome) -> str:
    error = file.error
    assert error is not None
    return ":".join(str(part) for part in (file.path, error.line, error.column) if part is not None)
