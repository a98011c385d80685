"""How values are written in messages: short, and as people in the field write them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from advisor.expression.value import UNKNOWN, Result

_SIZES: Final = ("", "K", "M", "B", "T")

# Above these a plain number is harder to read than its short form.
_LARGEST_COUNT: Final = 100_000
_LARGEST_PLAIN: Final = 1e15
_LARGEST_RATE_EXPONENT: Final = -3


def number(value: float) -> str:
    """At most six significant digits, none of them idle: `0.693147`, `128`, `5e-7`; integers below 1e15 in full."""
    return _digits(value, 6)


def rate(value: float) -> str:
    """A learning rate as people write it, four significant digits: `5e-7`, `2.5e-6`, `1e-4`; from 0.01 on without an exponent."""
    mantissa, _, exponent = f"{value:.3e}".partition("e")
    if value == 0 or not math.isfinite(value) or int(exponent) > _LARGEST_RATE_EXPONENT:
        return _digits(value, 4)
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def size(value: float) -> str:
    """A number of parameters or tokens: `1.2B`, `494M`, `7B`; one decimal below 100 of a unit, none above."""
    if not math.isfinite(value):
        return _digits(value, 6)
    for power, unit in enumerate(_SIZES):
        scaled = abs(value) / 1000**power
        shown = round(scaled, 1 if scaled < 100 else 0)
        if shown < 1000 or unit == _SIZES[-1]:
            break
    return f"{'-' if value < 0 and shown else ''}{_digits(shown, 15)}{unit}"


def count(value: float) -> str:
    """A number of things: in full below 100000 (`14400`), then like a size (`1.2M`)."""
    return number(value) if abs(value) < _LARGEST_COUNT else size(value)


def percent(value: float) -> str:
    """A share as a percentage, three significant digits: 0.125 gives `12.5 %`."""
    return f"{_digits(value * 100, 3)} %"


def text(value: object) -> str:
    """Any value as itself: texts plain, booleans as a configuration writes them, lists with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number(value)
    return ", ".join(map(text, value)) if isinstance(value, tuple) else str(value)


KINDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "rate": rate,
    "size": size,
    "count": count,
    "percent": percent,
    "number": number,
    "text": text,
}


def written(value: Result, kind: str) -> str:
    """Return `value` in the notation `kind`, one of `KINDS`; `?` for UNKNOWN."""
    return "?" if value is UNKNOWN else KINDS[kind](value)


def _digits(value: float, significant: int) -> str:
    if math.isfinite(value) and abs(value) < _LARGEST_PLAIN:
        if value == int(value):
            return str(int(value))
        if abs(value) >= 10 ** (significant - 1):
            return f"{value:.0f}"
    mantissa, exponential, exponent = f"{value:.{significant}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponential else mantissa
