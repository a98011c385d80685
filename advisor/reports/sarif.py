"""SARIF 2.1.0, for code scanning services. Columns count Unicode code points from 1, as everywhere in our output.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from advisor import __version__
from advisor.outcome import FileOutcome, Tally
from advisor.reports.audience import Audience
from advisor.reports.links import page_of, shipped_page
from advisor.reports.text import advice
from advisor.rulebook.finding import Finding, Severity
from advisor.rulebook.library import raw_rules

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BETWEEN = ",\n"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
RANKS = {Severity.CRITICAL: "9.0", Severity.HIGH: "7.0", Severity.MEDIUM: "5.0", Severity.LOW: "3.0", Severity.INFO: "1.0"}
UNREADABLE = "unusable-input"


def opening() -> str:
    return f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{"columnKind": "unicodeCodePoints", "results": [\n'


def file_text(file: FileOutcome, audience: Audience) -> str:
    if file.error is not None:
        region = {"startLine": file.error.line, "startColumn": file.error.column} if file.error.line else None
        results = [_result(UNREADABLE, "error", file.error.message, _location(file.path or "-", region))]
    else:
        results = [_finding(file, finding) for finding in file.findings if audience.hears(finding)]
    return BETWEEN.join(json.dumps(result, ensure_ascii=False, allow_nan=False) for result in results)


def closing(tally: Tally, audience: Audience) -> str:
    """The rules that were broken stand behind the results, since only then they are known."""
    found = {rule.split(" ", 1)[0] for rule in tally.rules}
    driver = {
        "name": "rlhf-lint",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(raw, audience.documentation) for _, raw in raw_rules() if raw["id"] in found],
    }
    return f'\n], "tool": {{"driver": {json.dumps(driver, ensure_ascii=False)}}}}}]}}\n'


def _finding(file: FileOutcome, finding: Finding) -> dict[str, Any]:
    message = finding.message + (f"\n=> {advice(finding)}" if finding.fix is not None else "")
    region, path = None, file.path or "-"
    if finding.place is not None and finding.place.document.format != "mapping":
        document, span = finding.place.document, finding.place.node.span
        start, end = document.position(span.start), document.position(span.end)
        region = {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}
        path = document.path
    result = _result(finding.rule, LEVELS[finding.severity], message, _location(path, region))
    identity = "|".join((path, finding.rule, finding.key or finding.field or "", str(finding.value)))
    result["partialFingerprints"] = {"rlhfLint/v1": hashlib.sha256(identity.encode()).hexdigest()[:32]}
    result["properties"] = {"severity": finding.severity.value, "confidence": finding.confidence}
    return result


def _result(rule: str, level: str, message: str, location: dict[str, Any]) -> dict[str, Any]:
    return {"ruleId": rule, "level": level, "message": {"text": message}, "locations": [location]}


def _location(path: str, region: dict[str, Any] | None) -> dict[str, Any]:
    uri = quote(PurePath(path).as_posix())
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, **({"region": region} if region else {})}}


def _rule(raw: Any, documentation: str | None) -> dict[str, Any]:
    page = shipped_page(raw["id"])
    return {
        "id": raw["id"],
        "name": raw["name"],
        "shortDescription": {"text": raw["title"]},
        "help": {"text": raw["why"].strip(), **({"markdown": page.read_text(encoding="utf-8")} if page is not None else {})},
        **({"helpUri": address} if (address := page_of(raw["id"], documentation)) is not None else {}),
        "properties": {"security-severity": RANKS[Severity(raw.get("severity", "medium"))]},
    }
