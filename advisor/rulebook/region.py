"""Where a value lies in a band: recommended, acceptable, outside, or where runs are known to have failed."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from advisor.rulebook.rule import Band, BandRow

Region = Literal["recommended", "acceptable", "outside", "fails"]
Side = Literal["below", "above"]
Bounds = tuple[float | None, float | None]

TOLERANCE = 1e-9
"""Relative: 5e-7 read from text and 5e-7 computed may differ in the last bit, and an edge belongs to its region."""


class Standing(NamedTuple):
    region: Region
    side: Side


def row_for(band: Band, measure: float | None) -> BandRow | None:
    """The row of a size class; with no measure the hull of all rows, outside of which a value is outside whatever the size."""
    if band.by is None or len(band.rows) == 1:
        return band.rows[0]
    if measure is None:
        return _hull(band)
    return next((row for row in band.rows if row.to is None or measure < row.to), None)


def standing(value: float, row: BandRow) -> Standing:
    """The region of a value, and on which side of the recommended range it lies."""
    side: Side = "below" if row.recommended[0] is not None and value < row.recommended[0] else "above"
    low, high = row.fails
    if (low is not None and _at_most(value, low)) or (high is not None and _at_least(value, high)):
        return Standing("fails", side)
    if not _inside(value, row.acceptable):
        return Standing("outside", side)
    return Standing("recommended" if _inside(value, row.recommended) else "acceptable", side)


def target(value: float, row: BandRow) -> float | None:
    """The smallest change that reaches the band; from more than tenfold outside, the typical value."""
    low, high = row.recommended
    edge = low if low is not None and value < low else high
    if edge is None:
        return None
    far = value <= 0 or max(value / edge, edge / value) > 10 * (1 + TOLERANCE) if edge > 0 else False
    return row.typical if far and row.typical is not None else edge


def _inside(value: float, bounds: Bounds) -> bool:
    low, high = bounds
    return (low is None or _at_least(value, low)) and (high is None or _at_most(value, high))


def _at_least(value: float, bound: float) -> bool:
    return value >= bound or math.isclose(value, bound, rel_tol=TOLERANCE)


def _at_most(value: float, bound: float) -> bool:
    return value <= bound or math.isclose(value, bound, rel_tol=TOLERANCE)


def _hull(band: Band) -> BandRow:
    """The widest range over all size classes. Its support is that of every row."""
    return BandRow(
        to=None,
        recommended=_widest([row.recommended for row in band.rows]),
        acceptable=_widest([row.acceptable for row in band.rows]),
        fails=_widest([row.fails for row in band.rows]),  # it fails at any size only where every size class fails
        typical=None,
        grade=max(row.grade for row in band.rows),
        support=tuple(dict.fromkeys(word for row in band.rows for word in row.support)),
        label="any size",
    )


def _widest(ranges: list[Bounds]) -> Bounds:
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    low = None if None in lows else min(low for low in lows if low is not None)
    return low, None if None in highs else max(high for high in highs if high is not None)
