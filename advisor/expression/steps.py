"""What each kind of node of a tree gives, made ready once so that running it again and again costs little."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from math import isclose
from typing import Any, Final, TypeAlias

from advisor.expression.functions import BUILTINS, Function
from advisor.expression.tree import Tree
from advisor.expression.value import ABSENT, LARGEST_INTEGER, UNKNOWN, Nothing, Result, Value, admit, bounded

Lookup: TypeAlias = Callable[[str], Value | Nothing]
Functions: TypeAlias = Mapping[str, Function]
Step: TypeAlias = Callable[[Lookup, Functions], Result]
"""A tree made ready to be run: what it gives for a lookup of facts and the declared functions."""

# Two parsers can read one text as neighbouring floats, and a product such as 5 * 1e-6 misses 5e-6 by one unit in the last place. All six
# comparisons share the tolerance, so that of `<`, `==` and `>` exactly one holds and a value at the edge of a band is inside.
TOLERANCE: Final = 1e-9


def step_of(node: Tree) -> Step:
    """A tree made ready."""
    return _STEPS[node[0]](node)


def _const(node: Tree) -> Step:
    value: Value = node[1]
    return lambda lookup, functions: value


def _name(node: Tree) -> Step:
    _, name, kind = node
    exact, counts = _EXACT[kind], kind == "number"

    def step(lookup: Lookup, functions: Functions) -> Result:
        value: Any = lookup(name)
        found = type(value)
        if found is exact and value == value:
            return value  # type: ignore[no-any-return]
        if found is int and counts and -LARGEST_INTEGER < value < LARGEST_INTEGER:
            return value  # type: ignore[no-any-return]
        return UNKNOWN if value is UNKNOWN or value is ABSENT else admit(value, kind)

    return step


# What `admit` would give back as it is, NaN excepted, and what most facts are.
_EXACT: Final[Mapping[str, type | None]] = {"boolean": bool, "text": str, "number": float, "list": None, "any": None}


def _has(node: Tree) -> Step:
    name = node[1][1]

    def step(lookup: Lookup, functions: Functions) -> Result:
        value = lookup(name)
        return UNKNOWN if value is UNKNOWN else value is not ABSENT

    return step


def _known(node: Tree) -> Step:
    name = node[1][1]
    return lambda lookup, functions: lookup(name) is not UNKNOWN


def _default(node: Tree) -> Step:
    name, otherwise, value = node[1][1], node[2][1], _name(node[1])
    return lambda lookup, functions: otherwise if lookup(name) is ABSENT else value(lookup, functions)


def _joined(decisive: bool) -> Callable[[Tree], Step]:
    """`and` and `or`: the first operand of the decisive value settles it, and one that is UNKNOWN leaves it open."""

    def make(node: Tree) -> Step:
        parts = tuple(map(step_of, node[1:]))

        def step(lookup: Lookup, functions: Functions) -> Result:
            result: Result = not decisive
            for part in parts:
                value = part(lookup, functions)
                if value is decisive:
                    return decisive
                if value is UNKNOWN:
                    result = UNKNOWN
            return result

        return step

    return make


def _not(node: Tree) -> Step:
    part = step_of(node[1])

    def step(lookup: Lookup, functions: Functions) -> Result:
        value = part(lookup, functions)
        return UNKNOWN if value is UNKNOWN else not value

    return step


def _neg(node: Tree) -> Step:
    part = step_of(node[1])

    def step(lookup: Lookup, functions: Functions) -> Result:
        value: Any = part(lookup, functions)
        return UNKNOWN if value is UNKNOWN else bounded(-value)

    return step


def _if(node: Tree) -> Step:
    condition, then, otherwise = map(step_of, node[1:])

    def step(lookup: Lookup, functions: Functions) -> Result:
        value = condition(lookup, functions)
        if value is UNKNOWN:
            return UNKNOWN
        return then(lookup, functions) if value else otherwise(lookup, functions)

    return step


def _call(node: Tree) -> Step:
    name = node[1]
    built_in = BUILTINS.get(name)
    parts = tuple(map(step_of, node[2:]))
    # Most calls ask for a key by its name: then there is nothing to work out.
    fixed = [part[1] for part in node[2:]] if all(part[0] == "const" for part in node[2:]) else None

    def step(lookup: Lookup, functions: Functions) -> Result:
        function = built_in or functions[name]
        values = fixed
        if values is None:
            values = [part(lookup, functions) for part in parts]
            if UNKNOWN in values:
                return UNKNOWN
        try:
            result = function.call(*values)
            kind: str = function.result._value_  # `.value` looks the enumeration up
            return result if type(result) is _EXACT.get(kind) and result == result else admit(result, kind)
        except (ValueError, ArithmeticError):
            return UNKNOWN

    return step


def _chain(node: Tree) -> Step:
    first = step_of(node[1])
    links = tuple((_COMPARE[comparison], step_of(part)) for comparison, part in zip(node[2::2], node[3::2], strict=True))

    def step(lookup: Lookup, functions: Functions) -> Result:
        result: Result = True
        left = first(lookup, functions)
        for compare, part in links:
            right = part(lookup, functions)
            if left is UNKNOWN or right is UNKNOWN:
                result = UNKNOWN
            elif not compare(left, right):
                return False
            left = right
        return result

    return step


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Tree], Step]:
    def make(node: Tree) -> Step:
        first, second = step_of(node[1]), step_of(node[2])

        def step(lookup: Lookup, functions: Functions) -> Result:
            left = first(lookup, functions)
            if left is UNKNOWN:
                return UNKNOWN
            right = second(lookup, functions)
            return UNKNOWN if right is UNKNOWN else compare(left, right)

        return step

    return make


def _computed(compute: Callable[[Any, Any], Any]) -> Callable[[Tree], Step]:
    def make(node: Tree) -> Step:
        first, second = step_of(node[1]), step_of(node[2])

        def step(lookup: Lookup, functions: Functions) -> Result:
            left = first(lookup, functions)
            if left is UNKNOWN:
                return UNKNOWN
            right = second(lookup, functions)
            if right is UNKNOWN:
                return UNKNOWN
            try:
                return bounded(compute(left, right))
            except ArithmeticError:
                return UNKNOWN

        return step

    return make


def _equal(left: Any, right: Any) -> bool:
    if type(left) is str:
        return bool(left == right)
    if isinstance(left, float) or isinstance(right, float):
        return not isinstance(left, str) and not isinstance(right, str) and isclose(left, right, rel_tol=TOLERANCE, abs_tol=0.0)
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def _among(value: Any, values: Any) -> bool:
    return any(_equal(value, item) for item in values)


_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": lambda left, right: left < right and not _equal(left, right),
    "le": lambda left, right: left <= right or _equal(left, right),
    "gt": lambda left, right: left > right and not _equal(left, right),
    "ge": lambda left, right: left >= right or _equal(left, right),
    "eq": _equal,
    "ne": lambda left, right: not _equal(left, right),
    "in": _among,
}

_STEPS: Final[Mapping[str, Callable[[Tree], Step]]] = {
    "const": _const,
    "name": _name,
    "has": _has,
    "known": _known,
    "default": _default,
    "and": _joined(False),
    "or": _joined(True),
    "not": _not,
    "neg": _neg,
    "if": _if,
    "call": _call,
    "chain": _chain,
    "add": _computed(operator.add),
    "sub": _computed(operator.sub),
    "mul": _computed(operator.mul),
    "div": _computed(operator.truediv),
    "floordiv": _computed(operator.floordiv),
    "mod": _computed(operator.mod),
    **{kind: _compared(compare) for kind, compare in _COMPARE.items()},
}
