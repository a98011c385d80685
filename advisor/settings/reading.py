"""Reading a settings file: every mistake with its file, line and column, and what was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from advisor.dialects.options import NAMES, fact_from_text
from advisor.errors import InputError
from advisor.rulebook.finding import CONFIDENCES, Severity
from advisor.settings.settings import Settings
from advisor.source.document import Document, Entry, Mapping, Node, Scalar, Sequence
from advisor.source.reading import read

DEEPEST = 8
"""Generations of `extends`."""
LEVELS = (*(severity.value for severity in Severity), "never")
GRADES = tuple(severity.value for severity in Severity)


@cache
def read_settings(path: str) -> Settings:
    """The settings of a file and of those that it extends. Raises InputError naming the place of a mistake."""
    return _read(path, ())


def _read(path: str, before: tuple[str, ...]) -> Settings:
    resolved = str(Path(path).resolve())
    document = read(path, None, "toml")
    section = _section(document)
    if resolved in before or len(before) >= DEEPEST:
        raise _at(document, section.span.start, "these settings extend each other without end")
    own = _Reader(document).settings(section)
    base = next((entry for entry in section.entries if entry.key == "extends"), None)
    if base is None:
        return own
    parent = Path(path).parent / _text(document, base)
    if not _within(parent, Path(path)):
        raise _at(document, base.value.span.start, f"{_text(document, base)} lies outside of this repository")
    if not parent.is_file():
        raise _at(document, base.value.span.start, f"there is no {parent}")
    return own.over(_read(str(parent), (*before, resolved)))


def _section(document: Document) -> Mapping:
    """The whole of rlhf-lint.toml; the tool's table of pyproject.toml."""
    node: Node = document.root
    if Path(document.path).name != "pyproject.toml":
        return document.root
    for step in ("tool", "rlhf-lint"):
        entry = next((entry for entry in node.entries if entry.key == step), None) if isinstance(node, Mapping) else None
        if entry is None:
            return Mapping(document.root.span, (), False)
        node = entry.value
    if not isinstance(node, Mapping):
        raise _at(document, node.span.start, "[tool.rlhf-lint] is a table")
    return node


class _Reader:
    """The parts of one file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = str(Path(document.path).resolve().parent)
        self.parts: dict[str, tuple[str, Callable[[Entry], Any]]] = {
            "select": ("select", self.texts),
            "ignore": ("ignore", self.texts),
            "per-file-ignores": ("per_file_ignores", lambda entry: {inner.key: self.texts(inner) for inner in self.table(entry)}),
            "severity": ("severity", lambda entry: {inner.key: self.grade(inner, off=True) for inner in self.table(entry)}),
            "parameters": ("parameters", lambda entry: dict(map(self.parameter, self.table(entry)))),
            "framework-versions": ("versions", lambda entry: {inner.key: self.text(inner) for inner in self.table(entry)}),
            "packs": ("packs", lambda entry: tuple(self.file(name) for name in self.texts(entry))),
            "fail-on": ("fail_on", lambda entry: self.one_of(entry, LEVELS)),
            "min-severity": ("min_severity", self.grade),
            "min-confidence": ("min_confidence", lambda entry: self.one_of(entry, CONFIDENCES)),
            "baseline": ("baseline", lambda entry: self.file(self.text(entry))),
            "documentation": ("documentation", self.address),
        }

    def settings(self, section: Mapping) -> Settings:
        found: dict[str, Any] = {}
        for entry in section.entries:
            if entry.key == "extends":
                continue
            if entry.key not in self.parts:
                known = (*self.parts, "extends")
                raise _at(self.document, entry.key_span.start, f"unknown setting {entry.key!r}{_near(entry.key, known)}")
            name, take = self.parts[entry.key]
            found[name] = take(entry)
        return Settings(files=(self.document.path,), root=self.root, **found)

    def text(self, entry: Entry) -> str:
        return _text(self.document, entry)

    def texts(self, entry: Entry) -> tuple[str, ...]:
        items = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
        if not all(isinstance(item, Scalar) and isinstance(item.value, str) for item in items):
            raise _at(self.document, entry.value.span.start, f"{entry.key} is a list of texts")
        return tuple(str(item.value) for item in items if isinstance(item, Scalar))

    def table(self, entry: Entry) -> tuple[Entry, ...]:
        if not isinstance(entry.value, Mapping):
            raise _at(self.document, entry.value.span.start, f"{entry.key} is a table")
        return entry.value.entries

    def one_of(self, entry: Entry, known: Iterable[str]) -> str:
        text = self.text(entry)
        if text not in known:
            raise _at(self.document, entry.value.span.start, f"{entry.key} is one of {', '.join(known)}, not {text!r}{_near(text, known)}")
        return text

    def grade(self, entry: Entry, *, off: bool = False) -> Severity | None:
        text = self.one_of(entry, (*GRADES, "off") if off else GRADES)
        return None if text == "off" else Severity(text)

    def parameter(self, entry: Entry) -> tuple[str, str]:
        if entry.key not in NAMES:
            raise _at(self.document, entry.key_span.start, f"unknown parameter {entry.key!r}{_near(entry.key, NAMES)}")
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise _at(self.document, entry.value.span.start, f"{entry.key} is a text or a number")
        try:
            fact_from_text(entry.key, str(value))
        except InputError as error:
            raise _at(self.document, entry.value.span.start, error.message) from None
        return entry.key, str(value)

    def address(self, entry: Entry) -> str:
        text = self.text(entry)
        if not re.fullmatch(r"https?://[^\s<>\"'()]+", text):
            raise _at(self.document, entry.value.span.start, f"{entry.key} is an address that begins with https:// or http://")
        return text

    def file(self, name: str) -> str:
        return str(Path(self.root) / name)


def _text(document: Document, entry: Entry) -> str:
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    if not isinstance(value, str):
        raise _at(document, entry.value.span.start, f"{entry.key} is a text")
    return value


def _within(file: Path, origin: Path) -> bool:
    """Whether a file lies in the repository of another; without a repository anything beside or below it, or a directory up, does."""
    folders = list(origin.resolve().parents)
    top = next((folder for folder in folders if (folder / ".git").exists()), folders[min(1, len(folders) - 1)])
    return file.resolve().is_relative_to(top)


def _near(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 1)
    return f", did you mean {close[0]!r}?" if close else ""


def _at(document: Document, offset: int, message: str) -> InputError:
    line, column = document.position(offset)
    return InputError("usage", message, path=document.path, line=line, column=column)
