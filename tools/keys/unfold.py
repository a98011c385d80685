"""A table as the releases that it was made from: the way back from `fold` and `tree`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from advisor.dialects.releases import Releases, parsed

from .snapshot import Field, Section, Snapshot


def unfolded(table: dict[str, Any]) -> list[Snapshot]:
    """Every release of a table, oldest first."""
    releases = Releases(table["versions"])
    return [_snapshot(table, releases, index) for index in range(len(releases.names))]


def ordered(snapshots: list[Snapshot]) -> list[Snapshot]:
    return sorted(snapshots, key=lambda snapshot: parsed(snapshot.version))


def _snapshot(table: dict[str, Any], releases: Releases, index: int) -> Snapshot:
    sections: dict[str, Section] = {}
    for name, entry in table["sections"].items():
        if releases.has(entry, index):
            module = releases.at(entry["module_history"], index)[1] if "module_history" in entry else None
            fields = dict(_fields(table["nodes"] | table["sections"], entry, releases, index, ""))
            sections[name] = Section(fields, tuple(entry.get("bases", ())), module)
    asked = {name: releases.at(history, index)[1] for name, history in table["requires"].items()}
    return Snapshot(releases.names[index], sections, {name: held for name, held in asked.items() if held is not None})


def _fields(nodes: dict[str, Any], node: dict[str, Any], releases: Releases, index: int, prefix: str) -> Iterator[tuple[str, Field]]:
    for key, entry in node["keys"].items():
        if releases.has(entry, index):
            field = _field(entry, releases, index)
            if field.state != "group":
                yield prefix + key, field
            if "of" in entry:
                yield from _fields(nodes, nodes[entry["of"]], releases, index, f"{prefix}{key}.")


def _field(entry: dict[str, Any], releases: Releases, index: int) -> Field:
    def held(name: str) -> Any:
        history = entry.get(f"{name}_history")
        return releases.at(history, index)[1] if history else entry.get(name)

    stated = list(releases.at(entry["default_history"], index)[1:]) if "default_history" in entry else [entry.get("default")]
    reason: Any = entry.get("no_default") or (stated[1] if len(stated) > 1 else "value")
    state: Literal["value", "required", "computed", "group"] = reason
    choices = held("choices")
    outdated = tuple(value for value, *when in entry.get("deprecated_values", ()) if releases.within(when, index))
    marked = releases.within(entry.get("deprecated"), index)
    return Field(
        held("type") or type(stated[0]).__name__,
        stated[0],
        state,
        tuple(choices) if choices else None,
        marked,
        outdated,
        entry.get("plugin"),
    )
