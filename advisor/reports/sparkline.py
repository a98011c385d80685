"""Small charts of one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 40
NOT_A_NUMBER = "!"


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """A series as bars of eight heights, means of neighbours where it is longer than `width`; what is no number shows as `!`."""
    if not values:
        return ""
    groups = min(width, len(values))
    bounds = [len(values) * number // groups for number in range(groups + 1)]
    cells = [_mean(values[start:end]) for start, end in pairwise(bounds)]
    usable = [cell for cell in cells if cell is not None]
    if not usable:
        return NOT_A_NUMBER * len(cells)
    low, high = min(usable), max(usable)
    span = high - low
    return "".join(_bar(cell, low, span) for cell in cells)


def _bar(cell: float | None, low: float, span: float) -> str:
    if cell is None:
        return NOT_A_NUMBER
    if not span > 0 or not math.isfinite(span):
        return BARS[3]
    return BARS[min(len(BARS) - 1, int((cell - low) / span * len(BARS)))]


def _mean(values: Sequence[float]) -> float | None:
    """None where any value is none: a NaN within a mean would vanish."""
    total = sum(values)
    return total / len(values) if math.isfinite(total) else None
