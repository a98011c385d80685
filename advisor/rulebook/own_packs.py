"""Packs of the user's own beside the shipped ones. They are read once; a mistake in one is an InputError with its place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from advisor.rulebook.library import rulebook
from advisor.rulebook.pack_file import Pack, read_pack
from advisor.rulebook.rule import Rule, Rulebook


@cache
def own_pack(path: str) -> Pack:
    return read_pack(path)


def own_rules(packs: Sequence[str], method: str | None, dialect: str | None, with_history: bool) -> tuple[Rule, ...]:
    """The rules of these packs that speak of a method and a dialect, and of a history where there is one."""
    return tuple(
        rule
        for path in packs
        for rule in own_pack(path).rules
        if (not rule.methods or method in rule.methods)
        and (not rule.dialects or dialect in rule.dialects)
        and (with_history or not rule.history)
    )


def joined(rules: Sequence[Rule], packs: Sequence[str]) -> Rulebook:
    """The shipped rulebook with the bands and references of these packs."""
    shipped = rulebook(rules)
    found = [own_pack(path) for path in packs]
    bands = {name: band for pack in found for name, band in pack.bands.items()}
    references = {key: reference for pack in found for key, reference in pack.references.items()}
    return Rulebook(shipped.rules, {**shipped.bands, **bands}, {**shipped.references, **references})
