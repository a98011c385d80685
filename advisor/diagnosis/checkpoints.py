"""The best checkpoint: the highest score among those under the divergence gate, measured at the checkpoint's own step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisor.diagnosis.diagnosis import BestCheckpoint, Measured
from advisor.diagnosis.reading_guide import table
from advisor.history.history import History

KL = "eval_kl_ref"


class _Candidate(NamedTuple):
    name: str | None
    step: float
    metrics: Mapping[str, float]


def best_checkpoint(history: History, kl_limit: float | None, by: str | None = None) -> BestCheckpoint:
    """Of a run directory the best checkpoint that exists; of a log alone the best evaluated step.

    `by` names the metric that decides; without it the first of the table's that was measured. A checkpoint whose divergence is not
    measured is held to no gate.
    """
    candidates, unmeasured = _candidates(history)
    orders = [(entry["metric"], entry["best"] == "high") for entry in table()["checkpoint_by"]]
    if by is not None:
        orders = [(by, not by.endswith("loss")), *(order for order in orders if order[0] != by)]
    inside = [one for one in candidates if kl_limit is None or not one.metrics.get(KL, 0.0) > kl_limit]
    ranked = [best for metric, high in orders if (best := _best(inside, metric, high)) is not None]
    return BestCheckpoint(
        best=ranked[0] if ranked else None,
        considered=len(candidates),
        above_gate=len(candidates) - len(inside),
        unmeasured=tuple(unmeasured),
        others=tuple(ranked[1:]),
    )


def _best(candidates: Sequence[_Candidate], metric: str, high: bool) -> Measured | None:
    scored = [one for one in candidates if one.metrics.get(metric, float("nan")) == one.metrics.get(metric)]
    if not scored:
        return None
    best = max(scored, key=lambda one: (one.metrics[metric] if high else -one.metrics[metric], -one.step))
    return Measured(best.name, best.step, metric, best.metrics[metric], best.metrics.get(KL))


def _candidates(history: History) -> tuple[list[_Candidate], list[str]]:
    at_steps: dict[float, dict[str, float]] = {}
    for name, series in history.series.items():
        if name.startswith("eval_"):
            for step, value in zip(series.steps, series.values, strict=True):
                at_steps.setdefault(step, {})[name] = value
    if not history.checkpoints:
        return [_Candidate(None, step, metrics) for step, metrics in sorted(at_steps.items())], []
    found, unmeasured = [], []
    for checkpoint in history.checkpoints:
        # A checkpoint without a state of its own may be one that was cut off while it was saved.
        metrics = {**at_steps.get(checkpoint.step, {}), **checkpoint.metrics} if checkpoint.has_state else {}
        if metrics:
            found.append(_Candidate(checkpoint.name, checkpoint.step, metrics))
        else:
            unmeasured.append(checkpoint.name)
    return found, unmeasured
