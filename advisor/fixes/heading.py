"""A heading of our own at the top of a suggested file, in the format's comments, below the lines that have to stay first."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from advisor.fixes.edit import Change, Spliced
from advisor.fixes.lines import line_end, newline, next_line
from advisor.fixes.plan import carry_out
from advisor.fixes.remark import one_line
from advisor.source.document import Document, Span

MARK = "Suggested by rlhf-lint"
WIDTH = 110
_BODY = "#   "
_STAYS = re.compile(r"#!|#\s*(?:@package\b|yamllint\b|yaml-language-server:|-\*-|(?:vim?|ex):|shellcheck\b|SBATCH\b|PBS\b)|#SBATCH|#PBS")
"""Comments that only count above everything else."""
_CODING = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")


def headed(document: Document, title: str, statements: Sequence[str]) -> Spliced:
    """The document's text with a heading, in place of one that an earlier fix left. Empty of changes for a format without comments.

    A heading is a line `# Suggested by rlhf-lint ...` and the lines `#   ...` below it; an empty line sets it apart.
    """
    if document.format in ("json", "mapping"):
        return Spliced(document.text, (), (), ())
    start = _first_free(document)
    end = _end_of_heading(document, start)
    eol = newline(document, 0)
    lines = [f"# {MARK} {_harmless(title)}", *_body(statements)]
    apart = end < len(document.text) and line_end(document, end) != end
    text = "".join(line + eol for line in lines) + (eol if apart else "")
    if start and document.text[start - 1] not in "\r\n":
        text = eol + text
    change = Change(Span(start, end), text, "line")
    return Spliced(carry_out(document.text, [change]), (), (), (change,))


def _body(statements: Sequence[str]) -> list[str]:
    """Each statement as a paragraph that hangs by two blanks."""
    wrapper = textwrap.TextWrapper(
        WIDTH, initial_indent=_BODY, subsequent_indent=f"{_BODY}  ", break_long_words=False, break_on_hyphens=False
    )
    return [line for statement in statements for line in wrapper.wrap(_harmless(statement))]


def _harmless(text: str) -> str:
    """Text that means nothing to other programs: no second comment sign, and nothing that Python takes for the file's encoding."""
    return re.sub(r"coding(?=[:=])", "coding ", one_line(text).replace("#", ""))


def _first_free(document: Document) -> int:
    """The offset below the lines that have to stay first."""
    position, number = 0, 1
    text = document.text
    while position < len(text):
        line, following = text[position : line_end(document, position)], next_line(document, position)
        second = text[following : line_end(document, following)]
        if not (
            (_STAYS.match(line) and (number == 1 or not line.startswith("#!")))
            or (number <= 2 and _CODING.match(line))
            or (number == 1 and line.startswith("#") and _CODING.match(second) and not line.startswith(f"# {MARK}"))
        ):
            break
        position, number = following, number + 1
    return position


def _end_of_heading(document: Document, start: int) -> int:
    if not document.text.startswith(f"# {MARK} ", start):
        return start
    end = next_line(document, start)
    while document.text.startswith(_BODY, end):
        end = next_line(document, end)
    return end
