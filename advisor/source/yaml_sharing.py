"""Anchors, aliases and merge keys: values that stand once in a YAML text and count in several places."""

from __future__ import annotations

from typing import Literal

from advisor.errors import InputError
from advisor.source.document import Entry, Mapping, Node, Scalar, Sequence
from advisor.source.limits import DEPTH, SHARED_NODES, too_deep
from advisor.source.yaml_events import Event

Sharer = Literal["alias", "merge"]


class Sharing:
    """The anchors of one YAML document. Every entry reached through an alias or a merge key, or anchored for one, comes out marked."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._anchors: dict[str, Node | None] = {}
        self._shared: dict[int, Node] = {}
        self._budget = SHARED_NODES

    def opened(self, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = None

    def anchored(self, anchor: str, node: Node) -> None:
        self._anchors[anchor] = node

    def alias(self, event: Event, depth: int) -> Node:
        """The value that an alias stands for, its entries marked. Raises InputError: no such anchor, an endless or overlong expansion."""
        if event.anchor not in self._anchors:
            raise self._error(event, f"the alias *{event.anchor} names no anchor (&{event.anchor}) above it")
        node = self._anchors[event.anchor]
        if node is None:
            raise self._error(event, f"the alias *{event.anchor} stands inside the value that it repeats")
        self._shared[id(node)] = node
        copy = self._copy(node, "alias", event, depth)
        self._shared[id(copy)] = copy
        return copy

    def merge(self, node: Node, event: Event, depth: int) -> list[Entry]:
        """The entries that a merge key brings in; among several mappings the first wins. Raises InputError for anything but mappings."""
        sources = node.items if isinstance(node, Sequence) else (node,)
        entries: dict[str, Entry] = {}
        for source in sources:
            if not isinstance(source, Mapping):
                raise self._error(event, "a merge key (<<) takes a mapping or a list of mappings, and this is neither")
            copy = self._copy(source, "merge", event, depth)
            assert isinstance(copy, Mapping)
            for entry in copy.entries:
                entries.setdefault(entry.key, entry)
        return list(entries.values())

    def mark_anchors(self, root: Node) -> Node:
        """Marks the values that stand in their own place and are repeated elsewhere: changing them would change the other places too."""
        return self._mark(root) if self._shared else root

    def _copy(self, node: Node, sharer: Sharer, event: Event, depth: int) -> Node:
        self._budget -= 1
        if self._budget < 0:
            raise self._error(event, f"aliases and merge keys expand to more than {SHARED_NODES:,} values", "too-large")
        if isinstance(node, (Mapping, Sequence)) and depth > DEPTH:
            raise too_deep(self.path, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(node, Mapping):
            return node._replace(
                entries=tuple(
                    entry._replace(value=self._copy(entry.value, sharer, event, depth + 1), shared=sharer) for entry in node.entries
                ),
            )
        if isinstance(node, Sequence):
            return node._replace(items=tuple(self._copy(item, sharer, event, depth + 1) for item in node.items))
        return node

    def _mark(self, node: Node) -> Node:
        if isinstance(node, Mapping):
            return node._replace(entries=tuple(self._marked(entry) for entry in node.entries))
        if isinstance(node, Sequence):
            return node._replace(items=tuple(_everything(item) if id(item) in self._shared else self._mark(item) for item in node.items))
        return node

    def _marked(self, entry: Entry) -> Entry:
        if entry.shared is not None:
            return entry
        if self._holds_shared(entry.value):
            return entry._replace(value=_everything(entry.value), shared="alias")
        return entry._replace(value=self._mark(entry.value))

    def _holds_shared(self, node: Node) -> bool:
        if id(node) in self._shared:
            return True
        return isinstance(node, Sequence) and any(isinstance(item, (Scalar, Sequence)) and self._holds_shared(item) for item in node.items)

    def _error(self, event: Event, message: str, kind: Literal["syntax", "too-large"] = "syntax") -> InputError:
        return InputError(kind, message, path=self.path, line=event.start_mark.line + 1, column=event.start_mark.column + 1)


def _everything(node: Node) -> Node:
    if isinstance(node, Mapping):
        return node._replace(
            entries=tuple(entry._replace(value=_everything(entry.value), shared=entry.shared or "alias") for entry in node.entries),
        )
    if isinstance(node, Sequence):
        return node._replace(items=tuple(_everything(item) for item in node.items))
    return node
