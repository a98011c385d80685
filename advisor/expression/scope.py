"""One expression being checked: what it may speak of, and how it is told that it may not."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, NoReturn

from advisor.expression.environment import Environment
from advisor.expression.failure import ExpressionError
from advisor.expression.syntax import Syntax
from advisor.expression.tree import Tree
from advisor.expression.value import Type

_INSTEAD: Final[Mapping[type[ast.AST], str]] = {
    ast.Pow: "write `pow(base, exponent)`",
    ast.BitAnd: "write `and`",
    ast.BitOr: "write `or`",
    ast.Invert: "write `not`",
    ast.Is: "write `==`",
    ast.IsNot: "write `!=`",
    ast.JoinedStr: "write a plain text",
    ast.Dict: "write a list of literals",
    ast.Set: "write a list of literals: [...]",
    ast.IfExp: "write it without the condition",
}
_LANGUAGE: Final = "there are names, literals, and/or/not, comparisons, + - * / // %, `a if c else b` and calls of known functions"


class Typed(NamedTuple):
    """A checked node and what it gives."""

    tree: Tree
    type: Type


@dataclass(frozen=True, slots=True)
class Scope:
    """One expression under way: its text, what is declared, and what it has used so far."""

    syntax: Syntax
    environment: Environment
    names: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)

    def fail(self, node: ast.expr, message: str, hint: str) -> NoReturn:
        """Raise the ExpressionError that points at `node`."""
        raise ExpressionError(message, self.syntax.column(node), hint)

    def refuse(self, node: ast.expr, culprit: ast.AST) -> NoReturn:
        """Raise the ExpressionError for a `culprit` in `node` that the language lacks."""
        self.fail(node, f"`{self.shown(node)}` is not part of the language", _INSTEAD.get(type(culprit), _LANGUAGE))

    def shown(self, node: ast.expr) -> str:
        """Return what was written as `node`, for quoting."""
        return short(self.syntax.segment(node))

    def dotted(self, node: ast.expr) -> str:
        """Return the name that `node` spells."""
        parts: list[str] = []
        part = node
        while isinstance(part, ast.Attribute):
            parts.append(part.attr)
            part = part.value
        if not isinstance(part, ast.Name):
            self.fail(node, "a dot can only stand inside a name", "write names such as `optimizer.learning_rate`")
        return ".".join([part.id, *reversed(parts)])


def near(name: str, known: Iterable[str]) -> str:
    """Say what the writer may have meant: a name of nearly that spelling, those whose last part is, or those that it begins."""
    known = sorted(known)
    whole = _close(name, known)
    tails = _close(name.rpartition(".")[2], {other.rpartition(".")[2] for other in known})
    same_tail = [other for other in known if other.rpartition(".")[2] in tails][:3]
    found = (whole or same_tail) if "." in name else (same_tail or whole)
    if found:
        return f"did you mean {' or '.join(found)}?"
    inside = [other for other in known if other.startswith(f"{name}.")]
    return f"say which: {', '.join(inside[:3])}" if inside else "only declared names are known"


def short(text: str) -> str:
    """Return `text`, cut to what a message can quote."""
    return text if len(text) <= 40 else f"{text[:37]}..."


def _close(name: str, known: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name[:80], sorted(known), 1, 0.75)
