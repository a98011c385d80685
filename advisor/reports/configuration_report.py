"""What `show` prints: every canonical value and where it came from."""

from __future__ import annotations

import json
from typing import Any

from advisor.configuration.fact import Fact
from advisor.dialects.resolution import Resolved
from advisor.errors import InputError
from advisor.reports.json_report import error_entry, plain
from advisor.reports.text import shown

FORMAT = 1


def render_json(runs: list[tuple[str, Resolved | InputError]]) -> str:
    return json.dumps({"version": FORMAT, "files": [_entry(path, run) for path, run in runs]}, indent=2, ensure_ascii=False) + "\n"


def _entry(path: str, run: Resolved | InputError) -> dict[str, Any]:
    if isinstance(run, InputError):
        return {"path": path, "dialect": None, "method": None, "error": error_entry(run), "values": {}}
    values = {name: value_entry(fact) for name, fact in sorted(run.facts.items())}
    return {"path": path, "dialect": run.dialect, "method": run.method, "error": None, "values": values}


def value_entry(fact: Fact) -> dict[str, Any]:
    place = fact.place
    line = place.document.position(place.node.span.start).line if place is not None and place.document.format != "mapping" else None
    return {"value": plain(fact.value), "origin": fact.origin, "key": place.key if place else None, "line": line, "note": fact.note}


def render_text(runs: list[tuple[str, Resolved | InputError]]) -> str:
    lines: list[str] = []
    for path, run in runs:
        if isinstance(run, InputError):
            continue
        lines.append(f"{path}: {run.title}, {run.method or 'unknown method'}")
        rows = [(name, value_text(fact), fact.origin, _origin(fact)) for name, fact in sorted(run.facts.items())]
        wide = [max(len(row[column]) for row in rows) for column in range(3)]
        lines += [f"  {name:{wide[0]}}  {value:{wide[1]}}  {origin:{wide[2]}}  {note}".rstrip() for name, value, origin, note in rows]
        if run.keys_unknown:
            lines.append(f"  not understood: {', '.join(run.keys_unknown)}")
        lines.append("")
    return "\n".join(lines) + "\n" if lines else ""


def value_text(fact: Fact) -> str:
    if fact.origin == "unknown":
        return "?"
    if fact.value is None:
        return "null"
    return ", ".join(map(str, fact.value)) if isinstance(fact.value, tuple) else shown(fact.value)


def _origin(fact: Fact) -> str:
    if fact.place is None:
        return fact.note or ""
    position = fact.place.document.position(fact.place.node.span.start)
    where = fact.place.key if fact.place.document.format == "mapping" else f"{fact.place.key}, line {position.line}"
    return f"{where}: {fact.note}" if fact.note else where
