"""The JSON of the contract: stable, versioned, for programs."""

from __future__ import annotations

import json
import math
from typing import Any

from advisor import __version__
from advisor.configuration.fact import Place
from advisor.errors import InputError
from advisor.outcome import FileOutcome, Tally
from advisor.reports.audience import Audience
from advisor.reports.links import page_of
from advisor.rulebook.finding import Change, Finding
from advisor.source.document import Document, Span

FORMAT = 1
BETWEEN = ",\n    "


def opening() -> str:
    """All that stands before the first file: the report is one object, written while files are still being linted."""
    tool = _written({"name": "rlhf-lint", "version": __version__}, 2)
    return f'{{\n  "version": {FORMAT},\n  "tool": {tool},\n  "files": [\n    '


def file_text(file: FileOutcome, audience: Audience) -> str:
    return _written(file_entry(file, audience.documentation), 4)


def closing(tally: Tally, audience: Audience) -> str:
    summary = {"files": tally.files, **{severity.value: count for severity, count in tally.counts().items()}}
    return f'\n  ],\n  "summary": {_written(summary, 2)}\n}}\n'


def _written(entry: dict[str, Any], depth: int) -> str:
    """An object as it stands inside of others; JSON has no line ends within texts that would be moved with it."""
    return json.dumps(entry, indent=2, ensure_ascii=False, allow_nan=False).replace("\n", "\n" + " " * depth)


def file_entry(file: FileOutcome, documentation: str | None = None) -> dict[str, Any]:
    return {
        "path": file.path,
        "dialect": file.dialect,
        "method": file.method,
        "framework": {"name": file.framework, "version": file.version} if file.framework else None,
        "error": error_entry(file.error),
        "coverage": {"keys_read": len(file.keys_read), "keys_unknown": list(file.keys_unknown), "rules_applied": len(file.rules_applied)},
        "assumptions": list(file.assumptions),
        "findings": [finding_entry(finding, documentation) for finding in file.findings],
        "skipped": [{"rule": skipped.rule, "missing": list(skipped.missing)} for skipped in file.skipped],
    }


def error_entry(error: InputError | None) -> dict[str, Any] | None:
    return None if error is None else {"kind": error.kind, "message": error.message, "line": error.line, "column": error.column}


def finding_entry(finding: Finding, documentation: str | None = None) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "confidence": finding.confidence,
        "message": finding.message,
        "why": finding.why,
        "field": finding.field,
        "key": finding.key,
        "value": plain(finding.value),
        "span": span_entry(finding.place),
        "related": [
            {"field": related.name, "key": related.key, "value": plain(related.value), "span": span_entry(related.place)}
            for related in finding.related
        ],
        "evidence": [
            {"metric": item.metric, "statistic": item.statistic, "value": plain(item.value), "steps": plain(item.steps)}
            for item in finding.evidence
        ],
        "fix": None
        if finding.fix is None
        else {
            "applicability": finding.fix.applicability,
            "stage": finding.fix.stage,
            "text": finding.fix.text,
            "edits": [change_entry(change) for change in finding.fix.changes],
        },
        "url": page_of(finding.rule, documentation),
        "references": [{"key": item.key, "title": item.title, "url": item.url} for item in finding.references],
    }


def change_entry(change: Change) -> dict[str, Any]:
    return {
        "op": change.op,
        "field": change.name,
        "key": change.key,
        "new_key": change.new_key,
        "old": None if change.old is None else str(change.old),
        "new": None if change.new is None else number_text(change.new),
        "because": change.because,
    }


def number_text(value: Any) -> str:
    """A value as text; booleans as JSON writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def span_entry(place: Place | None) -> dict[str, Any] | None:
    if place is None or place.document.format == "mapping":
        return None
    return span_of(place.document, place.node.span)


def span_of(document: Document, span: Span) -> dict[str, Any]:
    start, end = document.position(span.start), document.position(span.end)
    return {"start": {"line": start.line, "column": start.column}, "end": {"line": end.line, "column": end.column}}


def plain(value: Any) -> Any:
    """A value as JSON holds it: NaN and infinities become text, tuples lists."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return [plain(item) for item in value] if isinstance(value, tuple) else value
