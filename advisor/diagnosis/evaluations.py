"""Every evaluation of a run in a row: what was measured, and what of it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.diagnosis.diagnosis import EvaluationRow
from advisor.history.history import History

SHOWN = ("loss", "margin", "pref_acc", "reward", "kl_ref")
PREFIX = "eval_"
MOST = 60


def evaluations(history: History, kl_limit: float | None) -> Iterator[EvaluationRow]:
    """The evaluations by step, the last `MOST` of them. A table of epochs has its own section."""
    at: dict[float, dict[str, float]] = {}
    for name in SHOWN:
        series = history.series.get(PREFIX + name)
        for step, value in zip(series.steps, series.values, strict=True) if series is not None else ():
            at.setdefault(step, {})[name] = value
    if history.epochs or len(at) < 2:
        return
    for step, values in sorted(at.items())[-MOST:]:
        yield EvaluationRow(step, values, tuple(_failed(values, kl_limit)))


def _failed(values: Mapping[str, float], kl_limit: float | None) -> Iterator[str]:
    if kl_limit is not None and values.get("kl_ref", kl_limit) > kl_limit:
        yield "KL above its gate"
    if values.get("margin", 1.0) <= 0:
        yield "margin not above zero"
