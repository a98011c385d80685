"""Steps in a series at the borders of epochs: pairs that are seen again are known already, and the loss falls at once."""

from __future__ import annotations

from advisor.history import statistics
from advisor.history.history import Series

FEWEST = 10
"""Logs between two borders that are needed: with fewer an ordinary decline looks like a step."""


def border_drop(series: Series, epochs: Series, window: int) -> float | None:
    """The least relative drop, (before - after) / before, over the borders of epochs; so much the series drops at every border.

    Before and after are means of `window` logs on either side of a whole number of epochs. None where no border has ten logs on either
    side, or a mean before a border is not positive.
    """
    epoch_at = dict(zip(epochs.steps, epochs.values, strict=True))
    points = [(epoch_at[step], value) for step, value in zip(series.steps, series.values, strict=True) if step in epoch_at]
    borders = [index for index in range(1, len(points)) if int(points[index - 1][0] + 1e-9) < int(points[index][0] + 1e-9)]
    drops = []
    for number, border in enumerate(borders):
        earlier = borders[number - 1] if number else 0
        later = borders[number + 1] if number + 1 < len(borders) else len(points)
        if min(border - earlier, later - border) < max(FEWEST, window):
            continue
        before = statistics.mean([value for _, value in points[border - window : border]])
        after = statistics.mean([value for _, value in points[border : border + window]])
        if before is None or after is None or before <= 0:
            return None
        drops.append((before - after) / before)
    return min(drops, default=None)
