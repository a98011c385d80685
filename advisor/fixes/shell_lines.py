"""Where comments can stand in a shell script: not inside a command that goes on over several lines, and not in quotes."""

from __future__ import annotations

import bisect
import re
from functools import lru_cache

from advisor.fixes.edit import Change
from advisor.fixes.lines import line_end, line_start, newline
from advisor.fixes.remark import Remark, commented, parted
from advisor.source.document import Document, Span

_TOKEN = re.compile(
    r"""(?P<continued>\\(?:\r\n|[\s\S]))
    |(?P<quoted>\$?'[^']*'|"(?:[^"\\]|\\[\s\S])*")
    |(?P<heredoc><<-?[ \t]*(?P<mark>'[^'\n]+'|"[^"\n]+"|\\?\w+))
    |(?P<here_string><<<)
    |(?P<comment>(?:^|(?<=[\s;&|(]))\#[^\n]*)
    |(?P<newline>\n)""",
    re.VERBOSE,
)


def command_start(document: Document, offset: int) -> int | None:
    """Where the command that holds `offset` starts; None where it has one line to itself, which a comment can follow."""
    ends = _command_ends(document.text)
    index = bisect.bisect_left(ends, offset)
    start = ends[index - 1] + 1 if index else 0
    end = ends[index] if index < len(ends) else len(document.text)
    text = document.text
    while start < end and text[start] in "\r\n":
        start += 1
    return None if line_end(document, start) >= len(text[:end].rstrip("\r")) else start


def comment_above(document: Document, offset: int, remarks: list[Remark]) -> Change:
    """Remarks as lines above the command that starts at `offset`, among those that stand there already."""
    text = document.text
    indent = re.compile(r"[ \t]*").match(text, offset)
    lead = indent[0] if indent else ""
    labels = {remark.label for remark in remarks}
    start, earlier = remarks_above(document, offset)
    kept = [remark for remark in earlier if remark.label not in labels]
    end_of_line = newline(document, offset)
    lines = [f"{lead}{commented('', [remark])}{end_of_line}" for remark in (*kept, *remarks)]
    return Change(Span(start, offset), "".join(lines), "comment")


def remarks_above(document: Document, offset: int) -> tuple[int, list[Remark]]:
    """Our remarks on the lines right above the command that starts at `offset`, and where the first of these lines starts."""
    found: list[Remark] = []
    start = offset
    while start > 0:
        above = line_start(document, start - 1)
        earlier, rest = parted(document.text[above : line_end(document, above)].lstrip())
        if not earlier or rest:
            break
        found[:0] = earlier
        start = above
    return start, found


@lru_cache(maxsize=4)
def _command_ends(text: str) -> list[int]:
    """The newlines that end a command, ascending. Those in quotes, here-documents and after a backslash do not."""
    ends: list[int] = []
    marks: list[str] = []
    position = 0
    while token := _TOKEN.search(text, position):
        position = token.end()
        if token["heredoc"]:
            marks.append(token["mark"].strip("'\"\\"))
        elif token["newline"]:
            while marks:
                closing = re.compile(rf"^[ \t]*{re.escape(marks.pop(0))}\r?$", re.MULTILINE).search(text, position)
                position = closing.end() if closing else position
            if position > token.end():
                continue
            ends.append(token.start())
    return ends
