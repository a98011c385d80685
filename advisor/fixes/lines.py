"""Where lines begin and end, as the format's own readers see it."""

from __future__ import annotations

import re

from advisor.source.document import Document

_BREAK = re.compile(r"\r\n?|\n")
_BREAKS = {
    "yaml": re.compile(r"\r\n?|[\n\x85\u2028\u2029]"),
    # A carriage return alone ends no comment of a shell.
    "shell": re.compile(r"\r?\n"),
}
_ENDS = {"yaml": "\r\n\x85\u2028\u2029", "shell": "\n"}


def line_start(document: Document, offset: int) -> int:
    """The offset of the first character of the line that holds `offset`."""
    start = offset
    breaks = _ENDS.get(document.format, "\r\n")
    while start > 0 and document.text[start - 1] not in breaks:
        start -= 1
    return start


def line_end(document: Document, offset: int) -> int:
    """The offset behind the last character of the line, before its newline."""
    match = _pattern(document).search(document.text, offset)
    return match.start() if match else len(document.text)


def next_line(document: Document, offset: int) -> int:
    """The offset where the next line starts; the end of the text after the last line."""
    match = _pattern(document).search(document.text, offset)
    return match.end() if match else len(document.text)


def newline(document: Document, offset: int) -> str:
    """The newline that ends this line, else the one before it, as the whole text is unlikely to mix them."""
    match = _pattern(document).search(document.text, offset) or _pattern(document).search(document.text)
    return match[0] if match else "\n"


def _pattern(document: Document) -> re.Pattern[str]:
    return _BREAKS.get(document.format, _BREAK)
