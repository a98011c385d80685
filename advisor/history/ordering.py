"""The order of logged points: parts joined in the order of the log, and steps that go back after a restart."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise


def merged_parts(parts: list[tuple[array[int], array[float]]]) -> tuple[array[int], array[float]]:
    """Columns of one key from several blocks, in the order of the log."""
    if len(parts) == 1:
        return parts[0]
    rows: array[int] = array("I")
    values: array[float] = array("d")
    for part_rows, part_values in parts:
        rows.extend(part_rows)
        values.extend(part_values)
    order = sorted(range(len(rows)), key=rows.__getitem__)
    return array("I", map(rows.__getitem__, order)), array("d", map(values.__getitem__, order))


def descents(steps: Sequence[float]) -> int:
    return sum(later < earlier for earlier, later in pairwise(steps))


def in_order(steps: array[float]) -> tuple[array[float], Sequence[int] | None]:
    """Ascending steps, and the positions that they keep (None: all).

    Where steps go back, as in a resumed run, the later rows replace all rows at or beyond the step to which it went back. A log
    that is in no order at all is sorted, the later of two rows with one step winning.
    """
    if all(later > earlier for earlier, later in pairwise(steps)):
        return steps, None
    kept: list[int] = []
    if descents(steps) * 4 > len(steps):
        latest = {step: index for index, step in enumerate(steps)}
        kept = [latest[step] for step in sorted(latest)]
    else:
        for index, step in enumerate(steps):
            while kept and steps[kept[-1]] >= step:
                kept.pop()
            kept.append(index)
    return array("d", map(steps.__getitem__, kept)), kept
