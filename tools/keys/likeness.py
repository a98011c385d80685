"""Nodes that differ in a few keys: written as the difference, read as if written out."""

from __future__ import annotations

import json
from typing import Any

Nodes = dict[str, dict[str, Any]]


def shortened(nodes: Nodes) -> Nodes:
    """Each node as its difference from the most similar one of the same last name, where that is shorter.

    `like` names that node, `keys` holds what differs, `without` what the other one has and this one has not.
    """
    written: Nodes = {}
    for name in sorted(nodes, key=lambda name: (-len(nodes[name]["keys"]), name)):
        others = [other for other in written if other.rpartition(".")[2] == name.rpartition(".")[2] and "like" not in written[other]]
        choices = [_difference(nodes[name], nodes[other], other) for other in others]
        written[name] = min([nodes[name], *choices], key=lambda node: len(json.dumps(node)))
    return dict(sorted(written.items()))


def _difference(node: dict[str, Any], other: dict[str, Any], name: str) -> dict[str, Any]:
    mine, theirs = node["keys"], other["keys"]
    without = sorted(theirs.keys() - mine.keys())
    differing = {key: entry for key, entry in mine.items() if theirs.get(key) != entry}
    return {"like": name, **({"without": without} if without else {}), "keys": differing}


def written_out(nodes: Nodes) -> Nodes:
    """The nodes as they were before `shortened`."""
    full: Nodes = {}
    for name, node in nodes.items():
        base = (
            {key: entry for key, entry in nodes[node["like"]]["keys"].items() if key not in node.get("without", ())}
            if "like" in node
            else {}
        )
        full[name] = {"keys": dict(sorted((base | node["keys"]).items()))}
    return full
