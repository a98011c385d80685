"""Reads a spliced text back, with our reader and with others, and holds it against what was intended."""

from __future__ import annotations

from typing import Any

from advisor.errors import InputError
from advisor.fixes.edit import Applied, Change, Spliced, UnsoundEdit
from advisor.fixes.expectation import expected_data, spelled_boolean
from advisor.fixes.plan import in_order, landed
from advisor.fixes.setting import read_as
from advisor.fixes.tree import same
from advisor.fixes.witnesses import check_witnesses
from advisor.source.document import Document, Mapping, Node, Scalar, Sequence, Span


def verify(document: Document, spliced: Spliced) -> None:
    """Checks that the new text differs from the document's only where the edits say so.

    Outside the values, keys and comments that were changed the text is the same, character for character; our own reader and every parser
    of the format that read the old text (PyYAML and ruamel.yaml, json, tomllib, ast) read the new one as the old data with the edits made.

    Raises UnsoundEdit otherwise: then nothing may be written.
    """
    _check_text(document, spliced)
    if not spliced.changes:
        return
    from advisor.source.reading import read

    try:
        new = read(document.path, spliced.text.encode("utf-8"), document.format)
    except (InputError, UnicodeEncodeError) as error:
        raise UnsoundEdit(f"the result cannot be read: {error}") from error
    changed = [one for one in spliced.applied if one.changed]
    _check_values(document, new, spliced, changed)
    check_witnesses(document, spliced, changed)


def _check_text(document: Document, spliced: Spliced) -> None:
    """Walks through both texts in step; what is not in a change has to be the same."""
    old, new = 0, 0
    for change in in_order(spliced.changes):
        kept = change.span.start - old
        if kept < 0 or document.text[old : change.span.start] != spliced.text[new : new + kept]:
            raise UnsoundEdit(f"text before offset {change.span.start} was changed")
        new += kept
        if spliced.text[new : new + len(change.text)] != change.text:
            raise UnsoundEdit(f"the change at offset {change.span.start} is not in the result")
        _check_comment(document, change)
        old, new = change.span.end, new + len(change.text)
    if document.text[old:] != spliced.text[new:]:
        raise UnsoundEdit("text behind the last change was changed")


def _check_comment(document: Document, change: Change) -> None:
    if change.part != "comment":
        return
    for text in (change.text, document.text[change.span.start : change.span.end]):
        lines = text.split("\n")
        if len(lines) > 1 and document.format != "shell":
            raise UnsoundEdit(f"the comment at offset {change.span.start} goes on over a line end")
        if any(line.strip() and not line.lstrip().startswith("#") for line in lines):
            raise UnsoundEdit(f"the comment at offset {change.span.start} holds or replaces something else")


def _check_values(document: Document, new: Document, spliced: Spliced, applied: list[Applied]) -> None:
    ranges = landed(spliced.changes)
    old_data = _data(document.root, [change.span for change, _ in ranges])
    expected = expected_data(document, old_data, applied, None, _read_argument if document.format == "shell" else _read)
    if not same(expected, _data(new.root, [span for _, span in ranges])):
        raise UnsoundEdit("the result reads back with other values than intended")


def _read(one: Applied) -> Any:
    """What our reader should find: both readings of a scalar alike, except where a file says `yes` for true."""
    if isinstance(one.edit.value, tuple):
        return [(value, value) for value in one.edit.value]
    return (spelled_boolean(one), one.edit.value)


def _read_argument(one: Applied) -> Any:
    """The same for a shell, which passes text on: what looks like a number is one."""
    values = one.edit.value if isinstance(one.edit.value, tuple) else (one.edit.value,)
    pairs = [(read_as("shell", value), read_as("shell", value)) for value in values]
    return pairs if isinstance(one.edit.value, tuple) else pairs[0]


def _data(node: Node, changed: list[Span]) -> Any:
    """The tree as plain data. A call or expression counts by its text, unless a change lies in it: then that change counts by itself."""
    if isinstance(node, Mapping):
        return {entry.key: _data(entry.value, changed) for entry in node.entries}
    if isinstance(node, Sequence):
        return [_data(item, changed) for item in node.items]
    if isinstance(node, Scalar):
        return (node.value, node.legacy)
    inside = any(node.span.start <= span.start < node.span.end for span in changed)
    return {"unresolved": None if inside else node.text}
