"""Where a comment can stand beside a change."""

from __future__ import annotations

import bisect
from functools import cached_property
from typing import NamedTuple

from advisor.fixes.edit import Change, Refusal
from advisor.fixes.lines import line_end, line_start
from advisor.fixes.plan import leaves
from advisor.fixes.remark import Remark, commented, parted
from advisor.source.document import Document, Scalar, Span

_GAP = 2
"""Blanks before a comment, as PEP 8 and yamllint want them."""


class Place(NamedTuple):
    """The end of a line (its offset), or the start of the line above which comments go."""

    offset: int
    above: bool = False


class Margin:
    """The comment places of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @cached_property
    def _values(self) -> list[tuple[int, int]]:
        """Ranges inside which a line end belongs to a value."""
        ranges: list[tuple[int, int]] = []
        for leaf in leaves(self.document.root):
            start, end = leaf.span
            if isinstance(leaf, Scalar) and leaf.style == "block":
                start = line_end(self.document, start)
            ranges.append((start, end))
        ranges += [(value.entry.key_span.start, value.entry.key_span.end) for value in self.document.values.values()]
        return sorted(set(ranges))

    @cached_property
    def _keys(self) -> list[int]:
        return sorted({value.entry.key_span.start for value in self.document.values.values()})

    def place(self, offset: int) -> Place:
        """Where a remark on the line of `offset` goes. Raises Refusal where that line has no place for it."""
        if self.document.format == "shell":
            from advisor.fixes.shell_lines import command_start

            start = command_start(self.document, offset)
            return Place(line_end(self.document, offset)) if start is None else Place(start, above=True)
        end = line_end(self.document, offset)
        at = bisect.bisect_right(self._values, (end, end))
        if any(start < end < stop for start, stop in self._values[max(0, at - 64) : at]) or not self._python_takes(end):
            raise Refusal("stands on a line that no comment can follow")
        return Place(end)

    def alone(self, key_span: Span) -> bool:
        """Whether a key is the only one on its line, so that a comment there needs no name."""
        start, end = line_start(self.document, key_span.start), line_end(self.document, key_span.start)
        return bisect.bisect_left(self._keys, end) - bisect.bisect_left(self._keys, start) == 1

    def said(self, offset: int) -> list[Remark]:
        """Our remarks about what stands on the line of `offset`."""
        try:
            place = self.place(offset)
        except Refusal:
            return []
        if place.above:
            from advisor.fixes.shell_lines import remarks_above

            return remarks_above(self.document, place.offset)[1]
        begin = self._comment_start(place.offset)
        return parted(self.document.text[begin : place.offset])[0] if begin is not None else []

    def change(self, place: Place, remarks: list[Remark]) -> Change:
        """The change that puts remarks into their place."""
        if place.above:
            from advisor.fixes.shell_lines import comment_above

            return comment_above(self.document, place.offset, remarks)
        text = self.document.text
        start = line_start(self.document, place.offset)
        begin = self._comment_start(place.offset)
        if begin is not None:
            old = text[begin : place.offset]
            new = commented(old, remarks)
            common = _common_ending(old[1:], new[1:])
            return Change(Span(begin, place.offset - common), new[: len(new) - common], "comment")
        line = text[start : place.offset]
        blanks = len(line) - len(line.rstrip(" \t"))
        return Change(Span(place.offset, place.offset), " " * max(0, _GAP - blanks) + commented("", remarks), "comment")

    def _comment_start(self, line_end: int) -> int | None:
        """Where the comment of the line starts that ends here."""
        start = line_start(self.document, line_end)
        index = bisect.bisect_left(self.document.comments, ((start, start),))
        begin = self.document.comments[index].span.start if index < len(self.document.comments) else line_end
        return begin if begin < line_end else None

    def _python_takes(self, end: int) -> bool:
        if self.document.format != "python":
            return True
        return self.document.position(end).line in self._python_line_ends

    @cached_property
    def _python_line_ends(self) -> set[int]:
        """Lines of Python at whose end no string and no backslash goes on."""
        import io
        import tokenize

        ends: set[int] = set()
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.document.text, newline="").readline):
                if token.type in (tokenize.NEWLINE, tokenize.NL):
                    ends.add(token.start[0])
        except (tokenize.TokenError, SyntaxError):
            return ends
        return ends


def _common_ending(one: str, other: str) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[-1 - length] == other[-1 - length]:
        length += 1
    return length
