"""Where a framework declares a key: the tables of `schemas/keys/` as they are written, walked by section and dotted path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from advisor.dialects.releases import Releases
from advisor.errors import InputError
from advisor.resources import data

Versions = str | Mapping[str, str] | None
"""A version of the table's own framework, versions by framework, or None for the newest."""
Entry = dict[str, Any]
"""One key as `schemas/keys/README.md` describes it."""
_INDEX = re.compile(r"\[[^\]]*\]")
_OPEN = re.compile(r"\b(dict|Any|object|Mapping)\b")
_ANYTHING = re.compile(r"\bdict\[\w+, Any\]")
"""A mapping of anything, of which some names are known from an example."""


class Place(NamedTuple):
    """One declaration of a key: the table and section, and the entries that lead to it, outermost first."""

    table: Declarations
    section: str
    key: str
    chain: tuple[Entry, ...]

    @property
    def entry(self) -> Entry:
        return self.chain[-1]

    def there(self, position: int) -> bool:
        return all(self.table.releases.has(entry, position) for entry in self.chain)

    def last(self, position: int) -> int | None:
        """Index of the last release up to `position` that has the key."""
        return next((index for index in range(position, -1, -1) if self.there(index)), None)

    def held(self, name: str, position: int) -> Any:
        """A property of the entry in a release, from its constant or its history."""
        history = self.entry.get(f"{name}_history")
        return self.table.releases.at(history, position)[1] if history else self.entry.get(name)

    def type(self, position: int) -> str:
        """The type in a release; one that is not written is that of the default."""
        return self.held("type", position) or type(self.entry["default"]).__name__


@cache
def load(framework: str) -> Declarations:
    """The declarations of a framework; read once. Raises `InputError` where there are none."""
    try:
        raw = json.loads(data("schemas", "keys", f"{framework}.json").read_bytes())
    except FileNotFoundError:
        known = sorted(path.stem for path in data("schemas", "keys").glob("*.json"))
        raise InputError("usage", f"no key table for {framework!r}; there are {', '.join(known)}") from None
    return Declarations(raw)


class Declarations:
    """One table. A section named None stands for all sections of the table."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.framework: str = raw["framework"]
        self.releases = Releases(raw["versions"])
        self.requires: dict[str, list[list[Any]]] = raw["requires"]
        self.sections: dict[str, Entry] = raw["sections"]
        self._nodes: dict[str, Entry] = raw["nodes"] | self.sections
        self.overlay: dict[str, Any] = raw["overlay"]
        self.groups: dict[str, list[str]] = self.overlay.get("groups", {})

    def members(self, section: str | None) -> Iterator[tuple[Declarations, str]]:
        """The section, or those of a group, each followed by what it builds on, in whichever table that is."""
        if section is None:
            names: Sequence[str] = tuple(self.sections)
        elif section in self.groups:
            names = self.groups[section]
        elif section in self.sections:
            names = (section,)
        else:
            known = ", ".join([*self.groups, *self.sections])
            raise InputError("usage", f"{self.framework} has no section {section!r}; there are {known}")
        seen: set[tuple[str, str]] = set()
        for name in names:
            for table, member in self._with_bases(name):
                if (table.framework, member) not in seen:
                    seen.add((table.framework, member))
                    yield table, member

    def _with_bases(self, name: str) -> Iterator[tuple[Declarations, str]]:
        yield self, name
        for base in self.sections[name].get("bases", ()):
            framework, _, member = base.rpartition(":")
            yield from (load(framework) if framework else self)._with_bases(member)

    def places(self, section: str | None, key: str) -> list[Place]:
        """Every declaration of a key, the section's own first; empty where it has none in any release."""
        steps = segments(key)
        found = []
        for table, name in self.members(section) if steps else ():
            chain, rest = table.walk(name, steps)
            if not rest:
                found.append(Place(table, name, ".".join(steps), (table.sections[name], *chain)))
        return found

    def walk(self, section: str, steps: Sequence[str]) -> tuple[list[Entry], Sequence[str]]:
        """The entries along a path as far as they are declared, and the steps that are left."""
        node: Entry | None = self.sections[section]
        chain: list[Entry] = []
        for index, step in enumerate(steps):
            keys = self._keys(node) if node else {}
            entry = keys.get(step) or keys.get("*")
            if entry is None:
                return chain, steps[index:]
            chain.append(entry)
            node = self._nodes[entry["of"]] if "of" in entry else None
        return chain, ()

    def below(self, section: str, chain: Sequence[Entry]) -> dict[str, Entry]:
        """The keys at the end of a chain of entries."""
        node = self._nodes[chain[-1]["of"]] if chain and "of" in chain[-1] else None if chain else self.sections[section]
        return self._keys(node) if node else {}

    def _keys(self, node: Entry) -> dict[str, Entry]:
        """The keys of a node; one that is written as its difference from another is completed when first asked for."""
        if "like" in node:
            other = self._nodes[node.pop("like")]["keys"]
            absent = node.pop("without", ())
            node["keys"] = {key: entry for key, entry in other.items() if key not in absent} | node["keys"]
        keys: dict[str, Entry] = node["keys"]
        return keys

    def paths(self, section: str, position: int) -> Iterator[str]:
        """Dotted paths of all keys of one section that a release has; those of a deeper level after their own."""
        yield from self._paths(self.sections[section], position, "")

    def _paths(self, node: Entry, position: int, prefix: str) -> Iterator[str]:
        for key, entry in self._keys(node).items():
            if self.releases.has(entry, position):
                yield prefix + key
                if "of" in entry:
                    yield from self._paths(self._nodes[entry["of"]], position, f"{prefix}{key}.")

    def stated(self, part: str, section: str, key: str) -> Iterator[dict[str, Any]]:
        """What the overlay says of a key in a section, in one of its parts: `changes`, `values` or `derived`.

        An entry that says `below` speaks for the keys inside its own too.
        """
        for item in self.overlay.get(part, ()):
            named = item["key"] == key or ("below" in item and key.startswith(item["key"] + "."))
            if named and ("sections" not in item or section in item["sections"]):
                yield item

    def positions(self, version: Versions) -> dict[str, int]:
        """The release of every framework involved. What is not given is the newest that the table's own release asks for."""
        given = {self.framework: version} if isinstance(version, str) else dict(version or {})
        mine = self.releases.position(given.get(self.framework))
        found = {self.framework: mine}
        for name in {base.partition(":")[0] for entry in self.sections.values() for base in entry.get("bases", ()) if ":" in base}:
            other = load(name)
            asked = self.releases.at(self.requires[name], mine)[1] if name in self.requires else None
            found[name] = other.releases.position(given.get(name) or other.releases.newest(asked))
        return found


def segments(key: str) -> list[str]:
    """The names along a dotted path, list indices left out: `datasets[0].path` gives `datasets` and `path`."""
    return [step for step in _INDEX.sub("", key).split(".") if step and not step.isdigit()]


def is_open(entry: Entry) -> bool:
    """Whether a key holds a mapping whose names are free."""
    history = entry.get("type_history") or [[None, entry.get("type") or type(entry["default"]).__name__]]
    pattern = _ANYTHING if "of" in entry else _OPEN
    return any(pattern.search(name) for _, name in history)
