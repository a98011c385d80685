"""The shipped rulebook, and packs of the user's own beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from advisor.resources import data, load_yaml, parse_yaml
from advisor.rulebook.finding import Reference
from advisor.rulebook.pack import build_bands, build_rule
from advisor.rulebook.rule import Band, Rule, Rulebook


@cache
def packs() -> Mapping[str, Mapping[str, Any]]:
    """The shipped packs by name, as read from `rules/*.yaml`."""
    found = {}
    for path in sorted(data("rules").glob("*.yaml")):
        raw = load_yaml(path)
        if "pack" in raw:
            found[raw["pack"]] = raw
    return found


@cache
def references() -> Mapping[str, Reference]:
    raw = load_yaml(data("rules", "references.yaml"))
    return {key: Reference(key, entry["title"], entry.get("url"), entry.get("framework")) for key, entry in raw.items()}


@cache
def bands() -> Mapping[str, Band]:
    return {band.name: band for path in sorted(data("rules", "bands").glob("*.yaml")) for band in build_bands(load_yaml(path))}


def raw_rules() -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Every shipped rule as it is stored, with the name of its pack; a compiled one has trees for expressions and no examples."""
    for name, pack in packs().items():
        for rule in pack["rules"]:
            yield name, rule


def written_rules() -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Every shipped rule as its author wrote it, examples included: for people, and for the tests."""
    for path in sorted(data("rules").glob("*.yaml")):
        raw = parse_yaml(path.read_bytes())
        if "pack" in raw:
            yield from ((raw["pack"], rule) for rule in raw["rules"])


@cache
def rules_for(method: str | None, dialect: str | None = None, with_history: bool = True) -> Sequence[Rule]:
    """The shipped rules that speak of a method and a dialect, and of a history where there is one; the others are not even built.

    None as the method or the dialect builds those that speak of all.
    """
    return tuple(
        build_rule(raw, pack)
        for pack, raw in raw_rules()
        if (not raw.get("methods") or method in raw["methods"])
        and (not raw.get("dialects") or dialect in raw["dialects"])
        and (with_history or not raw.get("history"))
    )


@cache
def all_rules() -> Sequence[Rule]:
    return tuple(build_rule(raw, pack) for pack, raw in raw_rules())


def rulebook(rules: Sequence[Rule]) -> Rulebook:
    return Rulebook(tuple(rules), bands(), references())
