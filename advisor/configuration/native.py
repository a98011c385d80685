"""A run's keys as its files give them: several documents and overrides merged, looked up under the dialect's prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache, cached_property, lru_cache

from advisor.configuration.fact import Place
from advisor.configuration.names import methods
from advisor.source.document import Document
from advisor.source.document import Mapping as Section


@dataclass(frozen=True)
class Native:
    places: Mapping[str, Place]
    """Dotted key -> where it stands, sections included."""
    documents: Sequence[Document]
    prefixes: tuple[str, ...] = field(default=())
    """The prefixes that this run uses. Where there are any, a word without a dot that stands alone is a constant and no setting."""
    _matched: dict[str, tuple[Place, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Patterns already looked for: tables ask for the same ones again and again."""

    def under(self, groups: Sequence[tuple[str, ...]]) -> Native:
        """The same keys read under prefixes: of each group the first that the run has."""
        present = (next((prefix for prefix in group if prefix[:-1] in self.places), None) for group in groups)
        return Native(self.places, self.documents, tuple(prefix for prefix in present if prefix is not None))

    def find(self, key: str) -> Place | None:
        """The value at a key, under one of the prefixes (`DPOConfig.`) or directly; the first where `*` makes it a pattern."""
        if "*" in key:
            return next(self.matching(key), None)
        for prefix in self.prefixes:
            place = self.places.get(prefix + key)
            if place is not None:
                return place
        return self.places.get(key) if "." in key or not self.prefixes else None

    def depth_of(self, key: str) -> int:
        """How many of the sections that a dotted key stands in are there, counted from the outermost."""
        sections = list(_above(key))
        absent = (
            depth for depth, section in enumerate(sections) if not any(prefix + section in self.sections for prefix in (*self.prefixes, ""))
        )
        return next(absent, len(sections))

    def has(self, key: str) -> bool:
        """Whether a key is there; `*` stands for any run of characters."""
        return any(True for _ in self.matching(key))

    def matching(self, pattern: str) -> Iterator[Place]:
        """The places of all keys of a pattern, lower and upper case alike."""
        if "*" not in pattern:
            place = self.find(pattern)
            if place is not None:
                yield place
            return
        if pattern not in self._matched:
            self._matched[pattern] = tuple(self.places[name] for name in _of_pattern(pattern, tuple(self.places), self.prefixes))
        yield from self._matched[pattern]

    def unprefixed(self, key: str) -> str:
        return _unprefixed(key, self.prefixes)

    @cached_property
    def sections(self) -> frozenset[str]:
        """The sections and lists that keys stand in, also where overrides name them only on the way to a value."""
        return frozenset(section for key in self.places for section in _above(key))

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Keys that hold a value and not a section."""
        return tuple(key for key, place in self.places.items() if not isinstance(place.node, Section))

    @cached_property
    def last_words(self) -> frozenset[str]:
        """The last parts of all keys that hold a value, in lower case with underscores."""
        return frozenset(key.rpartition(".")[2].replace("-", "_").lower() for key in self.leaves)

    def calls(self, pattern: str) -> bool:
        matches = _pattern(pattern).match
        return any(matches(name) for document in self.documents for name in document.calls)

    def mentions(self, words: str) -> bool:
        """Whether the words stand in the text, in either case."""
        return any(words in text for text in self._lowered)

    @cached_property
    def _lowered(self) -> tuple[str, ...]:
        return tuple(document.text.lower() for document in self.documents)

    @cached_property
    def path_words(self) -> frozenset[str]:
        """The words of the first document's path, in which people name the method: `recipes/zephyr/dpo/config_full.yaml`."""
        if not self.documents:
            return frozenset()
        parts = [frozenset(re.split(r"[^a-z0-9]+", part)) for part in re.split(r"[\\/]", self.documents[0].path.lower())[-3:]]
        words: frozenset[str] = frozenset()
        for part in reversed(parts):
            # A method named nearer to the file counts: `SimPO/training_configs/llama-3-8b-base-sft.yaml` is none of SimPO.
            words |= part - methods() if not words.isdisjoint(methods()) else part
        return words - {""}


def _unprefixed(key: str, prefixes: tuple[str, ...]) -> str:
    for prefix in prefixes:
        if key.startswith(prefix):
            return key[len(prefix) :]
    return key


@lru_cache(1024)
def _of_pattern(pattern: str, keys: tuple[str, ...], prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a pattern. The files of a sweep have the same keys."""
    matches = _pattern(pattern).match
    return tuple(key for key in keys if matches(_unprefixed(key, prefixes)))


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern), re.IGNORECASE)


def merged(documents: Sequence[Document], parents: Sequence[Document] = ()) -> Native:
    """The keys of several documents; what a later one says replaces what an earlier one, or a parent, said.

    Sections are joined key by key; a list or a single value replaces whatever stood at its key, as OmegaConf merges.
    """
    places: dict[str, Place] = {}
    for document in (*parents, *documents):
        replaced = {key for key, value in document.values.items() if not isinstance(value.node, Section)} if places else set()
        for key in [key for key in places if any(above in replaced for above in _above(key))]:
            del places[key]
        for key, value in document.values.items():
            places[key] = Place(document, key, value.entry, value.node)
    return Native(places, tuple(documents))


def _above(key: str) -> Iterator[str]:
    """The keys of the sections and lists that a dotted key stands in."""
    end = key.find(".")
    while end >= 0:
        yield key[:end]
        end = key.find(".", end + 1)
