"""Dotted paths as nested nodes, equal nodes stored once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .fold import Life, Presence, folded
from .snapshot import Field, Snapshot

Paths = Mapping[str, Presence]
CONTAINER = Field("dict", None, "group")
"""Stands for a mapping that holds keys and has no declaration of its own."""


class Node:
    """The keys below one place: what each is over time, and the node below it."""

    def __init__(self, name: str, paths: Paths, life: Life) -> None:
        self.name = name
        self.life = life
        self.paths = paths
        self.keys: dict[str, dict[str, Any]] = {}

    def covers(self, paths: Paths, life: Life) -> bool:
        """Whether this node says the same of every release in which the other is there; then it can stand for it."""
        if life[0] < self.life[0] or life[1] > self.life[1]:
            return False
        window = range(*life)
        for path in self.paths.keys() | paths.keys():
            mine, other = self.paths.get(path), paths.get(path)
            if any((mine[index] if mine else None) != (other[index] if other else None) for index in window):
                return False
        return True


class Forest:
    """All nodes of a table; a section that equals a part of another one is stored as a reference to it."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._snapshots = snapshots
        self._versions = [snapshot.version for snapshot in snapshots]
        self._nowhere: Presence = [None] * len(snapshots)
        self.nodes: dict[str, Node] = {}
        self.sections: dict[str, Node] = {}

    def plant(self) -> None:
        """Builds every section, the longest-lived first: only a node that lives as long can stand for another."""
        names = dict.fromkeys(name for snapshot in self._snapshots for name in snapshot.sections)
        lives = {name: self._life(name) for name in names}
        for name in sorted(names, key=lambda name: (lives[name][0] - lives[name][1], name)):
            self.sections[name] = self._grow(name, self._presence(name), lives[name])

    def _life(self, name: str) -> Life:
        there = [index for index, snapshot in enumerate(self._snapshots) if name in snapshot.sections]
        return there[0], there[-1] + 1

    def _presence(self, name: str) -> dict[str, list[Field | None]]:
        paths: dict[str, list[Field | None]] = {}
        for index, snapshot in enumerate(self._snapshots):
            section = snapshot.sections.get(name)
            for path, field in section.fields.items() if section else ():
                paths.setdefault(path.replace("[]", ""), [None] * len(self._snapshots))[index] = field
        return paths

    def _grow(self, name: str, paths: Paths, life: Life) -> Node:
        node = Node(name, paths, life)
        self.nodes[name] = node
        heads: dict[str, dict[str, Presence]] = {}
        for path, presence in paths.items():
            head, _, rest = path.partition(".")
            heads.setdefault(head, {})[rest] = presence
        for head, below in sorted(heads.items()):
            own = below.pop("", self._nowhere)
            held = [any(presence[index] for presence in below.values()) for index in range(len(self._versions))]
            presence = [given or (CONTAINER if holds else None) for given, holds in zip(own, held, strict=True)]
            there = [index for index in range(*life) if presence[index] is not None]
            node.keys[head] = folded(presence, self._versions, life)
            if below:
                node.keys[head]["of"] = self._below(name, head, below, (there[0], there[-1] + 1)).name
        return node

    def _below(self, parent: str, head: str, paths: Paths, life: Life) -> Node:
        for node in self.nodes.values():
            if node.name.rpartition(".")[2] == head and node.covers(paths, life):
                return node
        return self._grow(f"{parent}.{head}", paths, life)
