"""What `memory` prints: the verdict, the phases against the card's memory, what it is made of, and what would make it fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from advisor.errors import InputError
from advisor.expression.notation import size
from advisor.memory.estimate import Estimate
from advisor.memory.tables import mapping
from advisor.reports.json_report import error_entry

FORMAT = 1
BAR = 40
"""Characters of a full bar, which is the card's usable memory."""
SHOWN_LEVERS = 6


class Prediction(NamedTuple):
    """One file's estimate, or why there is none; `others` are the same run on other cards."""

    path: str
    estimate: Estimate | None
    error: InputError | None = None
    others: tuple[Estimate, ...] = ()
    solved: tuple[str, int | None] | None = None
    """A canonical name and the largest value that fits."""


def render_json(predictions: Sequence[Prediction]) -> str:
    return json.dumps({"version": FORMAT, "files": [_entry(one) for one in predictions]}, indent=2, ensure_ascii=False) + "\n"


def _entry(one: Prediction) -> dict[str, Any]:
    if one.estimate is None:
        return {"path": one.path, "verdict": "unknown", "error": error_entry(one.error)}
    entry = {"path": one.path, "error": None, **_estimate(one.estimate)}
    if one.others:
        entry["devices"] = [_estimate(other) for other in one.others]
    if one.solved is not None:
        entry["solved"] = {"field": one.solved[0], "value": one.solved[1]}
    return entry


def _estimate(found: Estimate) -> dict[str, Any]:
    peak = found.peak
    return {
        "gpu": found.gpu,
        "gpus": found.gpus,
        "usable_gib": _rounded(found.usable),
        "peak_gib": None if peak is None else {"low": _rounded(peak.low), "expected": _rounded(peak.expected), "high": _rounded(peak.high)},
        "verdict": found.verdict,
        "reason": found.reason,
        "phase": found.phase,
        "phases": {name: _rounded(value) for name, value in found.phases.items()},
        "components_gib": {name: _rounded(value) for name, value in found.components.items()},
        "assumptions": list(found.assumptions),
        "levers": [
            {"change": dict(lever.change), "peak_gib": _rounded(lever.peak), "verdict": lever.verdict, "cost": lever.cost}
            for lever in found.levers
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def render_text(predictions: Sequence[Prediction]) -> str:
    return "".join(f"{line}\n" for one in predictions for line in _lines(one))


def _lines(one: Prediction) -> Iterator[str]:
    found = one.estimate
    if found is None:
        return
    yield f"{one.path}: {headline(found)}"
    if found.peak is None:
        yield f"  {found.reason}"
    else:
        yield from _bars(found)
        yield f"  made of {_components(found.components)}"
    if found.levers:
        yield "  what would change it, the cheapest first:"
        for lever in found.levers[:SHOWN_LEVERS]:
            cost = mapping("memory.yaml")["lever_words"][lever.cost]
            yield f"    {_change(lever.change)}: {lever.peak:.1f} GiB, {lever.verdict.replace('-', ' ')} ({cost})"
    for other in one.others:
        peak = f"{other.peak.expected:7.1f} GiB" if other.peak else "      ?    "
        yield f"  {other.gpu or '?':18} {other.usable or 0:6.1f} GiB usable  {peak}  {other.verdict.replace('-', ' ')}"
    if one.solved is not None:
        name, value = one.solved
        yield f"  largest {name} that fits: {value if value is not None else 'none does'}"
    if found.assumptions:
        yield "  assumed: " + "; ".join(found.assumptions)
    yield ""


def headline(found: Estimate) -> str:
    """`does not fit h100-80gb: 96.2 GiB of 79.1 (backward decides), band 92.1 to 104.0; 7.6B parameters, 1 GPU`."""
    where = f" {found.gpu}" if found.gpu else ""
    parts = [f"{found.verdict.replace('-', ' ')}{where}"]
    if found.peak is not None:
        usable = f" of {found.usable:.1f}" if found.usable is not None else ""
        parts[0] += f": {found.peak.expected:.1f} GiB{usable} in the {found.phase} phase"
        parts.append(f"between {found.peak.low:.1f} and {found.peak.high:.1f}")
    if found.parameters is not None:
        parts.append(f"{size(found.parameters)} parameters")
    parts.append(f"{found.gpus} GPU{'s' if found.gpus != 1 else ''}")
    return ", ".join(parts)


def _bars(found: Estimate) -> Iterator[str]:
    """The phases against the card's memory, or against the largest of them where no card is named."""
    phases = {name: value for name, value in found.phases.items() if value is not None}
    full = found.usable or max(phases.values(), default=1.0)
    for name, value in phases.items():
        filled = min(BAR, round(value / full * BAR))
        over = " over" if value > full else ""
        decides = " decides" if name == found.phase else ""
        yield f"  {name:12} {'#' * filled}{'.' * (BAR - filled)} {value:6.1f} GiB{over}{decides}"


def _components(components: Mapping[str, float]) -> str:
    shown = sorted(((value, name) for name, value in components.items() if value >= 0.05), reverse=True)
    return ", ".join(f"{name.replace('_', ' ')} {value:.1f}" for value, name in shown)


def _change(change: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {str(value).lower() if isinstance(value, bool) else value}" for name, value in change.items())
