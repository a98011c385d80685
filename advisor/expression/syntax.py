"""Source text as Python's own syntax tree, within limits, with columns in code points."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Final

from advisor.expression.failure import ExpressionError
from advisor.expression.tree import DEEPEST

LONGEST: Final = 2000
MOST_NODES: Final = 200
_SPLIT: Final = "split it into named parts"

_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_UNFINISHED: Final = re.compile(r"([-+*/%<>=,]|\b(and|or|not|in|if|else))$")
_HABITS: Final = (
    (re.compile(r"&&"), "write `and`"),
    (re.compile(r"\|\|"), "write `or`"),
    (re.compile(r"<>"), "write `!=`"),
    (re.compile(r"!(?!=)"), "write `not`"),
    (re.compile(r"(?<![=!<>:])=(?!=)"), "write `==` to compare"),
    (re.compile(r"[?]"), "write `a if condition else b`"),
    (re.compile(r"\$"), "write the name without `$`"),
)


@dataclass(frozen=True, slots=True)
class Syntax:
    """The syntax tree of one source, and where its nodes stand."""

    source: str
    body: ast.expr
    text: str
    shift: int

    def column(self, node: ast.expr) -> int:
        """Return the 1-based column, in code points, at which `node` starts."""
        return self._characters(node.col_offset) + self.shift + 1

    def segment(self, node: ast.expr) -> str:
        """Return the text of `node` as it was written."""
        return self.text[self._characters(node.col_offset) : self._characters(node.end_col_offset or 0)]

    def _characters(self, offset: int) -> int:
        return offset if self.text.isascii() else len(self.text.encode()[:offset].decode())


def read(source: str) -> Syntax:
    """Parse `source`, which may be folded over several lines. Raises ExpressionError."""
    if len(source) > LONGEST:
        raise ExpressionError(f"the expression is longer than {LONGEST} characters", LONGEST + 1, _SPLIT)
    line = re.sub(r"[\n\r\t\f\v]", " ", source)
    text = line.strip(" ")
    shift = len(line) - len(line.lstrip(" "))
    if not text:
        raise ExpressionError("the expression is empty", 1, "write a condition or a value")
    if not text.isprintable():
        place = next(place for place, character in enumerate(text, 1) if not character.isprintable())
        raise ExpressionError("a character that cannot be seen stands in the expression", shift + place, "remove it")
    if "\\" in text:
        raise ExpressionError("a backslash has no meaning here", shift + text.index("\\") + 1, "texts take no escapes")
    _check_brackets(text, shift)
    syntax = Syntax(source, _parsed(text, shift), text, shift)
    _check_size(syntax)
    return syntax


def _parsed(text: str, shift: int) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise _misspelt(text, shift, getattr(error, "offset", None) or 1) from None
    except (RecursionError, MemoryError):
        raise _too_deep(shift + 1) from None
    rest = text.encode()[body.end_col_offset or 0 :].decode()
    if "#" in rest:
        raise ExpressionError("a comment cannot stand in an expression", shift + len(text) - len(rest) + rest.index("#") + 1, "remove it")
    return body


def _check_brackets(text: str, shift: int) -> None:
    opened: list[tuple[str, int]] = []
    for place, character in enumerate(_blanked(text), shift + 1):
        if character in "([{":
            opened.append((character, place))
            if len(opened) > DEEPEST:
                raise _too_deep(place)
        elif character in ")]}" and (not opened or opened.pop()[0] + character not in ("()", "[]", "{}")):
            raise ExpressionError(f"`{character}` closes nothing", place, "remove it, or open the bracket before it")
    if opened:
        raise ExpressionError(f"`{opened[-1][0]}` is never closed", opened[-1][1], "close the bracket")


def _check_size(syntax: Syntax) -> None:
    pending = [(syntax.body, 1)]
    for count in range(1, MOST_NODES + 2):
        if not pending:
            return
        node, depth = pending.pop()
        if count > MOST_NODES:
            raise ExpressionError(f"the expression has more than {MOST_NODES} parts", syntax.column(node), _SPLIT)
        if depth > DEEPEST:
            raise _too_deep(syntax.column(node))
        if isinstance(node, ast.Attribute):
            continue
        children = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        if isinstance(node, ast.Call):
            children = node.args
        pending += [(part, depth + 1) for part in reversed(children)]


def _too_deep(column: int) -> ExpressionError:
    return ExpressionError(f"the expression is nested deeper than {DEEPEST} levels", column, _SPLIT)


def _misspelt(text: str, shift: int, offset: int) -> ExpressionError:
    bare = _blanked(text)
    for pattern, hint in _HABITS:
        found = pattern.search(bare)
        if found:
            return ExpressionError(f"`{found.group()}` is no operator here", shift + found.start() + 1, hint)
    for quote in "'\"":
        if quote in bare:
            return ExpressionError("a text is never closed", shift + bare.index(quote) + 1, f"end it with {quote}")
    if _UNFINISHED.search(bare):
        return ExpressionError("the expression ends too early", shift + len(text) + 1, "write the operand that is missing")
    conditions = [found.start() for found in re.finditer(r"\bif\b", bare)]
    if len(conditions) > len(re.findall(r"\belse\b", bare)):
        return ExpressionError("`if` without `else`", shift + conditions[-1] + 1, "write `a if condition else b`")
    offset = min(max(offset, 1), len(text))
    return ExpressionError(f"`{text[offset - 1 :][:20]}` cannot stand here", shift + offset, "is an operator missing?")


def _blanked(text: str) -> str:
    """The text with the content of its quoted parts made harmless, at the same length."""
    return _QUOTED.sub(lambda quoted: "_" * len(quoted.group()), text)
