"""Python source as a tree whose places are code points of the text. Nothing is ever executed."""

from __future__ import annotations

import ast
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
        self._ascii = text.isascii()
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        if self._ascii:
            return start + column
        # Four bytes a code point at most, so that this much of the line holds the column.
        prefix = self.text[start : start + column].encode()[:column]
        return start + len(prefix.decode("utf-8", "ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> Span:
        start = self.offset(node.lineno, node.col_offset)
        if node.end_lineno is None or node.end_col_offset is None:
            return Span(start, start)
        return Span(start, self.offset(node.end_lineno, node.end_col_offset))

    def written(self, node: ast.expr | ast.keyword) -> str:
        start, end = self.span(node)
        return self.text[start:end]
