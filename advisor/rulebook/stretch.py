"""The stretch of a run that a statistic speaks of, read from its name: evidence names it, and plots mark it."""

from __future__ import annotations

import math
import re

from advisor.history.history import Series
from advisor.history.statistics import window

_SHARE = re.compile(r"\b(first|last) (?:(\d+) %|(half))")


def stretch(series: Series, statistic: str, value: float | None) -> tuple[float, float]:
    """First and last step: of a share of the run at either end, of a single value, of a rise; else those of the whole series."""
    steps, last = series.steps, len(series) - 1
    if statistic.startswith("first step") and value is not None:
        return min(value, steps[last]), steps[last]
    if statistic.startswith(("last value", "last epoch")):
        return steps[last], steps[last]
    if statistic.startswith("first value"):
        return steps[0], steps[0]
    if statistic.startswith(("largest value", "largest epoch")):
        place = max(range(last + 1), key=lambda place: _or_least(series.values[place]))
        return steps[place], steps[place]
    if statistic.startswith("largest rise between epochs") and last > 0:
        place = max(range(1, last + 1), key=lambda place: _rise(series.values[place - 1], series.values[place]))
        return steps[place - 1], steps[place]
    shares = _SHARE.findall(statistic)
    if len(shares) == 1:
        end, percent, _ = shares[0]
        size = window(last + 1, int(percent) / 100 if percent else 0.5)
        return (steps[0], steps[size - 1]) if end == "first" else (steps[last + 1 - size], steps[last])
    return steps[0], steps[last]


def _or_least(value: float) -> float:
    return value if math.isfinite(value) else -math.inf


def _rise(before: float, after: float) -> float:
    return _or_least(after / before) if before > 0 else -math.inf
