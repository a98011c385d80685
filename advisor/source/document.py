"""What every reader produces: one text, and the tree of values written in it, each with the exact place where it stands."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

Format = Literal["yaml", "json", "toml", "python", "shell", "mapping"]
Atom = bool | int | float | str | None


class Span(NamedTuple):
    """A range of code points in `Document.text`; the end is exclusive."""

    start: int
    end: int


class Position(NamedTuple):
    """A place as editors count: line and column start at 1, a column is a code point."""

    line: int
    column: int


class Scalar(NamedTuple):
    """One value. The span covers it as written, quotes included, without anchor, tag or comment."""

    span: Span
    value: Atom
    """What the format's newest standard reads: YAML 1.2 core schema (and `1_000`, as its loaders do), JSON, TOML, a Python literal."""
    legacy: Atom
    """What YAML 1.1 (PyYAML) reads; equal to `value` in every other format. `5e-7` is 5e-07 in 1.2 and a string here."""
    style: Literal["plain", "single", "double", "block", "literal"]
    """`plain`, a quoted or a block YAML scalar; `literal` in formats without that choice."""


class Unresolved(NamedTuple):
    """A value that the text does not hold: an expression, a variable, a call. Unknown, which is not the same as absent."""

    span: Span
    text: str
    reason: str


class Sequence(NamedTuple):
    span: Span
    items: tuple[Node, ...]
    flow: bool


class Entry(NamedTuple):
    """A key and its value."""

    key: str
    key_span: Span
    value: Node
    shared: Literal["alias", "merge", "computed"] | None = None
    """Why the value may not be edited here: an alias or a merge key uses it in other places too, or it is the result of arithmetic."""
    default: bool = False
    """The value holds only where the caller's environment does not set another: `${LR:-1e-6}`."""


class Mapping(NamedTuple):
    span: Span
    entries: tuple[Entry, ...]
    flow: bool
    """No line can be inserted between the entries: they stand between braces (YAML flow, JSON, a TOML inline table), on one line (the
    arguments of a call or a command), or below no header of their own (`a.b = 1` in TOML)."""


Node = Scalar | Unresolved | Sequence | Mapping


class Comment(NamedTuple):
    """A comment from its marker (`#`) to the end of the line."""

    span: Span
    text: str


class Duplicate(NamedTuple):
    """A key written twice in one mapping. The last one counts, as in PyYAML, TOML-free formats and argparse."""

    path: tuple[str, ...]
    first: Span
    last: Span


class Value(NamedTuple):
    """One leaf of the tree with the way to it. Sequence items are named by their index."""

    path: tuple[str, ...]
    entry: Entry
    """The innermost mapping entry on the way: the key that an editor would jump to."""
    node: Scalar | Unresolved | Sequence | Mapping

    @property
    def key(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True)
class Document:
    path: str
    format: Format
    text: str
    """Decoded, without a byte-order mark, newlines as they were written."""
    root: Mapping
    comments: tuple[Comment, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    bom: bool = False
    calls: tuple[str, ...] = ()
    """Names called in a Python file, programs and scripts run by a shell script: what dialects are recognised by besides keys."""
    warnings: tuple[str, ...] = field(default=())
    """What the reader could not use, in words for the person who wrote the file."""

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        text = self.text
        position = text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = text.find("\n", position + 1)
        return starts

    def __getstate__(self) -> dict[str, object]:
        """What is sent to another process: what was read, without what is computed from it when asked for."""
        return {name: value for name, value in self.__dict__.items() if name in self.__dataclass_fields__}

    def __repr__(self) -> str:
        return f"Document({self.path!r}, {self.format})"

    def position(self, offset: int) -> Position:
        line = bisect.bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line_span(self, offset: int) -> Span:
        """The line that holds an offset, without its newline."""
        line = bisect.bisect_right(self._line_starts, offset)
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return Span(start, end)

    @cached_property
    def values(self) -> dict[str, Value]:
        """Every entry by its dotted key: leaves, and the mappings and sequences that hold them. Later duplicates win."""
        found: dict[str, Value] = {}
        _gather(self.root, (), "", None, found)
        return found


def _gather(node: Mapping | Sequence, path: tuple[str, ...], prefix: str, entry: Entry | None, found: dict[str, Value]) -> None:
    """Put what stands in a node into `found`, which is quicker than to pass every value up from level to level."""
    if isinstance(node, Mapping):
        for child in node.entries:
            key, value = child.key, child.value
            here = (*path, key)
            found[prefix + key] = Value(here, child, value)
            if isinstance(value, (Mapping, Sequence)):
                _gather(value, here, f"{prefix}{key}.", child, found)
    elif entry is not None:
        for index, item in enumerate(node.items):
            if isinstance(item, (Mapping, Sequence)):
                _gather(item, (*path, str(index)), f"{prefix}{index}.", entry, found)
