"""GitLab's code quality report: findings beside the lines of a merge request.

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath

from advisor.outcome import FileOutcome, Tally
from advisor.reports.audience import Audience
from advisor.rulebook.finding import Severity

OPENING, BETWEEN = "[\n", ",\n"
SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def file_text(file: FileOutcome, audience: Audience) -> str:
    if file.error is not None:
        return _entry(file.path or "-", file.error.line or 1, "unusable-input", "blocker", file.error.message, "")
    entries = []
    for finding in file.findings:
        if not audience.hears(finding):
            continue
        path, line = file.path or "-", 1
        if finding.place is not None:
            path, line = finding.place.document.path, finding.place.document.position(finding.place.node.span.start).line
        identity = f"{finding.key or finding.field}|{finding.value}"
        entries.append(_entry(path, line, finding.rule, SEVERITIES[finding.severity], finding.message, identity))
    return BETWEEN.join(entries)


def closing(tally: Tally, audience: Audience) -> str:
    return "\n]\n"


def _entry(path: str, line: int, rule: str, severity: str, description: str, identity: str) -> str:
    name = PurePath(path).as_posix()
    entry = {
        "description": description,
        "check_name": rule,
        "fingerprint": hashlib.sha256(f"{name}|{rule}|{identity}".encode()).hexdigest(),
        "severity": severity,
        "location": {"path": name, "lines": {"begin": line}},
    }
    return json.dumps(entry, ensure_ascii=False)
