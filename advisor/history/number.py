"""Numbers as logs write them: plain, as text, nested in records, and decorated in the cells of reports."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

MAX_DEPTH = 6
LONGEST_CELL = 200

_CELL = re.compile(
    r"[^\w+\-.]*([-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?(?:nan|inf|infinity))\s*(%)?(?:\s*[^\w\s%.,:/-].*)?",
    re.IGNORECASE | re.ASCII,
)


def flat_numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a row, nested mappings joined with a slash; text that reads as a number counts, `3/10` as 3."""
    numbers: dict[str, float] = {}
    _flatten(row, "", numbers, MAX_DEPTH)
    return numbers


def _flatten(row: Mapping[str, Any], prefix: str, numbers: dict[str, float], depth: int) -> None:
    for key, value in row.items():
        if isinstance(value, dict):
            if depth:
                _flatten(value, f"{prefix}{key}/", numbers, depth - 1)
            continue
        number = number_in(value)
        if number is not None:
            numbers[f"{prefix}{key}"] = number
        elif isinstance(value, str) and "/" in key:
            first, _, last = value.partition("/")
            if first.isdecimal() and last.isdecimal():
                numbers[f"{prefix}{key}"] = float(first[:18])


def number_in(value: object) -> float | None:
    """A number, or text that Python reads as one (`nan` and `inf` among them); None for everything else, booleans too."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def numbers_in(header: Sequence[str], cells: Sequence[str]) -> dict[str, float]:
    """The numeric cells of a table row under their column names."""
    try:
        return dict(zip(header, map(float, cells), strict=True))
    except ValueError:
        pass
    row = {}
    for name, cell in zip(header, cells, strict=False):
        number = cell_number(cell)
        if number is not None:
            row[name] = number
    return row


def cell_number(cell: str) -> float | None:
    """The number in a cell of a report, `-0.36 (!)` with its marks or emoji; None where the cell says something else."""
    number = number_in(cell)
    if number is not None:
        return number
    match = _CELL.fullmatch(cell.strip().strip("*`_ ")) if len(cell) <= LONGEST_CELL else None
    if match is None:
        return None
    number = number_in(match[1].replace(",", ""))
    return number / 100 if number is not None and match[2] else number
