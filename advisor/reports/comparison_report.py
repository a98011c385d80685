"""What `compare` prints: one line that says it, then value by value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from advisor.configuration.fact import Fact
from advisor.dialects.resolution import Resolved
from advisor.reports.configuration_report import value_entry, value_text

if TYPE_CHECKING:
    from advisor.comparison import Comparison

FORMAT = 1
Side = tuple[str, Resolved]


def render_text(first: Side, second: Side, found: Comparison) -> str:
    lines = [f"{side} {path}: {run.title}, {run.method or 'unknown method'}" for side, (path, run) in (("A", first), ("B", second))]
    lines += ["", found.summary, ""]
    rows = [(one.name, _shown(one.first), _shown(one.second), one.times) for one in found.differences]
    if rows:
        rows.insert(0, ("", "A", "B", ""))
        wide = [max(len(row[column]) for row in rows) for column in range(3)]
        lines += [f"  {row[0]:{wide[0]}}  {row[1]:{wide[1]}}  {row[2]:{wide[2]}}  {row[3]}".rstrip() for row in rows]
        lines.append("")
    lines.append(f"{len(found.differences)} values differ, {len(found.same)} are the same; (d) is a default")
    return "\n".join(lines) + "\n"


def _shown(fact: Fact | None) -> str:
    if fact is None:
        return "-"
    return value_text(fact) + (" (d)" if fact.origin == "default" else "")


def render_json(first: Side, second: Side, found: Comparison) -> str:
    def side(path: str, run: Resolved) -> dict[str, Any]:
        return {"path": path, "dialect": run.dialect, "method": run.method}

    differences = [
        {
            "field": one.name,
            "a": value_entry(one.first) if one.first is not None else None,
            "b": value_entry(one.second) if one.second is not None else None,
            "ratio": one.ratio,
        }
        for one in found.differences
    ]
    report = {"version": FORMAT, "a": side(*first), "b": side(*second), "summary": found.summary}
    return json.dumps({**report, "differences": differences, "same": list(found.same)}, indent=2, ensure_ascii=False) + "\n"
