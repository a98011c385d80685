"""Three-valued evaluation: what follows from the facts at hand, and which fact would tell more."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from math import isclose
from typing import Any, Final, TypeAlias

from advisor.expression.functions import BUILTINS, Function
from advisor.expression.tree import Expression, Tree
from advisor.expression.value import ABSENT, LARGEST_INTEGER, UNKNOWN, Nothing, Result, Value, admit, bounded

Lookup: TypeAlias = Callable[[str], Value | Nothing]
Functions: TypeAlias = Mapping[str, Function]
_Step: TypeAlias = Callable[[Tree, Lookup, Functions], Result]

# Two parsers can read one text as neighbouring floats, and a product such as 5 * 1e-6 misses 5e-6 by one unit in the last place. All six
# comparisons share the tolerance, so that of `<`, `==` and `>` exactly one holds and a value at the edge of a band is inside.
TOLERANCE: Final = 1e-9


def evaluate(expression: Expression | Tree, lookup: Lookup, functions: Functions | None = None) -> Result:
    """Return the value of an expression, or UNKNOWN where the facts do not settle it.

    `lookup` gives a fact's value, ABSENT or UNKNOWN; a value that is not of the declared type counts as UNKNOWN. `functions` holds what
    the environment declared beside the built-in ones; a KeyError tells that one is lacking.
    """
    tree = expression.tree if isinstance(expression, Expression) else expression
    return _STEPS[tree[0]](tree, lookup, {} if functions is None else functions)


def missing(expression: Expression | Tree, lookup: Lookup, functions: Functions | None = None) -> tuple[str, ...]:
    """Return the names for want of whose value the result is UNKNOWN, in order of appearance; none where the result is known.

    Names that could not have settled it are left out: those of the branch not taken, and those beside an operand that is known.
    """
    tree = expression.tree if isinstance(expression, Expression) else expression
    return tuple(dict.fromkeys(_gaps(tree, lookup, {} if functions is None else functions)))


def _run(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    return _STEPS[node[0]](node, lookup, functions)


def _gaps(node: Tree, lookup: Lookup, functions: Functions) -> Iterator[str]:
    if _run(node, lookup, functions) is not UNKNOWN:
        return
    kind = node[0]
    if kind == "name":
        yield node[1]
        return
    if kind == "if":
        condition = _run(node[1], lookup, functions)
        part = node[1] if condition is UNKNOWN else node[2] if condition else node[3]
        yield from _gaps(part, lookup, functions)
        return
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from _gaps(part, lookup, functions)


def _const(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    value: Value = node[1]
    return value


def _name(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    value = lookup(node[1])
    kind = type(value)
    if kind is _EXACT[node[2]] and value == value:
        return value  # type: ignore[return-value]
    if kind is int and node[2] == "number" and -LARGEST_INTEGER < value < LARGEST_INTEGER:  # type: ignore[operator]
        return value  # type: ignore[return-value]
    return UNKNOWN if value is UNKNOWN or value is ABSENT else admit(value, node[2])


# What `admit` would give back as it is, NaN excepted, and what most facts are.
_EXACT: Final[Mapping[str, type | None]] = {"boolean": bool, "text": str, "number": float, "list": None, "any": None}


def _has(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    value = lookup(node[1][1])
    return UNKNOWN if value is UNKNOWN else value is not ABSENT


def _known(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    return lookup(node[1][1]) is not UNKNOWN


def _default(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    if lookup(node[1][1]) is ABSENT:
        return _const(node[2], lookup, functions)
    return _name(node[1], lookup, functions)


def _and(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    result: Result = True
    for part in node[1:]:
        value = _STEPS[part[0]](part, lookup, functions)
        if value is False:
            return False
        if value is UNKNOWN:
            result = UNKNOWN
    return result


def _or(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    result: Result = False
    for part in node[1:]:
        value = _STEPS[part[0]](part, lookup, functions)
        if value is True:
            return True
        if value is UNKNOWN:
            result = UNKNOWN
    return result


def _not(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    value = _run(node[1], lookup, functions)
    return UNKNOWN if value is UNKNOWN else not value


def _neg(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    value: Any = _run(node[1], lookup, functions)
    return UNKNOWN if value is UNKNOWN else bounded(-value)


def _if(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    condition = _run(node[1], lookup, functions)
    if condition is UNKNOWN:
        return UNKNOWN
    return _run(node[2] if condition else node[3], lookup, functions)


def _call(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    function = BUILTINS.get(node[1]) or functions[node[1]]
    values = [_STEPS[part[0]](part, lookup, functions) for part in node[2:]]
    if UNKNOWN in values:
        return UNKNOWN
    try:
        result = function.call(*values)
        kind: str = function.result._value_  # `.value` looks the enumeration up
        return result if type(result) is _EXACT.get(kind) and result == result else admit(result, kind)
    except (ValueError, ArithmeticError):
        return UNKNOWN


def _chain(node: Tree, lookup: Lookup, functions: Functions) -> Result:
    result: Result = True
    left = _run(node[1], lookup, functions)
    for comparison, part in zip(node[2::2], node[3::2], strict=True):
        right = _run(part, lookup, functions)
        if left is UNKNOWN or right is UNKNOWN:
            result = UNKNOWN
        elif not _COMPARE[comparison](left, right):
            return False
        left = right
    return result


def _compared(compare: Callable[[Any, Any], bool]) -> _Step:
    def step(node: Tree, lookup: Lookup, functions: Functions) -> Result:
        left = _STEPS[node[1][0]](node[1], lookup, functions)
        if left is UNKNOWN:
            return UNKNOWN
        right = _STEPS[node[2][0]](node[2], lookup, functions)
        return UNKNOWN if right is UNKNOWN else compare(left, right)

    return step


def _computed(compute: Callable[[Any, Any], Any]) -> _Step:
    def step(node: Tree, lookup: Lookup, functions: Functions) -> Result:
        left = _run(node[1], lookup, functions)
        if left is UNKNOWN:
            return UNKNOWN
        right = _run(node[2], lookup, functions)
        if right is UNKNOWN:
            return UNKNOWN
        try:
            return bounded(compute(left, right))
        except ArithmeticError:
            return UNKNOWN

    return step


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

_STEPS: Final[Mapping[str, _Step]] = {
    "const": _const,
    "name": _name,
    "has": _has,
    "known": _known,
    "default": _default,
    "and": _and,
    "or": _or,
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
