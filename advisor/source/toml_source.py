"""TOML: the values come from the standard library's reader; where each of them stands is found by a scan of the same text."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import Any

from advisor.errors import InputError
from advisor.source.comments import hash_comments
from advisor.source.document import Document, Entry, Mapping, Node, Scalar, Sequence, Span
from advisor.source.limits import DEPTH, too_deep_at

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_QUOTED = re.compile(
    r'"""(?:[^\\]|\\[\s\S])*?"{3,5}'
    r"|'''[\s\S]*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_toml(path: str, text: str, *, bom: bool = False) -> Document:
    """Reads a TOML text; dates and times stay text. Raises InputError: syntax, unrecognised (no keys), too-large (nesting)."""
    scanner = _Scanner(path, text, _loads(path, text))
    scanner.document()
    root = _frozen(scanner.root)
    if not root.entries:
        raise InputError("unrecognised", "the file holds comments only: no settings", path=path)
    comments = hash_comments(text, scanner.protected, after_space=False)
    return Document(path=path, format="toml", text=text, root=root, comments=comments, bom=bom)


def _loads(path: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _PLACE.search(message)
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        if place and place[1]:
            line, column = int(place[1]), int(place[2])
        what = message[: place.start()] if place else message
        raise InputError("syntax", what[:1].lower() + what[1:], path=path, line=line, column=column) from None
    except ValueError as error:
        raise InputError("syntax", f"a number cannot be read: {error}", path=path) from None
    except RecursionError:
        raise too_deep_at(path, text, 0) from None


@dataclass(slots=True)
class _Table:
    """A table as it grows. TOML may return to a table later, so that nodes can be made only at the end."""

    data: dict[str, Any]
    at: Span
    """Behind the header: where the table's span lies while it has no values of its own."""
    explicit: bool
    entries: dict[str, tuple[Span, _Table | _Tables | Node]] = field(default_factory=dict)


@dataclass(slots=True)
class _Tables:
    data: list[dict[str, Any]]
    items: list[_Table] = field(default_factory=list)


class _Scanner:
    """Follows the text with the loaded data beside it: only places are found here, never values."""

    def __init__(self, path: str, text: str, data: dict[str, Any]) -> None:
        self.path = path
        self.text = text
        self.root = _Table(data, Span(0, 0), True)
        self.protected: list[tuple[int, int]] = []

    def document(self) -> None:
        text = self.text
        table = self.root
        depth = 0
        position = self._match(_GAP, 0)
        while position < len(text):
            if text.startswith("[", position):
                opening = 2 if text.startswith("[[", position) else 1
                keys, end = self._keys(position + opening)
                depth = len(keys)
                self._check_depth(depth, position)
                table = self._header(keys, end + opening, opening == 2)
                position = end + opening
            else:
                position = self._pair(table, position, depth)
            position = self._match(_GAP, position)

    def _match(self, pattern: re.Pattern[str], position: int) -> int:
        match = pattern.match(self.text, position)
        return match.end() if match else position

    def _check_depth(self, depth: int, position: int) -> None:
        if depth > DEPTH:
            raise too_deep_at(self.path, self.text, position)

    def _keys(self, position: int) -> tuple[list[tuple[str, Span]], int]:
        """A dotted key, and the place behind it and the space after it."""
        keys: list[tuple[str, Span]] = []
        while True:
            start = self._match(_SPACE, position)
            quoted = _QUOTED.match(self.text, start)
            end = quoted.end() if quoted else self._match(_BARE_KEY, start)
            written = self.text[start:end]
            if quoted:
                self.protected.append((start, end))
            keys.append((_key(written) if quoted else written, Span(start, end)))
            position = self._match(_SPACE, end)
            if not self.text.startswith(".", position):
                return keys, position
            position += 1

    def _header(self, keys: list[tuple[str, Span]], end: int, is_array: bool) -> _Table:
        table = self._descend(self.root, keys[:-1])
        key, span = keys[-1]
        known = table.entries.get(key, (span, None))[1]
        if is_array:
            if not isinstance(known, _Tables):
                known = _Tables(table.data[key])
                table.entries[key] = (span, known)
            known.items.append(_Table(known.data[len(known.items)], Span(end, end), True))
            return known.items[-1]
        if not isinstance(known, _Table):
            known = _Table(table.data[key], Span(end, end), True)
            table.entries[key] = (span, known)
        known.explicit = True
        known.at = Span(end, end)
        return known

    def _descend(self, table: _Table, keys: list[tuple[str, Span]]) -> _Table:
        for key, span in keys:
            child = table.entries.get(key, (span, None))[1]
            if isinstance(child, _Tables):
                child = child.items[-1]
            elif not isinstance(child, _Table):
                child = _Table(table.data[key], Span(span.end, span.end), False)
                table.entries[key] = (span, child)
            table = child
        return table

    def _pair(self, table: _Table, position: int, depth: int) -> int:
        keys, equals = self._keys(position)
        self._check_depth(depth + len(keys), position)
        table = self._descend(table, keys[:-1])
        key, span = keys[-1]
        node = self._value(self._match(_SPACE, equals + 1), table.data[key], depth + len(keys))
        table.entries[key] = (span, node)
        return node.span.end

    def _value(self, start: int, data: Any, depth: int) -> Node:
        self._check_depth(depth, start)
        if self.text.startswith("[", start):
            return self._array(start, data, depth)
        if self.text.startswith("{", start):
            return self._inline_table(start, data, depth)
        quoted = _QUOTED.match(self.text, start)
        end = quoted.end() if quoted else self._match(_BARE, start)
        if quoted:
            self.protected.append((start, end))
        value = data if isinstance(data, (bool, int, float, str)) else self.text[start:end]
        return Scalar(Span(start, end), value, value, "literal")

    def _array(self, start: int, data: list[Any], depth: int) -> Sequence:
        items: list[Node] = []
        position = self._match(_GAP, start + 1)
        while not self.text.startswith("]", position):
            items.append(self._value(position, data[len(items)], depth + 1))
            position = self._match(_GAP, items[-1].span.end)
            if self.text.startswith(",", position):
                position = self._match(_GAP, position + 1)
        return Sequence(Span(start, position + 1), tuple(items), True)

    def _inline_table(self, start: int, data: dict[str, Any], depth: int) -> Mapping:
        table = _Table(data, Span(start, start), False)
        position = self._match(_GAP, start + 1)
        while not self.text.startswith("}", position):
            position = self._match(_GAP, self._pair(table, position, depth))
            if self.text.startswith(",", position):
                position = self._match(_GAP, position + 1)
        return Mapping(Span(start, position + 1), _frozen(table).entries, True)


def _key(quoted: str) -> str:
    return str(next(iter(tomllib.loads(f"{quoted} = 0")))) if "\\" in quoted else quoted[1:-1]


def _frozen(table: _Table) -> Mapping:
    entries: list[Entry] = []
    start, end = table.at
    own = False
    for key, (span, child) in table.entries.items():
        node: Node
        if isinstance(child, _Table):
            node = _frozen(child)
        elif isinstance(child, _Tables):
            items = tuple(_frozen(item) for item in child.items)
            node = Sequence(Span(items[0].span.start, items[-1].span.end), items, False)
        else:
            node = child
            start, end, own = (min(start, span.start) if own else span.start), max(end, node.span.end), True
        entries.append(Entry(key, span, node))
    return Mapping(Span(start, end), tuple(entries), not table.explicit)
