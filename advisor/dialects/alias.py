"""Hand-made configurations: keys read by their last words, with the sections around them deciding whose values they are.

`training.learning_rate` is the run's rate; `teacher.temperature` and `evaluation.reward_threshold` are somebody else's, whatever their
last word. The words stand in the dialect's table (`aliases`, `sections`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cache

from advisor.configuration.fact import Place
from advisor.dialects.native import Native
from advisor.dialects.table import Table, load_table


def aliased(table: Table, native: Native, method: str | None, used: Set[str]) -> Iterator[tuple[Place, str]]:
    """The keys that the table's aliases read, with their canonical names; the likeliest section first."""
    if not table.aliases:
        return
    best: dict[str, tuple[tuple[int, int, int], Place]] = {}
    for order, key in enumerate(native.leaves):
        if key in used:
            continue
        parts = [_normal(part) for part in native.unprefixed(key).split(".")]
        name, words = _meaning(table.dialect, parts, method)
        if name is None:
            continue
        rank = _rank(table, parts[:-words], method)
        if rank is None:
            continue
        candidate = (rank, -words, order)
        if name not in best or candidate < best[name][0]:
            best[name] = (candidate, native.places[key])
    for name, (_, place) in best.items():
        yield place, name


def _meaning(dialect: str, parts: list[str], method: str | None) -> tuple[str | None, int]:
    """The canonical name that the longest matching alias gives to a key, and the alias's length in words."""
    index = _index(dialect)
    for words in range(min(3, len(parts)), 0, -1):
        for wanted, name in index.get(tuple(parts[-words:]), ()):
            if wanted is None or method in wanted:
                return name, words
    return None, 0


@cache
def _index(dialect: str) -> dict[tuple[str, ...], list[tuple[tuple[str, ...] | None, str]]]:
    """Alias words -> (methods for which the alias holds, canonical name). An alias is `beta`, `lora.r` or `beta @ dpo ipo`."""
    table = load_table(dialect)
    index: dict[tuple[str, ...], list[tuple[tuple[str, ...] | None, str]]] = {}
    for name, aliases in table.aliases.items():
        for alias in aliases:
            words, _, methods = alias.partition("@")
            key = tuple(_normal(word) for word in words.strip().split("."))
            index.setdefault(key, []).append((tuple(methods.split()) or None, name))
    return index


def _rank(table: Table, sections: list[str], method: str | None) -> int | None:
    """How likely a value in these sections is the run's own: 0 is likeliest, None is somebody else's."""
    words = {word for section in sections for word in (section, *section.split("_"))}
    own = set(table.sections.get(method or "", ()))
    if words & own:
        return 0
    others = {word for name, listed in table.sections.items() if name not in ("training", "foreign", method) for word in listed}
    if words & set(table.sections.get("foreign", ())) or words & others:
        return None
    if not sections:
        return 2
    return 1 if words & set(table.sections.get("training", ())) else 3


def _normal(part: str) -> str:
    """`learningRate`, `learning-rate` and `Learning_Rate` are one word."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part).replace("-", "_").lower()
