"""Hand-made configurations: keys read by their last words, with the sections around them deciding whose values they are.

`training.learning_rate` is the run's rate; `teacher.temperature` and `evaluation.reward_threshold` are somebody else's, whatever their
last word. The words stand in the dialect's table (`aliases`, `sections`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from functools import cache

from advisor.configuration.catalogue import Declared, catalogue
from advisor.configuration.fact import Place
from advisor.configuration.native import Native
from advisor.dialects.interpretation import interpret
from advisor.dialects.table import Alias, Meaning, Table, load_table
from advisor.source.document import Node, Scalar, Sequence

LONGEST = 3
"""Words of an alias: `lora.r` has two."""
EVALUATED = ("upkeep.eval", "batch.eval")
"""Names that belong into sections about evaluation, where all else concerns the evaluation alone."""

Holds = Callable[[Meaning, Node], bool]


def aliased(table: Table, native: Native, method: str | None, used: Set[str], holds: Holds) -> Iterator[tuple[Place, Meaning]]:
    """The keys that the table's aliases read, with what they mean; of several keys for one name the likeliest.

    A key in a section of the run's own method comes first, then one in a training section, then a bare one, then others. A value of
    another kind than the name's is no candidate: `kl_penalty: kl` names an estimator and is no weight.
    """
    if not table.aliases:
        return
    best: dict[str, tuple[tuple[float, ...], Place, Meaning]] = {}
    for order, key in enumerate(native.leaves):
        if key in used:
            continue
        parts = [_normal(part) for part in native.unprefixed(key).split(".")]
        for alias in _meant(table.dialect, parts, method):
            name = alias.meaning.name
            sections = parts[: -len(alias.words)]
            rank = _rank(table, sections, method, name)
            node = _item(native.places[key].node, alias.item)
            if rank is None or node is None or not holds(alias.meaning, node) or not _fits(node, catalogue()[name], alias.meaning):
                continue
            empty = isinstance(node, Scalar) and node.value is None
            candidate = (empty, rank, -len(alias.words), alias.position, len(sections), order)
            if name not in best or candidate < best[name][0]:
                best[name] = (candidate, native.places[key]._replace(node=node), alias.meaning)
    for _, place, meaning in best.values():
        yield place, meaning


def _meant(dialect: str, parts: list[str], method: str | None) -> Iterator[Alias]:
    """The aliases of a key for the method, of as many words as possible."""
    index = _index(dialect)
    for words in range(min(LONGEST, len(parts)), 0, -1):
        found = [alias for alias in index.get(tuple(parts[-words:]), ()) if _concerns(alias, method)]
        if found:
            yield from found
            return


def _concerns(alias: Alias, method: str | None) -> bool:
    methods = alias.methods or catalogue()[alias.meaning.name].methods
    return methods is None or method in methods


@cache
def _index(dialect: str) -> dict[tuple[str, ...], list[Alias]]:
    index: dict[tuple[str, ...], list[Alias]] = {}
    for alias in load_table(dialect).aliases:
        index.setdefault(tuple(_normal(word) for word in alias.words), []).append(alias)
    return index


def _item(node: Node, item: int | None) -> Node | None:
    if item is None:
        return node
    return node.items[item] if isinstance(node, Sequence) and item < len(node.items) else None


def _fits(node: Node, declared: Declared, meaning: Meaning) -> bool:
    """Whether a value can be what the alias takes it for."""
    if meaning.value is not None or not isinstance(node, (Scalar, Sequence)):
        return True
    if isinstance(node, Scalar):
        if node.value is None or (meaning.values is not None and str(node.value).lower() in meaning.values):
            return True
        if meaning.values is not None and declared.kind != "text":
            return False
        if declared.kind in ("text", "list") and not isinstance(node.value, str):
            return False
    return interpret(node, declared, "unknown").trouble != "type"


def _rank(table: Table, sections: list[str], method: str | None, name: str) -> int | None:
    """How likely a value in these sections is the run's own: 0 is likeliest, None is somebody else's."""
    words = {word for section in sections for word in (section, *section.split("_"))}
    own = set(table.sections.get(method or "", ()))
    if words & set(table.sections.get("foreign", ())):
        return None
    if words & set(table.sections.get("evaluation", ())) and not name.startswith(EVALUATED):
        return None
    if words & own:
        return 0
    if words & _others(table.dialect, method):
        return None
    if not sections:
        return 2
    return 1 if words & set(table.sections.get("training", ())) else 3


@cache
def _others(dialect: str, method: str | None) -> frozenset[str]:
    """The section words of all other methods."""
    named = load_table(dialect).sections.items()
    return frozenset(word for name, words in named if name not in ("training", "foreign", "evaluation", method) for word in words)


@cache
def _normal(part: str) -> str:
    """`learningRate`, `learning-rate` and `Learning_Rate` are one word."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part).replace("-", "_").lower()
