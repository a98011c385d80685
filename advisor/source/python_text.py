"""Python source as a tree whose places are code points of the text. Nothing is ever executed."""

from __future__ import annotations

import ast
import bisect
import itertools
import re
import warnings

from advisor.errors import InputError
from advisor.source.document import Comment, Span

_LENGTH = 1_000_000
"""Code points. Longer files are generated, and parsing them costs seconds."""

_NEWLINE = re.compile(r"\r\n|\r|\n")
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^\\]|\\[\s\S])*?"""'
    r"|'''(?:[^\\]|\\[\s\S])*?'''"
    r'|"(?:[^"\\\n]|\\[\s\S])*"'
    r"|'(?:[^'\\\n]|\\[\s\S])*'"
    r"|(?P<comment>#[^\r\n]*)"
)


def parse(path: str, text: str) -> ast.Module:
    """The syntax tree. Raises InputError: syntax (Python 2 included), too-large (length, nesting)."""
    if len(text) > _LENGTH:
        raise InputError("too-large", f"a Python file of more than {_LENGTH:,} characters is no configuration", path=path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        message = (error.msg or "this is not Python").removesuffix(" (<unknown>, line 1)")
        raise InputError("syntax", message, path=path, line=error.lineno, column=max(error.offset or 1, 1)) from None
    except ValueError as error:
        raise InputError("syntax", f"this is not Python: {error}", path=path) from None
    except (RecursionError, MemoryError):
        raise InputError("too-large", "expressions are nested too deep to be read; is this a configuration?", path=path) from None


def comments(text: str) -> tuple[Comment, ...]:
    return tuple(Comment(Span(*match.span()), match[0]) for match in _STRING_OR_COMMENT.finditer(text) if match["comment"])


class Places:
    """Offsets in the text for the lines and UTF-8 columns of the syntax tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]
        self._ascii = text.isascii()
        self._columns: dict[int, list[int] | None] = {}

    def offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        if self._ascii:
            return start + column
        if line not in self._columns:
            end = self._starts[line] if line < len(self._starts) else len(self.text)
            self._columns[line] = _byte_columns(self.text[start:end])
        columns = self._columns[line]
        return start + (column if columns is None else bisect.bisect_left(columns, column))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> Span:
        start = self.offset(node.lineno, node.col_offset)
        if node.end_lineno is None or node.end_col_offset is None:
            return Span(start, start)
        return Span(start, self.offset(node.end_lineno, node.end_col_offset))

    def written(self, node: ast.expr | ast.keyword) -> str:
        start, end = self.span(node)
        return self.text[start:end]


def _byte_columns(line: str) -> list[int] | None:
    """The UTF-8 column at which each character of a line begins; None where columns of bytes and of characters are the same."""
    if line.isascii():
        return None
    return list(itertools.accumulate((len(character.encode("utf-8", "surrogatepass")) for character in line), initial=0))
