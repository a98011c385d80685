"""Taking a key out, with the lines that it has for itself."""

from __future__ import annotations

import re

from advisor.fixes.arguments import deleted_line
from advisor.fixes.edit import Change, Edit, Refusal
from advisor.fixes.lines import line_end, line_start, next_line
from advisor.fixes.members import is_call, member
from advisor.fixes.plan import Plan, check_no_object, check_own, check_single, found, gaps, has_header, leaves, owner
from advisor.source.document import Document, Scalar, Span, Unresolved, Value

_ANCHOR = re.compile(r"(?:^|(?<=\s))&\S")
_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_BLANKS = re.compile(r"[ \t]*")
_REST_OF_MEMBER = re.compile(r"[ \t]*(?P<comma>,?)[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")


def plan_delete(document: Document, edit: Edit, leaving: frozenset[str]) -> Plan | None:
    """What `delete` comes to; None where the key is absent. `leaving` are the keys deleted before it. Raises Refusal."""
    if edit.key not in document.values:
        return None
    value = found(document, edit.key)
    check_own(value)
    check_single(document, value)
    check_no_object(document, value)
    mapping, name = owner(document, edit.key)
    in_call = document.format == "python" and is_call(document, mapping)
    if document.format == "python" and not in_call:
        _check_unused(document, name)
    prefix = ".".join(value.path[:-1])
    staying = [
        entry for entry in mapping.entries if entry.shared != "merge" and entry.key != name and _joined(prefix, entry.key) not in leaving
    ]
    if not staying:
        raise Refusal("is the only key of its section; delete the section by hand")
    text = document.text
    node = value.node
    if document.format == "shell":
        return Plan((deleted_line(document, value.entry),), (), _old(document, value), None)
    if document.format == "python":
        _check_holds_nothing(document, value)
    start = line_start(document, value.entry.key_span.start)
    end = max(value.entry.key_span.end, member(document, value.entry).value.end)
    rest = (_REST_OF_MEMBER if mapping.flow or in_call else _REST).match(text, end)
    if text[start : value.entry.key_span.start].strip() or rest is None or has_header(document, node):
        raise Refusal("shares its lines with other text; take it out by hand")
    if any(
        start <= other.key_span.start < end and other.key_span != value.entry.key_span and other.key not in leaving
        for other in mapping.entries
        if other.shared != "merge"
    ):
        raise Refusal("shares its lines with other keys; take it out by hand")
    if document.format == "yaml" and _ANCHOR.search(gaps(document, Span(value.entry.key_span.end, end))):
        raise Refusal("holds an anchor that other values may use")
    if document.format == "yaml":
        _check_text_above(document, start, end)
    changes = [_lines(document, start, end)]
    if document.format == "json" and not rest["comma"]:
        last = max((entry for entry in staying if entry.key_span.start < start), key=lambda entry: entry.key_span.start, default=None)
        comma = last and re.compile(r"\s*,").match(text, last.value.span.end)
        if comma:
            changes.append(Change(Span(comma.end() - 1, comma.end()), "", "comma"))
    return Plan(tuple(changes), (), _old(document, value), None)


def _old(document: Document, value: Value) -> str:
    span = value.node.span
    return value.node.text if isinstance(value.node, Unresolved) else document.text[span.start : span.end]


def _lines(document: Document, start: int, end: int) -> Change:
    """Whole lines. The newline before the last one stays even at the end of the text: it may be part of a block of text."""
    return Change(Span(start, next_line(document, end)), "", "line")


def _check_holds_nothing(document: Document, value: Value) -> None:
    span = value.node.span
    others = (other for other in document.values.values() if other.path[: len(value.path)] != value.path)
    if any(span.start <= other.entry.key_span.start < span.end for other in others):
        raise Refusal("holds other settings; take it out by hand")


def _check_text_above(document: Document, start: int, end: int) -> None:
    """A block of text (`|`) would take in what follows the deleted lines: deeper comments, and with `|+` blank lines."""
    text = document.text
    for leaf in leaves(document.root):
        if not isinstance(leaf, Scalar) or leaf.style != "block" or leaf.span.end >= start or text[leaf.span.end : start].strip():
            continue
        key_line = line_start(document, leaf.span.start)
        indent = _BLANKS.match(text, key_line)
        below = _BLANKS.match(text, next_line(document, end))
        following = text[below.end() : below.end() + 1] if below else ""
        deeper = indent and below and len(below[0]) > len(indent[0])
        keeps = "+" in text[leaf.span.start : line_end(document, leaf.span.start)]
        if (following == "#" and deeper) or keeps:
            raise Refusal("stands between a block of text and lines that would become part of it; take it out by hand")


def _check_unused(document: Document, name: str) -> None:
    if len(re.findall(rf"\b{re.escape(name)}\b", document.text)) > 1:
        raise Refusal("is a name that the program uses; take it out by hand")


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
