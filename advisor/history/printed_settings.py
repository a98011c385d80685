"""The resolved configuration that a run prints when it starts, as a nested Python dictionary over many lines (verl does so)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from advisor.history.history import Value

LONGEST = 1 << 18
MOST_LINES = 4000
DEEPEST = 40
"""Nesting and size beyond these are no configuration, and are not handed to the parser."""
FOREIGN = 50
"""Lines of the same process in between, as warnings are, after which the end of the dictionary is no longer waited for."""

_ACTOR = re.compile(r"^\(\w[\w.:() ]{0,60}pid=\d+[^)]{0,60}\) ?")
_CONTINUED = re.compile(r"""\s+(?:['"\[{(]|[-+]?[\d.]+\s*[,\]}]|(?:None|True|False|nan|inf)\s*[,\]}])""")
_LITERAL = re.compile(
    r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[\[\](){},:]|\s+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])|(?:None|True|False)\b"""
)
_TOKENS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[\[{(]|[\]})]")


@dataclass(slots=True)
class PrintedSettings:
    """Takes the lines of a console. Lines of other processes in between belong to nobody here and are given back."""

    starts: tuple[str, ...]
    """First keys by which such a dictionary is known."""
    values: dict[str, Value] = field(default_factory=dict)
    """The scalars by dotted key; of several dictionaries the later counts."""
    _lines: list[str] = field(default_factory=list)
    _actor: str = ""
    _depth: int = 0
    _size: int = 0
    _foreign: int = 0

    def line(self, line: str) -> bool:
        """Take a line; True where it belongs to a dictionary of settings."""
        match = _ACTOR.match(line)
        actor = match[0] if match else ""
        text = line[len(actor) :].rstrip()
        if not self._lines:
            if not text.startswith(("{'", '{"')) or text[2:].split(text[1], 1)[0] not in self.starts:
                return False
            self._actor = actor
        elif actor != self._actor:
            return False
        elif not _CONTINUED.match(text):
            self._foreign += 1
            if self._foreign > FOREIGN:
                self._forget()
            return False
        self._lines.append(text)
        self._size += len(text)
        self._depth += sum(1 if token in "[{(" else -1 if token in "]})" else 0 for token in _TOKENS.findall(text))
        if self._depth > DEEPEST or self._size > LONGEST or len(self._lines) > MOST_LINES:
            self._forget()
        elif self._depth <= 0:
            self._close()
        return True

    def _close(self) -> None:
        text = "\n".join(self._lines)
        try:
            read = ast.literal_eval(text) if _is_literal(text) else None
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            read = None
        if isinstance(read, dict):
            self.values.update(_scalars(read, ""))
        self._forget()

    def _forget(self) -> None:
        self._lines, self._depth, self._size, self._foreign = [], 0, 0, 0


def _is_literal(text: str) -> bool:
    """Whether a text is made of texts, numbers, constants and brackets alone.

    Python's parser builds a tree of any expression before `literal_eval` refuses it, and deep operators have brought it down (3.10).
    """
    place, before = 0, ""
    for match in _LITERAL.finditer(text):
        token = match[0]
        if match.start() != place or (token[0] in "+-" and before not in ("{", "[", "(", ",", ":")):
            return False
        place = match.end()
        if not token.isspace():
            before = token
    return place == len(text)


def _scalars(settings: Mapping[object, object], prefix: str) -> Iterator[tuple[str, Value]]:
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _scalars(value, f"{name}.")
        elif isinstance(value, (bool, int, float, str)):
            yield name, value
