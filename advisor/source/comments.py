"""Where `#` starts a comment, given where the values stand."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from advisor.source.document import Comment, Span


def hash_comments(text: str, values: Sequence[tuple[int, int]], end: int | None = None, *, after_space: bool = True) -> tuple[Comment, ...]:
    """The comments of a text: every `#` outside the ranges in `values`, to the end of its line.

    `values` are ranges in ascending order in which `#` is an ordinary character. `after_space` asks for white space or a line start before
    the mark, as YAML does; in TOML a comment may touch the value.
    """
    comments: list[Comment] = []
    starts = [start for start, _ in values]
    limit = len(text) if end is None else end
    position = text.find("#", 0, limit)
    while position >= 0:
        index = bisect.bisect_right(starts, position) - 1
        resume = position + 1
        if index >= 0 and position < values[index][1]:
            resume = values[index][1]
        elif position == 0 or not after_space or text[position - 1] in " \t\r\n":
            line_end = text.find("\n", position)
            stop = len(text) if line_end < 0 else line_end
            while stop > position and text[stop - 1] in " \t\r":
                stop -= 1
            comments.append(Comment(Span(position, stop), text[position:stop]))
            resume = stop
        position = text.find("#", resume, limit)
    return tuple(comments)
