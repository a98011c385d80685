"""Partial evaluation: what is left of a condition when some facts are known and the others may be anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from advisor.expression.evaluation import evaluate
from advisor.expression.functions import BUILTINS, Function
from advisor.expression.steps import Lookup
from advisor.expression.tree import Expression, Tree
from advisor.expression.value import UNKNOWN, Type

TRUE: Final[Tree] = ("const", True)
FALSE: Final[Tree] = ("const", False)


class _Unanswered(dict[str, Function]):
    """Functions that could give anything: nothing is settled by them."""

    def __missing__(self, name: str) -> Function:
        return self.setdefault(name, Function((), Type.BOOLEAN, lambda *_: UNKNOWN))


def residue(condition: Expression | Tree, lookup: Lookup) -> Tree:
    """Return a condition that gives what this one gives for every run with these facts, without the parts that they settle.

    `lookup` gives for a fact that may be anything a value that is of no type of the language, and not UNKNOWN unless the fact is.
    Declared functions are taken to give anything.
    """
    return _residue(condition.tree if isinstance(condition, Expression) else condition, lookup, _Unanswered())


def open_parts(node: Tree) -> Iterator[tuple[str, str]]:
    """What a condition asks for, each as ("name", name) or ("call", function that is not built in)."""
    if node[0] == "name" or (node[0] == "call" and node[1] not in BUILTINS):
        yield node[0], node[1]
    for part in node[1:]:
        if isinstance(part, tuple) and node[0] != "const":
            yield from open_parts(part)


def condition_of(tree: Tree) -> Expression:
    """A residue as an expression of its own, to be evaluated again and again."""
    parts = list(open_parts(tree))
    names, functions = (frozenset(name for what, name in parts if what == kind) for kind in ("name", "call"))
    return Expression("", tree, Type.BOOLEAN, names, functions)


def _residue(node: Tree, lookup: Lookup, functions: _Unanswered) -> Tree:
    value = evaluate(node, lookup, functions)
    if value is not UNKNOWN:
        return ("const", value)
    if node[0] not in ("and", "or"):
        return node
    neutral = TRUE if node[0] == "and" else FALSE
    parts = [part for part in (_residue(part, lookup, functions) for part in node[1:]) if part != neutral]
    return parts[0] if len(parts) == 1 else (node[0], *parts)
