"""A checked expression, and its stored form.

A tree is nested tuples whose first item says what the node is:

    ("const", value)  ("name", "loss.beta", "number")  ("and" | "or", a, b, ...)  ("not" | "neg", a)
    ("add" | "sub" | "mul" | "div" | "floordiv" | "mod", a, b)  ("lt" | "le" | "gt" | "ge" | "eq" | "ne" | "in", a, b)
    ("chain", a, "lt", b, "le", c)  ("if", condition, then, otherwise)  ("call", "min", a, b, ...)
    ("has" | "known", name node)  ("default", name node, const node)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from advisor.expression.failure import ExpressionError
from advisor.expression.value import Type

Tree: TypeAlias = tuple[Any, ...]

DEEPEST: Final = 40

# `a not in b` is one level as written and two in the tree.
_DEEPEST_TREE: Final = 2 * DEEPEST

BINARY: Final = frozenset({"add", "sub", "mul", "div", "floordiv", "mod", "lt", "le", "gt", "ge", "eq", "ne", "in"})
COMPARISONS: Final = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})

_OPERANDS: Final[Mapping[str, int]] = {
    **dict.fromkeys(BINARY, 2),
    **dict.fromkeys(("not", "neg", "has", "known"), 1),
    "default": 2,
    "if": 3,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was checked: every name in it is declared and every operand has the type that it needs."""

    source: str
    tree: Tree
    type: Type
    names: frozenset[str]
    functions: frozenset[str]


def dump(expression: Expression) -> list[Any]:
    """Return `[source, type, names, functions, tree]`, made of what JSON holds."""
    return [
        expression.source,
        expression.type.value,
        sorted(expression.names),
        sorted(expression.functions),
        _listed(expression.tree),
    ]


def load(data: Any) -> Expression:
    """Return the expression that `dump` stored. Raises ExpressionError where the data is no such thing."""
    try:
        source, kind, names, functions, tree = data
        return Expression(source, _read(tree, 1), Type(kind), frozenset(names), frozenset(functions))
    except (TypeError, ValueError, KeyError, IndexError):
        raise ExpressionError("a stored expression is damaged", 1, "build the stored rules again from their packs") from None


def _listed(item: Any) -> Any:
    return [_listed(part) for part in item] if isinstance(item, tuple) else item


def _read(data: Any, depth: int) -> Tree:
    kind = data[0]
    if depth > _DEEPEST_TREE:
        raise ValueError
    if kind == "name":
        _, name, declared = data
        return ("name", str(name), Type(declared).value)
    if kind == "const":
        _, value = data
        return ("const", tuple(value) if isinstance(value, list) else value)
    if kind == "chain":
        if len(data) % 2 or not COMPARISONS.issuperset(data[2::2]):
            raise ValueError
        return ("chain", *(_read(part, depth + 1) if place % 2 == 0 else part for place, part in enumerate(data[1:])))
    if kind == "call":
        return ("call", str(data[1]), *[_read(part, depth + 1) for part in data[2:]])
    operands = tuple([_read(part, depth + 1) for part in data[1:]])
    if (len(operands) < 2) if kind in ("and", "or") else _OPERANDS[kind] != len(operands):
        raise ValueError
    return (kind, *operands)
