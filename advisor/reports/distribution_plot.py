"""A band and the published values behind it, as two lines of text over one axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from advisor.evidence.distribution import Spread
from advisor.expression.notation import rate

WIDTH = 56
LOGARITHMIC = 20.0
"""From this ratio of the largest to the smallest value on, the axis is logarithmic."""
LEGEND = "= recommended, - acceptable, x known to fail; digits count recipes (+ from ten on), ! runs that failed"


def plot(spread: Spread) -> Iterator[str]:
    """Nothing where no recipe of the size class gives the value."""
    worked, failed = ([value for value, _ in part] for part in (spread.worked, spread.failed))
    if not worked and not failed:
        return
    row = spread.row
    edges = [edge for pair in (row.recommended, row.acceptable, row.fails) for edge in pair if edge is not None]
    everything = [*worked, *failed, *edges]
    at = _axis([value for value in everything if value > 0] or [1.0], min(everything))
    band = [" "] * WIDTH
    for (low, high), mark in ((row.acceptable, "-"), (row.recommended, "=")):
        for column in range(at(low) if low is not None else 0, (at(high) if high is not None else WIDTH - 1) + 1):
            band[column] = mark
    for edge, columns in zip(row.fails, ("below", "above"), strict=True):
        if edge is not None:
            for column in range(at(edge) + 1) if columns == "below" else range(at(edge), WIDTH):
                band[column] = "x"
    points = [0] * WIDTH
    for value in worked:
        points[at(value)] += 1
    marks = [" " if not number else str(number) if number < 10 else "+" for number in points]
    for value in failed:
        marks[at(value)] = "!"
    first, last = rate(min(everything)), rate(max(everything))
    indent = " " * len(first)
    yield f"    {first} |{''.join(band)}| {last}"
    yield f"    {indent} |{''.join(marks)}| {len(worked)} recipes" + (f", {len(failed)} failed" if failed else "")


def _axis(positive: list[float], smallest: float) -> Callable[[float], int]:
    low, high = min(positive), max(positive)
    if smallest > 0 and high / low >= LOGARITHMIC:
        span = math.log(high / low)
        return lambda value: round((WIDTH - 1) * math.log(max(value, low) / low) / span)
    start = min(smallest, low)
    return lambda value: round((WIDTH - 1) * (value - start) / (high - start)) if high > start else 0
