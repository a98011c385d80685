"""What `memory` prints: the verdict, the phases against the card's memory, what it is made of, and what would make it fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from advisor.errors import InputError
from advisor.exact.answer import Exact
from advisor.expression.notation import size
from advisor.memory.estimate import Band, Estimate
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
    exact: Exact | None = None
    """The traced step, where it was asked for."""


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
    if one.exact is not None:
        entry["exact"] = _exact(one.exact)
    return entry


def _exact(told: Exact) -> dict[str, Any]:
    return {
        "reason": told.reason,
        "tensors_gib": _rounded(told.tensors),
        "closed_form_gib": _rounded(told.closed),
        "phase": told.phase,
        "phases_gib": dict(told.phases),
        "components_gib": dict(told.components),
        "added_gib": {name: _rounded(value) for name, value in told.added.items()},
        "peak_gib": _band(told.peak),
        "verdict": told.verdict,
        "left_out": list(told.left_out),
        "remarks": list(told.remarks),
        "seconds": told.seconds,
        "tracer": dict(told.tracer),
    }


def _band(peak: Band | None) -> dict[str, Any] | None:
    return None if peak is None else {"low": _rounded(peak.low), "expected": _rounded(peak.expected), "high": _rounded(peak.high)}


def _estimate(found: Estimate) -> dict[str, Any]:
    return {
        "gpu": found.gpu,
        "gpus": found.gpus,
        "usable_gib": _rounded(found.usable),
        "peak_gib": _band(found.peak),
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
    if one.exact is not None:
        yield from _traced(one.exact)
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


def _traced(told: Exact) -> Iterator[str]:
    """`traced with the real modules: fits, 12.3 GiB between 10.9 and 14.0 ...`, then what of the run it is not."""
    if told.tensors is None:
        yield f"  not traced: {told.reason}"
        return
    versions = ", ".join(f"{name} {version}" for name, version in told.tracer.items())
    if told.peak is not None:
        words = told.verdict.replace("-", " ") + ", " if told.verdict != "unknown" else ""
        band = f"{told.peak.expected:.1f} GiB in the {told.phase} phase, between {told.peak.low:.1f} and {told.peak.high:.1f}"
        yield f"  traced with the real modules: {words}{band}"
    else:
        yield f"  traced with the real modules, no verdict: {told.reason}"
    shares = f"{told.tensors:.2f} GiB of tensors traced"
    if told.closed is not None:
        shares += f", {told.closed:.2f} by the closed form ({told.closed / told.tensors - 1:+.1%})"
    yield f"    the same step: {shares}; {told.seconds:.0f} s, {versions}"
    if told.remarks:
        yield "    " + "; ".join(told.remarks)


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
