"""Functions: what one declares about itself, and those that are always there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from advisor.expression.value import UNKNOWN, Result, Type, bounded


class Function(NamedTuple):
    """A function that expressions may call.

    `call` gets known values of the declared types and gives a value of type `result` or UNKNOWN; a ValueError or ArithmeticError in it
    counts as UNKNOWN. With `variadic` the last parameter may be repeated. `literal` holds the indices of parameters that must be
    written as literals, such as a key pattern.
    """

    parameters: tuple[Type, ...]
    result: Type
    call: Callable[..., Result]
    variadic: bool = False
    literal: frozenset[int] = frozenset()


# These look at a name rather than at its value, so they are forms of the language and no functions.
FORMS: Final = frozenset({"has", "known", "default"})

LARGEST_EXPONENT: Final = 64


def _pow(base: float, exponent: float) -> Result:
    if abs(exponent) > LARGEST_EXPONENT:
        return UNKNOWN
    return bounded(base**exponent)


def _clamp(value: float, low: float, high: float) -> Result:
    return UNKNOWN if low > high else min(max(value, low), high)


def _lcm(first: float, second: float) -> Result:
    """The least common multiple of two whole numbers; of anything else it is unknown."""
    if first != int(first) or second != int(second):
        return UNKNOWN
    return bounded(math.lcm(int(first), int(second)))


def _computed(compute: Callable[[float], int | float]) -> Function:
    return Function((Type.NUMBER,), Type.NUMBER, lambda value: bounded(compute(value)))


BUILTINS: Final[Mapping[str, Function]] = {
    "abs": _computed(abs),
    "round": _computed(round),
    "floor": _computed(math.floor),
    "ceil": _computed(math.ceil),
    "sqrt": _computed(math.sqrt),
    "log": _computed(math.log),
    "log2": _computed(math.log2),
    "exp": _computed(math.exp),
    "pow": Function((Type.NUMBER, Type.NUMBER), Type.NUMBER, _pow),
    "lcm": Function((Type.NUMBER, Type.NUMBER), Type.NUMBER, _lcm),
    "min": Function((Type.NUMBER, Type.NUMBER), Type.NUMBER, min, variadic=True),
    "max": Function((Type.NUMBER, Type.NUMBER), Type.NUMBER, max, variadic=True),
    "clamp": Function((Type.NUMBER, Type.NUMBER, Type.NUMBER), Type.NUMBER, _clamp),
    "len": Function((Type.ANY,), Type.NUMBER, len),
    "lower": Function((Type.TEXT,), Type.TEXT, str.lower),
    "startswith": Function((Type.TEXT, Type.TEXT), Type.BOOLEAN, str.startswith),
    "contains": Function((Type.TEXT, Type.TEXT), Type.BOOLEAN, str.__contains__),
}
