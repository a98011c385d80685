"""The hand-made part of a table: read from YAML, checked against what was extracted, and put in as it is needed at run time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .table import read

KINDS: dict[str, set[str]] = {
    "renamed": {"new", "safe", "values", "version"},
    "removed": {"instead", "drop", "version"},
    "moved": {"safe"},
    "deprecated": {"instead", "version"},
    "value": {"value", "new", "safe", "version"},
    "default": {"version", "relied"},
    "meaning": {"version"},
}
COMMON = {"kind", "key", "sections", "below", "note", "source"}
NEEDED: dict[str, set[str]] = {
    "renamed": {"new"},
    "deprecated": {"version"},
    "value": {"value"},
    "default": {"version"},
    "meaning": {"version"},
}
CHECKED = ("parse", "start", "step", "never")
PARTS = ("framework", "groups", "unknown_keys", "renames", "changes", "values", "derived")


class OverlayError(ValueError):
    """An overlay that says what the table denies. The message names the entry."""


def compiled(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """The overlay as the JSON table holds it; empty where there is no file. Raises `OverlayError` where it contradicts the table."""
    if not path.exists():
        return {}
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    if unknown := given.keys() - set(PARTS):
        raise OverlayError(f"{path.name}: unknown parts {sorted(unknown)}")
    check = Check(table, path.parent.parent)
    made: dict[str, Any] = {part: given[part] for part in ("groups", "unknown_keys") if part in given}
    for members in made.get("groups", {}).values():
        check.sections(members, "groups")
    if "unknown_keys" in made:
        made["unknown_keys"] = [[None if version is None else str(version), what] for version, what in made["unknown_keys"]]
    listed = [*given.get("changes", []), *(item for table in given.get("renames", []) for item in check.renames(dict(table)))]
    made["changes"] = [check.change(dict(item)) for item in listed]
    made["values"] = [check.value(dict(item)) for item in given.get("values", [])]
    made["derived"] = [check.derived(dict(item)) for item in given.get("derived", [])]
    return made


class Check:
    """One table, asked whether what the overlay says can be true."""

    def __init__(self, table: dict[str, Any], folder: Path) -> None:
        self._table = table
        self._tables = {table["framework"]: table}
        self._folder = folder

    def renames(self, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A change for each pair of `keys`, in those of the sections that have the old key."""
        common: dict[str, Any] = {name: item[name] for name in ("safe", "note", "source") if name in item}
        for old, new in item["keys"].items():
            sections = [name for name in item["sections"] if self._find(self._table, name, old)]
            yield {"kind": "renamed", "key": old, "new": new, "sections": sections, **common}
            for name in sections:
                if self._entry(self._table, name, old).get("until") != item["version"]:
                    raise OverlayError(f"{old}: {name} does not lose it in {item['version']}")

    def change(self, item: dict[str, Any]) -> dict[str, Any]:
        kind = item["kind"]
        if kind not in KINDS or item.keys() - COMMON - KINDS[kind] or NEEDED.get(kind, set()) - item.keys():
            raise OverlayError(f"{item}: kind or fields are not as tools/keys/overlay.py has them")
        self._placed(item)
        for name in self._sections_of(item):
            self._change_in(item, name)
        self._version(item)
        return item

    def _change_in(self, item: dict[str, Any], name: str) -> None:
        entry = self._entry(self._table, name, item["key"])
        if item["kind"] in ("renamed", "removed") and "version" not in item and not entry.keys() & {"until", "deprecated"}:
            raise OverlayError(f"{item}: {name} still has the key, with no warning")
        if item["kind"] == "default" and item.get("sections") and item["version"] not in _begins(entry):
            raise OverlayError(f"{item}: the default of {name} does not change in {item['version']}")
        if item["kind"] == "renamed" and not self._has(name, item["new"]):
            raise OverlayError(f"{item}: {name} has no key {item['new']}")
        if "instead" in item and not any(self._has(section, item["instead"]) for section in self._table["sections"]):
            raise OverlayError(f"{item}: no section has a key {item['instead']}")

    def value(self, item: dict[str, Any]) -> dict[str, Any]:
        if item["checked"] not in CHECKED:
            raise OverlayError(f"{item}: checked is none of {CHECKED}")
        self._placed(item)
        self._version(item)
        allowed = [[value, *(None if version is None else str(version) for version in when)] for value, when in item["allowed"].items()]
        for version in (version for _, *when in allowed for version in when if version is not None):
            self._known(version, item)
        return item | {"allowed": allowed}

    def derived(self, item: dict[str, Any]) -> dict[str, Any]:
        self._placed(item)
        self._version(item)
        return item

    def sections(self, names: list[str], where: object) -> None:
        if missing := [name for name in names if name not in self._table["sections"]]:
            raise OverlayError(f"{where}: no sections {missing}")

    def _placed(self, item: dict[str, Any]) -> None:
        self.sections(item.get("sections", []), item)
        if not self._sections_of(item):
            raise OverlayError(f"{item}: no section has the key")
        for name in self._sections_of(item):
            self._entry(self._table, name, item["key"])

    def _sections_of(self, item: dict[str, Any]) -> list[str]:
        return item.get("sections") or [name for name in self._table["sections"] if self._find(self._table, name, item["key"])]

    def _version(self, item: dict[str, Any]) -> None:
        if "version" in item:
            item["version"] = str(item["version"])
            self._known(item["version"], item)

    def _known(self, version: str, item: dict[str, Any]) -> None:
        if version not in self._table["versions"]:
            raise OverlayError(f"{item}: {version} is not among the releases of the table")

    def _entry(self, table: dict[str, Any], section: str, key: str) -> dict[str, Any]:
        entry = self._find(table, section, key)
        if entry is None:
            raise OverlayError(f"{section} has no key {key}")
        return entry

    def _find(self, table: dict[str, Any], section: str, key: str) -> dict[str, Any] | None:
        nodes = table["nodes"] | table["sections"]
        node: dict[str, Any] | None = table["sections"][section]
        entry: dict[str, Any] | None = None
        for step in key.split("."):
            entry = node["keys"].get(step) if node else None
            if entry is None:
                return None
            node = nodes[entry["of"]] if "of" in entry else None
        return entry

    def _has(self, section: str, key: str, table: dict[str, Any] | None = None) -> bool:
        """Whether a section or one that it builds on has a key, in this table or in another one."""
        table = table or self._table
        if self._find(table, section, key):
            return True
        for base in table["sections"][section].get("bases", ()):
            framework, _, name = base.rpartition(":")
            if self._has(name, key, self._other(framework) if framework else table):
                return True
        return False

    def _other(self, framework: str) -> dict[str, Any]:
        if framework not in self._tables:
            self._tables[framework] = read(self._folder / f"{framework}.json")
        return self._tables[framework]


def _begins(entry: dict[str, Any]) -> list[str]:
    """The releases in which the default may be said to change: where it changes, and where a class begins to override it."""
    return [change[0] for change in entry.get("default_history", ())] + [entry.get("since", "")]
