"""JSON Schemas for editors, made from the key tables: what a configuration file of a framework's newest release may hold.

Draft-07, since that is what YAML language servers understand. A number may be written as text, which frameworks convert, or interpolated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from advisor.configuration.catalogue import catalogue
from advisor.dialects.declarations import Declarations, Entry, Place, load
from advisor.dialects.keys import load_keys
from advisor.dialects.table import load_table
from advisor.errors import InputError
from advisor.resources import data, load_yaml

DRAFT = "http://json-schema.org/draft-07/schema#"
_TYPES = {
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "str": "string",
    "None": "null",
    "NoneType": "null",
    "dict": "object",
    "list": "array",
}
_PARTS = re.compile(r"\|(?![^\[]*\])")
DEEPEST = 6
NUMERIC = r"^\s*(\$\{.*|[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)\s*$"
"""Text that is read as a number, or stands for one."""


def names() -> tuple[str, ...]:
    """What `rlhf-lint schema` offers."""
    return tuple(_offered())


def schema(name: str) -> dict[str, Any]:
    """The schema of that name. Raises InputError, with near misses, for a name that is none."""
    found = _offered().get(name)
    if found is None:
        import difflib

        near = difflib.get_close_matches(name, names(), 3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names())}"
        raise InputError("usage", f"no schema {name!r}; {hint}")
    return _schema(name, found["framework"], found["section"])


@cache
def _offered() -> Mapping[str, Mapping[str, str]]:
    offered: Mapping[str, Mapping[str, str]] = load_yaml(data("schemas", "editor.yaml"))
    return offered


def _schema(name: str, framework: str, section: str) -> dict[str, Any]:
    table = load(framework)
    positions = table.positions(None)
    meant = _meanings(framework)
    properties: dict[str, Any] = {}
    for member, own in table.members(section):
        position = positions[member.framework]
        if member.releases.has(member.sections[own], position):
            for key, described in _properties(member, own, (), _Described(framework, section, position, meant)):
                properties.setdefault(key, described)
    unknown = load_keys(framework).unknown_keys()
    return {
        "$schema": DRAFT,
        "title": f"{framework} {table.releases.names[-1]}: {section}",
        "description": f"Made by rlhf-lint from the released package, as `rlhf-lint schema {name}` prints it.",
        "type": "object",
        "properties": dict(sorted(properties.items())),
        "additionalProperties": unknown != "error",
    }


class _Described(NamedTuple):
    """What a section's keys are described with."""

    framework: str
    group: str
    position: int
    meant: Mapping[str, str]


def _properties(
    table: Declarations, section: str, chain: tuple[Entry, ...], by: _Described, path: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The keys at the end of a chain, each described; those inside a key under it."""
    for key, entry in table.below(section, chain).items():
        if key == "*" or not table.releases.has(entry, by.position):
            continue
        place = Place(table, section, f"{path}{key}", (table.sections[section], *chain, entry))
        described = _described(place, by)
        if "of" in entry and len(chain) < DEEPEST:
            inner = dict(_properties(table, section, (*chain, entry), by, f"{path}{key}."))
            if inner:
                described.pop("default", None)
                described |= {"type": ["object", "null"], "properties": dict(sorted(inner.items()))}
        yield key, described


def _described(place: Place, by: _Described) -> dict[str, Any]:
    position, keys = by.position, load_keys(by.framework)
    kinds = _kinds(place.type(position))
    found: dict[str, Any] = {"type": kinds if len(kinds) > 1 else kinds[0]} if kinds else {}
    choices = keys.choices(by.group, place.key)
    if "string" in kinds and {"integer", "number"} & set(kinds) and "str" not in place.type(position):
        found["pattern"] = NUMERIC
    if choices is not None and choices.checked != "never":
        values: list[Any] = list(dict.fromkeys((*choices.values, *choices.outdated)))
        if "array" in kinds:
            found["items"] = {"enum": values}
        elif values and not {"integer", "number", "object", "array"} & set(kinds):
            found["enum"] = values + ([None] if "null" in kinds and None not in values else [])
    default = keys.default(by.group, place.key)
    words = [by.meant[place.key]] if place.key in by.meant else []
    if default is not None and default.kind == "value":
        found["default"] = default.value
    if place.table.releases.within(place.entry.get("deprecated"), position):
        words.append("deprecated")
        found["deprecated"] = True
    if words:
        found["description"] = "; ".join(words)
    return found


def _kinds(written: str) -> list[str]:
    """JSON types of a Python type; empty where it may be anything. What is read as a number may be written as text."""
    found: list[str] = []
    for part in _PARTS.split(written):
        kind = _TYPES.get(part.strip().partition("[")[0])
        if kind is None:
            return []
        found.append(kind)
    if "number" in found or "integer" in found:
        found.append("string")  # an interpolation, or a number that YAML 1.1 reads as text
    return list(dict.fromkeys(found))


def _meanings(framework: str) -> dict[str, str]:
    """Native key -> what it stands for, from the dialect's own table."""
    try:
        table = load_table(framework)
    except KeyError:
        return {}
    known = catalogue()
    return {key: f"{meanings[0].name}: {known[meanings[0].name].title}" for key, meanings in table.keys.items() if meanings}
