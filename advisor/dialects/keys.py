"""Which keys a framework's configuration may hold, in which release, of which type, with which default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from advisor.dialects.declarations import Declarations, Place, Versions, is_open, load, segments
from advisor.dialects.key_status import (
    Change,
    Choices,
    Default,
    DefaultChange,
    Deprecated,
    Derived,
    Known,
    NotYet,
    Range,
    Release,
    Removed,
    Renamed,
    Status,
    UnknownKey,
)
from advisor.dialects.releases import Releases

_REPLACED = ("renamed", "removed", "moved", "deprecated")
_SIMILAR = 0.75
"""Similarity from which a key counts as a misspelling of another (`difflib` ratio): `learning_rte` is 0.96 from `learning_rate`."""
_SHOWN = 3


@cache
def load_keys(framework: str) -> KeyTable:
    """The key table of a framework; read once. Raises `InputError` where there is none."""
    return KeyTable(load(framework))


class KeyTable:
    """The keys of one framework.

    `section` is a configuration class, recipe or command of it, a group of those that share a file (`dpo` of TRL: the trainer's class,
    the model's, the script's), or None for all. A key is a dotted path; list indices are ignored. Classes of another framework that a
    section builds on (transformers' arguments under TRL's) count as its own, each at its own version. `version` may be a version of
    this framework, a mapping of versions by framework, or None for the newest. Every method raises `InputError` for a section that the
    table has not and for a malformed version.
    """

    def __init__(self, declarations: Declarations) -> None:
        self._declared = declarations
        self.framework = declarations.framework
        self.versions = declarations.releases.names
        self.sections = tuple(declarations.sections)
        self.groups = declarations.groups

    def section_status(self, section: str, version: Versions = None) -> Known | Removed | NotYet | UnknownKey:
        """Whether a release has the section at all; of a group, its first member. One that no release has is `UnknownKey`."""
        name = self.groups.get(section, [section])[0]
        if name not in self._declared.sections:
            return UnknownKey(())
        position = self._position(version)
        since, until = self._declared.releases.life(self._declared.sections[name])
        if position < since:
            return NotYet(Release(self.framework, self.versions[since]))
        return Known() if position < until else Removed(Release(self.framework, self.versions[until]), self.versions[until - 1], None)

    def module(self, section: str, version: Versions = None) -> str | None:
        """The module that a class is imported from; None for a section that is no class."""
        _, name = next(self._declared.members(section))
        return self._at(self._declared.sections[name].get("module_history"), version)

    def unknown_keys(self, version: Versions = None) -> str | None:
        """What the framework does with a key that it does not know: `error`, `ignored` or `accepted`; None where that was not found out."""
        return self._at(self._declared.overlay.get("unknown_keys"), version)

    def requires(self, framework: str, version: Versions = None) -> str | None:
        """The versions of another framework that a release asks for, as `>=4.56.2`."""
        return self._at(self._declared.requires.get(framework), version)

    def status(self, section: str | None, key: str, version: Versions = None) -> Status:
        """What a release says of a key. A section that the release no longer has is judged as in its last release."""
        positions, places = self._positions(section, version), self._declared.places(section, key)
        there = [place for place in places if place.there(positions[place.table.framework])]
        if there:
            return _present(there, positions)
        gone = [place for place in places if place.last(positions[place.table.framework]) is not None]
        if gone:
            # A key that a base declares is gone when the base drops it; that a class stopped overriding it removed nothing.
            outer = [place for place in gone if place.table is not self._declared] or gone
            return self._gone(section, key, outer[-1], positions)
        if places:
            begun = [max(place.table.releases.life(entry)[0] for entry in place.chain) for place in places]
            return NotYet(Release(places[-1].table.framework, places[-1].table.releases.names[begun[-1]]))
        return self._undeclared(section, key, positions)

    def default(self, section: str | None, key: str, version: Versions = None) -> Default | None:
        """What the key is worth when left out; None where the release has no such key."""
        place, position = self._here(section, key, version)
        if place is None:
            return None
        history = place.entry.get("default_history")
        stated: Sequence[Any] = place.table.releases.at(history, position)[1:] if history else (place.entry.get("default"),)
        if "no_default" in place.entry or len(stated) > 1:
            return Default(None, place.entry.get("no_default") or stated[1])
        sentinel = stated[0] in (None, -1) and place.table.releases.within(place.entry.get("deprecated"), position)
        return Default(stated[0], "unset" if sentinel else "value")

    def type(self, section: str | None, key: str, version: Versions = None) -> str | None:
        """The type as Python writes it (`float | None`); None where the release has no such key."""
        place, position = self._here(section, key, version)
        return None if place is None else place.type(position)

    def choices(self, section: str | None, key: str, version: Versions = None) -> Choices | None:
        """The values that the key takes; None where nothing narrower than its type is known."""
        place, position = self._here(section, key, version)
        if place is None:
            return None
        releases = place.table.releases
        outdated = tuple(value for value, *when in place.entry.get("deprecated_values", ()) if releases.within(when, position))
        for stated in place.table.stated("values", place.section, key):
            taken = tuple(value for value, *when in stated["allowed"] if not when or releases.within(when, position))
            return Choices(taken, stated["checked"], outdated)
        listed = place.held("choices", position)
        return Choices(tuple(listed), "parse", outdated) if listed else None

    def derived(self, section: str | None, key: str, version: Versions = None) -> tuple[Derived, ...]:
        """How the framework works the key out from others when it is left alone, one rule for each value that means "left alone"."""
        place, position = self._here(section, key, version)
        if place is None:
            return ()
        rules = place.table.stated("derived", place.section, key)
        held = [rule for rule in rules if "version" not in rule or place.table.releases.position(rule["version"]) <= position]
        return tuple(Derived(rule["value"], rule.get("given"), rule.get("note"), rule.get("source")) for rule in held)

    def changes(self, section: str | None, key: str) -> tuple[Change, ...]:
        """All that is written down of the key's changes, of default, meaning and values too."""
        found = [_change(raw) for place in self._declared.places(section, key) for raw in place.table.stated("changes", place.section, key)]
        return tuple(change for index, change in enumerate(found) if change not in found[:index])

    def defaults_relied_on(self, section: str | None) -> Iterator[DefaultChange]:
        """The changes of defaults that make a run another one, as the overlays name them, oldest first within a table."""
        for table, name in self._declared.members(section):
            for raw in table.overlay.get("changes", ()):
                if raw.get("relied") and name in raw.get("sections", (name,)) and not table.walk(name, segments(raw["key"]))[1]:
                    releases = table.releases
                    after = releases.position(raw["version"])
                    old, new = (
                        self.default(section, raw["key"], {table.framework: releases.names[position]}) for position in (after - 1, after)
                    )
                    if old is not None and new is not None:
                        yield DefaultChange(raw["key"], Release(table.framework, raw["version"]), old, new, raw.get("note"))

    def keys(self, section: str | None, version: Versions = None) -> Iterator[str]:
        """Dotted paths of all keys that a release has, those of bases included; `*` stands for any name."""
        positions = self._declared.positions(version)
        seen: set[str] = set()
        for table, name in self._declared.members(section):
            if table.releases.has(table.sections[name], positions[table.framework]):
                for path in table.paths(name, positions[table.framework]):
                    if path not in seen:
                        seen.add(path)
                        yield path

    def versions_for(self, section: str | None, keys: Iterable[str]) -> dict[str, Range] | None:
        """The releases that have all of these keys, by framework; None where no release has.

        Keys that no release has say nothing, nor do those that two frameworks declare.
        """
        possible: dict[str, tuple[Releases, set[int]]] = {}
        for table, _ in self._declared.members(section):
            possible.setdefault(table.framework, (table.releases, set(range(len(table.releases.names)))))
        for key in keys:
            places = self._declared.places(section, key)
            if len({place.table.framework for place in places}) == 1:
                releases, held = possible[places[0].table.framework]
                held &= {index for index in range(len(releases.names)) if any(place.there(index) for place in places)}
        if not all(held for _, held in possible.values()):
            return None
        return {name: Range(releases.names[min(held)], releases.names[max(held)]) for name, (releases, held) in possible.items()}

    def _position(self, version: Versions) -> int:
        return self._declared.positions(version)[self.framework]

    def _positions(self, section: str | None, version: Versions) -> dict[str, int]:
        """The releases in question, for a section that they no longer have its last one."""
        positions = self._declared.positions(version)
        if section in self._declared.sections:
            _, until = self._declared.releases.life(self._declared.sections[section])
            positions[self.framework] = min(positions[self.framework], until - 1)
        return positions

    def _at(self, history: Sequence[Sequence[Any]] | None, version: Versions) -> str | None:
        held: str | None = self._declared.releases.at(history, self._position(version))[1] if history else None
        return held

    def _here(self, section: str | None, key: str, version: Versions) -> tuple[Place | None, int]:
        positions = self._declared.positions(version)
        for place in self._declared.places(section, key):
            position = positions[place.table.framework]
            if place.there(position):
                return place, position
        return None, -1

    def _gone(self, section: str | None, key: str, place: Place, positions: dict[str, int]) -> Removed | Renamed:
        names = place.table.releases.names
        last = place.last(positions[place.table.framework])
        assert last is not None
        since = Release(place.table.framework, names[last + 1])
        change = _replacement(place)
        if change and change.kind == "renamed":
            for other in self._declared.places(section, change.new):
                if other.there(positions[other.table.framework]):
                    return Renamed(since, names[last], change)
        return Removed(since, names[last], change)

    def alike(self, section: str | None, key: str, version: Versions = None) -> tuple[str, ...]:
        """Keys of a release that are spelt like one that it has not, nearest first."""
        steps, positions = segments(key), self._positions(section, version)
        near: list[str] = []
        for table, name in self._declared.members(section) if steps else ():
            chain, rest = table.walk(name, steps)
            if rest:
                done = tuple(steps[: len(chain)])
                near += [".".join([*done, other, *rest[1:]]) for other in _alike(table, name, done, rest[0], positions[table.framework])]
        return _nearest(key, list(dict.fromkeys(near)))

    def _undeclared(self, section: str | None, key: str, positions: dict[str, int]) -> Known | UnknownKey:
        """A name inside a mapping that takes any, or else a key that is nowhere, and where else it stands."""
        steps = segments(key)
        inside = set()
        for table, name in self._declared.members(section) if steps else ():
            chain, _ = table.walk(name, steps)
            if chain and is_open(chain[-1]):
                return Known(free=True)
            if table is self._declared:
                inside.add(name)
        return UnknownKey(tuple(self._elsewhere(steps, inside, positions[self.framework])) if steps else ())

    def _elsewhere(self, steps: Sequence[str], inside: set[str], position: int) -> Iterator[str]:
        for name in self.sections:
            chain, rest = self._declared.walk(name, steps)
            if name not in inside and not rest and all(self._declared.releases.has(entry, position) for entry in chain):
                yield name


def _present(there: Sequence[Place], positions: dict[str, int]) -> Known | Deprecated:
    for place in there:
        releases, position = place.table.releases, positions[place.table.framework]
        interval = place.entry.get("deprecated")
        change = _replacement(place)
        if not interval and change and change.version and change.kind != "moved":
            interval = [change.version]
        if interval and releases.within(interval, position):
            return Deprecated(Release(place.table.framework, interval[0]), change)
    place = there[0]
    begun = max(place.table.releases.life(entry)[0] for entry in place.chain)
    since = Release(place.table.framework, place.table.releases.names[begun]) if begun else None
    return Known(since, place.entry.get("plugin"))


def _replacement(place: Place) -> Change | None:
    return next((_change(raw) for raw in place.table.stated("changes", place.section, place.key) if raw["kind"] in _REPLACED), None)


def _change(raw: dict[str, Any]) -> Change:
    fields = {name: value for name, value in raw.items() if name not in ("sections", "values", "below")}
    return Change(**fields, values=tuple((old, new) for old, new in raw.get("values", ())))


@lru_cache(maxsize=4096)
def _alike(table: Declarations, section: str, above: tuple[str, ...], word: str, position: int) -> tuple[str, ...]:
    """Keys of one level that are spelt like a word. Remembered: the items of a list ask the same question once for each."""
    chain, _ = table.walk(section, above)
    level = table.below(section, chain).items()
    return _nearest(word, [other for other, entry in level if table.releases.has(entry, position)])


def _nearest(word: str, candidates: Sequence[str]) -> tuple[str, ...]:
    """Candidates spelt like a word, nearest first; hyphens and capitals do not count."""
    import difflib

    plain = {candidate.lower().replace("-", "_"): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.lower().replace("-", "_"), plain, _SHOWN, _SIMILAR)
    return tuple(plain[name] for name in found)
