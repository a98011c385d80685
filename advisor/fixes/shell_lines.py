"""Where comments can stand in a shell script: not inside a command that goes on over several lines, and not in quotes."""

from __future__ import annotations

from advisor.fixes.edit import Change
from advisor.fixes.lines import line_start, newline
from advisor.fixes.remark import Remark, commented, parted
from advisor.source.document import Document, Span


def command_start(document: Document, offset: int) -> int | None:
    raise NotImplementedError


def comment_above(document: Document, offset: int, remarks: list[Remark]) -> Change:
    raise NotImplementedError
