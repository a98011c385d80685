"""Many releases folded into one table: for each key, when it is there and what it is worth in which release."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from .snapshot import Field, Json

Presence = Sequence[Field | None]
"""One key over all releases in order; None where the release has no such key."""
Life = tuple[int, int]
"""Indices of the first release that has a thing and of the first one after it that has not."""


def changes(values: Sequence[Json], versions: Sequence[str]) -> list[list[Json]]:
    """Changes of a value as [version, value]. The first has no version (null): it holds from the key's beginning on."""
    found: list[list[Json]] = []
    for version, value in zip(versions, values, strict=True):
        if not found or not same(found[-1][1], value):
            found.append([version if found else None, value])
    return found


def same(left: Json, right: Json) -> bool:
    """Equality that tells `True` from `1`, but not `0` from `0.0`."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def folded(presence: Presence, versions: Sequence[str], life: Life) -> dict[str, Any]:
    """One key as the table writes it (`schemas/keys/README.md`), within the life of its section."""
    there = [index for index in range(*life) if presence[index] is not None]
    fields = [field for index in there if (field := presence[index]) is not None]
    names = [versions[index] for index in there]
    entry = _history("type", [field.type for field in fields], names)
    entry |= _defaults(fields, names)
    if "default" in entry and entry.get("type") == type(entry["default"]).__name__:
        del entry["type"]
    if any(field.choices for field in fields):
        entry |= _history("choices", [list(field.choices) if field.choices else None for field in fields], names)
    if there[0] > life[0]:
        entry["since"] = names[0]
    if there[-1] < life[1] - 1:
        entry["until"] = versions[there[-1] + 1]
    gaps = [[versions[low + 1], versions[high]] for low, high in pairwise(there) if high > low + 1]
    if gaps:
        entry["gaps"] = gaps
    entry |= _outdated(fields, names)
    if fields[-1].plugin:
        entry["plugin"] = fields[-1].plugin
    return entry


def _history(name: str, values: Sequence[Json], versions: Sequence[str]) -> dict[str, Any]:
    found = changes(values, versions)
    return {name: found[0][1]} if len(found) == 1 else {f"{name}_history": found}


def _defaults(fields: list[Field], names: list[str]) -> dict[str, Any]:
    """`default`, or `default_history` where it changed; a third item or `no_default` says why there is no value."""
    stated: list[Json] = [[field.default] if field.state == "value" else [None, field.state] for field in fields]
    found = changes(stated, names)
    if len(found) > 1:
        return {"default_history": [[version, *value] for version, value in found if isinstance(value, list)]}
    only = found[0][1]
    assert isinstance(only, list)
    return {"default": only[0]} if len(only) == 1 else {"no_default": only[1]}


def _outdated(fields: list[Field], names: list[str]) -> dict[str, Any]:
    """Since when the release warns of the key, of which values; a second version where it stopped warning though the key stayed."""
    entry: dict[str, Any] = {}
    marked = [index for index, field in enumerate(fields) if field.outdated_key]
    if marked:
        entry["deprecated"] = _interval(marked, names)
    held: dict[str, tuple[Json, list[int]]] = {}
    for index, field in enumerate(fields):
        for value in field.outdated:
            held.setdefault(repr(value), (value, []))[1].append(index)
    if held:
        entry["deprecated_values"] = [[value, *_interval(where, names)] for value, where in held.values()]
    return entry


def _interval(marked: list[int], names: list[str]) -> list[str]:
    """[since] or [since, until], until being the first release that has the key without the warning."""
    end = marked[-1] + 1
    return [names[marked[0]], names[end]] if end < len(names) else [names[marked[0]]]
