"""Values that a program hands over, as a document: every scalar has a span in a text made for it, so that messages can quote it."""

from __future__ import annotations

import os
from collections.abc import Mapping as AbstractMapping
from typing import Any

from advisor.source.document import Document, Entry, Mapping, Node, Scalar, Sequence, Span, Unresolved

DEEPEST = 40


def document_from(values: AbstractMapping[str, Any], calls: tuple[str, ...] = (), path: str = "<mapping>") -> Document:
    """A document of plain Python values. What is no plain value (a function, a tensor) is unresolved."""
    lines: list[str] = []
    root = _mapping(values, lines, 0)
    return Document(path, "mapping", "".join(lines), root, calls=calls)


def _mapping(values: AbstractMapping[str, Any], lines: list[str], depth: int) -> Mapping:
    start = _length(lines)
    entries = []
    for key, value in values.items():
        lines.append("  " * depth)
        key_start = _length(lines)
        lines.append(f"{key}: ")
        key_span = Span(key_start, key_start + len(str(key)))
        entries.append(Entry(str(key), key_span, _node(value, lines, depth + 1), "computed"))
        lines.append("\n")
    return Mapping(Span(start, _length(lines)), tuple(entries), False)


def _node(value: Any, lines: list[str], depth: int) -> Node:
    if depth > DEEPEST:
        return Unresolved(_written("...", lines), "...", "nested too deeply")
    if isinstance(value, AbstractMapping):
        lines.append("\n")
        return _mapping(value, lines, depth)
    if isinstance(value, (list, tuple, set, frozenset)):
        start = _length(lines)
        items = tuple(_node(item, lines, depth + 1) for item in value)
        return Sequence(Span(start, _length(lines)), items, True)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    plain = getattr(value, "value", value) if not isinstance(value, (bool, int, float, str)) else value
    if plain is None or isinstance(plain, (bool, int, float, str)):
        return Scalar(_written(str(plain), lines), plain, plain, "literal")
    return Unresolved(_written(type(value).__name__, lines), type(value).__name__, "no plain value")


def _written(text: str, lines: list[str]) -> Span:
    start = _length(lines)
    lines.append(text)
    return Span(start, start + len(text))


def _length(lines: list[str]) -> int:
    return sum(map(len, lines))
