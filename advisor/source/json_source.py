"""JSON, with the span of every key and value. `NaN` and `Infinity` are read, as Python's own reader does."""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]

from advisor.errors import InputError
from advisor.source.document import Atom, Document, Duplicate, Entry, Mapping, Node, Scalar, Sequence, Span
from advisor.source.limits import DEPTH, refusal, too_deep_at

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<real>\.[0-9]+)?(?P<exponent>[eE][-+]?[0-9]+)?")
_WORD = re.compile(r"-?[A-Za-z]+")
_WORDS: dict[str, Atom] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_DIGITS = 400
"""Longer numbers name no setting, and Python refuses to convert integers above 4300 digits."""


def read_json(path: str, text: str, *, bom: bool = False) -> Document:
    """Reads a JSON text. Raises InputError: syntax, unrecognised (no object at the root), too-large (nesting)."""
    scanner = _Scanner(path, text)
    root = scanner.document()
    if not isinstance(root, Mapping):
        held = "a list" if isinstance(root, Sequence) else "a single value"
        raise InputError("unrecognised", f"the file holds {held}, not key: value pairs", path=path, line=1, column=1)
    return Document(path=path, format="json", text=text, root=root, duplicates=tuple(scanner.duplicates.values()), bom=bom)


class _Scanner:
    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.duplicates: dict[tuple[str, ...], Duplicate] = {}

    def document(self) -> Node:
        node = self._value(self._skip(0), (), 1)
        end = self._skip(node.span.end)
        if end < len(self.text):
            raise self._error(end, "there is more text after the end of the JSON value")
        return node

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        position = match.end() if match else position
        if self.text.startswith(("//", "/*", "#"), position):
            raise self._error(position, "JSON has no comments; remove this one")
        return position

    def _value(self, start: int, path: tuple[str, ...], depth: int) -> Node:
        text = self.text
        character = text[start : start + 1]
        if character == '"':
            value, end = self._string(start)
            return Scalar(Span(start, end), value, value, "literal")
        if character in ("{", "["):
            if depth > DEPTH:
                raise too_deep_at(self.path, text, start)
            return self._object(start, path, depth) if character == "{" else self._array(start, path, depth)
        number = _NUMBER.match(text, start)
        if number:
            return self._number(number)
        word = _WORD.match(text, start)
        if word and word[0] in _WORDS:
            atom = _WORDS[word[0]]
            return Scalar(Span(start, word.end()), atom, atom, "literal")
        raise self._error(start, _expected_value(character, word[0] if word else ""))

    def _number(self, match: re.Match[str]) -> Scalar:
        written = match[0]
        if len(written) > _DIGITS:
            raise self._error(match.start(), f"a number of {len(written)} characters is no setting")
        value = float(written) if match["real"] or match["exponent"] else int(written)
        return Scalar(Span(*match.span()), value, value, "literal")

    def _string(self, start: int) -> tuple[str, int]:
        try:
            value, end = scanstring(self.text, start + 1, True)
        except JSONDecodeError as error:
            raise self._error(min(error.pos, len(self.text)), f"{error.msg[0].lower()}{error.msg[1:].removesuffix(' at')}") from None
        return value if value.isascii() else value.encode("utf-8", "replace").decode(), end

    def _object(self, start: int, path: tuple[str, ...], depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        position = self._skip(start + 1)
        closed = self.text.startswith("}", position)
        while not closed:
            if not self.text.startswith('"', position):
                raise self._error(position, _expected_key(self.text[position : position + 1], bool(entries)))
            key, end = self._string(position)
            key_span = Span(position, end)
            colon = self._skip(end)
            if not self.text.startswith(":", colon):
                raise self._error(colon, "a colon is missing after the key")
            value = self._value(self._skip(colon + 1), (*path, key), depth + 1)
            if key in entries:
                self._duplicate((*path, key), entries.pop(key).key_span, key_span)
            entries[key] = Entry(key, key_span, value)
            position, closed = self._next(value.span.end, "}")
        return Mapping(Span(start, position + 1), tuple(entries.values()), True)

    def _array(self, start: int, path: tuple[str, ...], depth: int) -> Sequence:
        items: list[Node] = []
        position = self._skip(start + 1)
        closed = self.text.startswith("]", position)
        while not closed:
            if items and self.text.startswith("]", position):
                raise self._error(position, "JSON allows no comma before a closing bracket; remove it")
            items.append(self._value(position, (*path, str(len(items))), depth + 1))
            position, closed = self._next(items[-1].span.end, "]")
        return Sequence(Span(start, position + 1), tuple(items), True)

    def _next(self, end: int, bracket: str) -> tuple[int, bool]:
        position = self._skip(end)
        if self.text.startswith(bracket, position):
            return position, True
        if not self.text.startswith(",", position):
            what = f"a comma or {bracket} is missing here" if position < len(self.text) else f"the file ends before its closing {bracket}"
            raise self._error(position, what)
        return self._skip(position + 1), False

    def _duplicate(self, path: tuple[str, ...], first: Span, last: Span) -> None:
        known = self.duplicates.get(path)
        self.duplicates[path] = Duplicate(path, known.first if known else first, last)

    def _error(self, offset: int, message: str) -> InputError:
        return refusal(self.path, self.text, offset, message)


def _expected_value(character: str, word: str) -> str:
    if not character:
        return "the file ends where a value should stand"
    if character == "'":
        return "JSON strings stand in double quotes"
    if word in _PYTHON_WORDS:
        return f"{word} is Python; JSON writes {_PYTHON_WORDS[word]}"
    return f"a value should stand here, not {word or character}"


def _expected_key(character: str, follows: bool) -> str:
    if character == "}" and follows:
        return "JSON allows no comma before a closing brace; remove it"
    if not character:
        return "the file ends before its closing }"
    return "a key in double quotes should stand here"
