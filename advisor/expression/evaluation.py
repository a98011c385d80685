"""Three-valued evaluation: what follows from the facts at hand, and which fact would tell more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from advisor.expression.steps import Functions, Lookup, Step, step_of
from advisor.expression.tree import Expression, Tree
from advisor.expression.value import UNKNOWN, Result

REMEMBERED: Final = 8_000
"""Expressions that are kept ready. All of ours are some thousands; those that others make on the way are given up now and then."""
_READY: Final[dict[int, tuple[Expression, Step]]] = {}
"""By identity, which holds as long as the expression is kept beside it."""


def evaluate(expression: Expression | Tree, lookup: Lookup, functions: Functions | None = None) -> Result:
    """Return the value of an expression, or UNKNOWN where the facts do not settle it.

    `lookup` gives a fact's value, ABSENT or UNKNOWN; a value that is not of the declared type counts as UNKNOWN. `functions` holds what
    the environment declared beside the built-in ones; a KeyError tells that one is lacking.
    """
    ready = _READY.get(id(expression))
    step = ready[1] if ready is not None else _made_ready(expression)
    return step(lookup, _NO_FUNCTIONS if functions is None else functions)


def missing(expression: Expression | Tree, lookup: Lookup, functions: Functions | None = None) -> tuple[str, ...]:
    """Return the names for want of whose value the result is UNKNOWN, in order of appearance; none where the result is known.

    Names that could not have settled it are left out: those of the branch not taken, and those beside an operand that is known.
    """
    tree = expression.tree if isinstance(expression, Expression) else expression
    return tuple(dict.fromkeys(_gaps(tree, lookup, _NO_FUNCTIONS if functions is None else functions)))


_NO_FUNCTIONS: Final[Functions] = {}


def _made_ready(expression: Expression | Tree) -> Step:
    if not isinstance(expression, Expression):
        return step_of(expression)
    if len(_READY) >= REMEMBERED:
        _READY.clear()
    step = step_of(expression.tree)
    _READY[id(expression)] = expression, step
    return step


def _gaps(node: Tree, lookup: Lookup, functions: Functions) -> Iterator[str]:
    if step_of(node)(lookup, functions) is not UNKNOWN:
        return
    kind = node[0]
    if kind == "name":
        yield node[1]
        return
    if kind == "if":
        condition = step_of(node[1])(lookup, functions)
        part = node[1] if condition is UNKNOWN else node[2] if condition else node[3]
        yield from _gaps(part, lookup, functions)
        return
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from _gaps(part, lookup, functions)
