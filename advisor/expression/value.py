"""The values of the language: numbers, booleans, texts and lists of them, and the two ways of having none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Literal, TypeAlias


class Type(str, Enum):
    """What an expression gives. `LIST` holds numbers or texts; `ANY` stands only for a function's parameter."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    LIST = "list"
    ANY = "any"


class Nothing(Enum):
    """Why there is no value: the fact is not there, or nobody can tell what it is."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


ABSENT: Final = Nothing.ABSENT
UNKNOWN: Final = Nothing.UNKNOWN

Absent: TypeAlias = Literal[Nothing.ABSENT]
Unknown: TypeAlias = Literal[Nothing.UNKNOWN]
Value: TypeAlias = bool | int | float | str | tuple[int | float | str, ...]
Result: TypeAlias = Value | Unknown

# Beyond this an integer is carried as a float, so that no product of facts grows without bound.
LARGEST_INTEGER: Final = 10**18


def admit(value: object, kind: str) -> Result:
    """Return `value` if it is what was declared (`kind`: a value of `Type`), else UNKNOWN: a boolean is no number, a NaN is nothing.

    Subclasses, such as the scalars of a parser that remembers their format, come back as plain numbers and texts.
    """
    return _ADMISSION[kind](value)


def bounded(value: int | float | complex) -> int | float | Unknown:
    """Return the outcome of a computation, or UNKNOWN where it left the finite real numbers. Raises OverflowError beyond float's range."""
    if isinstance(value, int):
        return value if -LARGEST_INTEGER < value < LARGEST_INTEGER else float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    return UNKNOWN


def _number(value: object) -> int | float | Unknown:
    if isinstance(value, float):
        return UNKNOWN if value != value else float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return bounded(int(value))
        except OverflowError:
            return UNKNOWN
    return UNKNOWN


def _boolean(value: object) -> Result:
    return value if isinstance(value, bool) else UNKNOWN


def _text(value: object) -> Result:
    return str.__str__(value) if isinstance(value, str) else UNKNOWN


def _list(value: object) -> Result:
    if not isinstance(value, (tuple, list)):
        return UNKNOWN
    items: list[int | float | str] = []
    for item in value:
        plain = str.__str__(item) if isinstance(item, str) else _number(item)
        if plain is UNKNOWN:
            return UNKNOWN
        items.append(plain)
    return tuple(items)


def _any(value: object) -> Result:
    for kind in (_boolean, _text, _number, _list):
        admitted: Result = kind(value)
        if admitted is not UNKNOWN:
            return admitted
    return UNKNOWN


_ADMISSION: Final[Mapping[str, Callable[[object], Result]]] = {
    "number": _number,
    "boolean": _boolean,
    "text": _text,
    "list": _list,
    "any": _any,
}
