"""A fact: a canonical value with its origin. Unknown is not absent, and absent is not wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from advisor.configuration.catalogue import Value
from advisor.expression import ABSENT, UNKNOWN, Nothing
from advisor.source.document import Document, Entry, Node

Origin = Literal["file", "comment", "option", "default", "derived", "unknown"]


class Place(NamedTuple):
    """Where a fact is written: the document, the native key as written there, and the entry that holds the value."""

    document: Document
    key: str
    entry: Entry
    node: Node


class Fact(NamedTuple):
    """One canonical value. `value` is None for origin `unknown` and for an explicit null, which switches the default off."""

    name: str
    value: Value | None
    origin: Origin
    place: Place | None = None
    note: str | None = None
    """What it was derived from, which default it is, or why it is unknown."""
    scale: float = 1.0
    """Canonical value per native value, where the two differ (a SimPO gamma written as gamma / beta)."""


@dataclass(frozen=True)
class Facts(Mapping[str, Fact]):
    """All facts of one run by canonical name."""

    by_name: Mapping[str, Fact] = field(default_factory=dict)
    open_ended: bool = False
    """A parent file is not there, so that what is not among the facts is unknown and not absent."""

    def __getitem__(self, name: str) -> Fact:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    def lookup(self, name: str) -> Value | Nothing:
        """What the rule language sees: the value, UNKNOWN, or ABSENT."""
        fact = self.by_name.get(name)
        if fact is None:
            return UNKNOWN if self.open_ended else ABSENT
        if fact.origin == "unknown":
            return UNKNOWN
        return ABSENT if fact.value is None else fact.value

    def with_values(self, changes: Mapping[str, Fact]) -> Facts:
        return Facts({**self.by_name, **changes}, self.open_ended)
