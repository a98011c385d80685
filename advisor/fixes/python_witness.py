"""Python's own parser on a spliced program: outside the changes both syntax trees have to be the same."""

from __future__ import annotations

import ast
import bisect
import sys
from typing import Any

from advisor.fixes.edit import Spliced, UnsoundEdit
from advisor.fixes.plan import landed
from advisor.source.document import Document, Span
from advisor.source.python_text import Places


def check_python(document: Document, spliced: Spliced) -> None:
    """Raises UnsoundEdit where the trees differ outside the changed values and keys."""
    try:
        old = ast.parse(document.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    counted = [(change, span) for change, span in landed(spliced.changes) if change.part in ("value", "key", "line")]
    before = [(change.span, str(change.part)) for change, _ in counted]
    after = [(span, str(change.part)) for change, span in counted]
    try:
        new = ast.parse(spliced.text)
        alike = _Shape(document.text, before).of(old) == _Shape(spliced.text, after).of(new)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnsoundEdit(f"Python cannot read the result: {error}") from error
    if not alike:
        raise UnsoundEdit("Python reads the result as another program")


class _Shape:
    """A syntax tree as nested tuples, with marks in place of what was changed."""

    def __init__(self, text: str, changed: list[tuple[Span, str]]) -> None:
        self.places = Places(text)
        self.changed = sorted(changed)

    def of(self, node: Any) -> Any:
        if isinstance(node, list):
            return tuple(self.of(item) for item in node if self._part(item) != "line")
        if not isinstance(node, ast.AST):
            return (type(node).__name__, repr(node))
        part = self._part(node)
        if part is not None:
            return part
        fields = [(name, self.of(value)) for name, value in ast.iter_fields(node)]
        if isinstance(node, ast.keyword) and self._covers(self.places.span(node).start) == "key":
            fields[0] = ("arg", "key")
        return (type(node).__name__, *fields)

    def _part(self, node: Any) -> str | None:
        """The change that a node lies in as a whole."""
        if not isinstance(node, (ast.expr, ast.stmt, ast.keyword)):
            return None
        start = self.places.span(node).start
        part = self._covers(start)
        return part if part and part == self._covers(self.places.span(node).end - 1) else None

    def _covers(self, offset: int) -> str | None:
        index = bisect.bisect_right(self.changed, (Span(offset, sys.maxsize), "")) - 1
        if index < 0:
            return None
        span, part = self.changed[index]
        return part if span.start <= offset < span.end else None
