"""The table of one framework as a JSON file: one key a line, so that a new release makes a readable difference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .fold import changes
from .likeness import shortened, written_out
from .snapshot import Snapshot
from .tree import Forest, Node

FORMAT = 1


def build(snapshots: Sequence[Snapshot], about: dict[str, Any]) -> dict[str, Any]:
    """The table of releases in order, oldest first. `about` holds framework, package, licence and source."""
    forest = Forest(snapshots)
    forest.plant()
    versions = [snapshot.version for snapshot in snapshots]
    asked = sorted({name for snapshot in snapshots for name in snapshot.requires})
    requires = {name: changes([snapshot.requires.get(name) for snapshot in snapshots], versions) for name in asked}
    sections = {name: _section(snapshots, name, node, versions) for name, node in sorted(forest.sections.items())}
    nodes = {name: {"keys": dict(sorted(node.keys.items()))} for name, node in sorted(forest.nodes.items()) if name not in sections}
    return {"format": FORMAT, **about, "versions": versions, "requires": requires, "sections": sections, "nodes": nodes}


def _section(snapshots: Sequence[Snapshot], name: str, node: Node, versions: list[str]) -> dict[str, Any]:
    begin, end = node.life
    there = [snapshot.sections[name] for snapshot in snapshots[begin:end] if name in snapshot.sections]
    entry: dict[str, Any] = {}
    if begin:
        entry["since"] = versions[begin]
    if end < len(versions):
        entry["until"] = versions[end]
    if there[-1].bases:
        entry["bases"] = list(there[-1].bases)
    if there[-1].module:
        entry["module_history"] = changes([section.module for section in there], versions[begin:end])
    return entry | {"keys": dict(sorted(node.keys.items()))}


def write(table: dict[str, Any], path: Path) -> None:
    path.write_text(dumps(table), encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded | {"nodes": written_out(loaded["nodes"])}


def dumps(table: dict[str, Any]) -> str:
    """JSON with a line for each key, each change of the overlay and each other top-level member."""
    short = table | {"nodes": shortened(table["nodes"])}
    members = [f"{json.dumps(name)}: {_member(name, value)}" for name, value in short.items()]
    return "{\n" + ",\n".join(members) + "\n}\n"


def _member(name: str, value: Any) -> str:
    if name in ("sections", "nodes") and value:
        return "{\n" + ",\n".join(_node(inner, node) for inner, node in value.items()) + "\n}"
    if name == "overlay":
        parts = [f'"{part}": {_lines(held)}' for part, held in value.items()]
        return "{\n" + ",\n".join(parts) + "\n}"
    return _line(value)


def _node(name: str, node: dict[str, Any]) -> str:
    head = "".join(f"{json.dumps(part)}: {_line(value)}, " for part, value in node.items() if part != "keys")
    keys = ",\n".join(f"  {json.dumps(key)}: {_line(entry)}" for key, entry in node["keys"].items())
    return f' {json.dumps(name)}: {{{head}"keys": {{\n{keys}}}}}'


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f" {_line(item)}" for item in value) + "]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f" {json.dumps(key)}: {_line(item)}" for key, item in value.items()) + "}"
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
