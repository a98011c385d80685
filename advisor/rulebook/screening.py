"""What the rules of a rulebook come to once the words and switches of a run are known, whatever its numbers are.

The files of a sweep share those and differ in numbers, so that most conditions are settled once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from advisor.expression import FALSE, TRUE, Expression, Nothing, condition_of, missing, open_parts, residue
from advisor.rulebook.finding import Skipped
from advisor.rulebook.rule import Rule

REMEMBERED = 256
"""Kinds of runs whose rules are kept."""

_SHARED: Final = frozenset({bool, str, Nothing})
_ANY_NUMBER: Final[Any] = object()
"""Stands for a number or a list that may be any. It is of no type of the rule language, which makes it unknown to an expression, and it
is not `UNKNOWN`, so that `known(...)` holds for it as it does for every number."""


class Kind(NamedTuple):
    """What tells runs apart before their numbers are looked at."""

    method: str | None
    dialect: str | None
    observed: frozenset[str]
    with_history: bool


class Candidate(NamedTuple):
    """A rule that may have something to say, and what is left to find out about it."""

    rule: Rule
    when: Expression | None
    """Its condition without the parts that are settled; None where it holds."""
    holds: Expression | None
    """What must hold, likewise."""


class Screened(NamedTuple):
    """What the rules of a rulebook come to for a kind of run, whatever its numbers are."""

    met: tuple[str, ...]
    """Rules that apply and are met."""
    skipped: tuple[Skipped, ...]
    candidates: tuple[Candidate, ...]
    """Those that depend on numbers, in the order of the rulebook."""


class Screen:
    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._names = tuple(dict.fromkeys(name for rule in rules if _is_screened(rule) for name in _names(rule)))
        self._screened: dict[tuple[object, ...], Screened] = {}

    def of(self, kind: Kind, known: Mapping[str, Any]) -> Screened:
        """The rules that are left for a run of this kind; `known` gives every name its value."""
        shared = [value if value.__class__ in _SHARED else _ANY_NUMBER for value in map(known.__getitem__, self._names)]
        key = (kind, *shared)
        found = self._screened.get(key)
        if found is None:
            if len(self._screened) >= REMEMBERED:
                self._screened.clear()
            found = self._screened[key] = self._screen(kind, dict(zip(self._names, shared, strict=True)))
        return found

    def _screen(self, kind: Kind, shared: Mapping[str, Any]) -> Screened:
        met: list[str] = []
        skipped: list[Skipped] = []
        candidates: list[Candidate] = []
        for rule in self._rules:
            if (rule.methods and kind.method not in rule.methods) or (rule.dialects and kind.dialect not in rule.dialects):
                continue
            if rule.history and not kind.with_history:
                continue
            if rule.form == "observation" and rule.observes not in kind.observed:
                met.append(rule.id)
                continue
            if not _is_screened(rule):
                candidates.append(Candidate(rule, rule.when, rule.holds))
                continue
            when, holds = (TRUE if condition is None else residue(condition, shared.__getitem__) for condition in (rule.when, rule.holds))
            if when == FALSE:
                continue
            first = when if when != TRUE else holds if rule.form == "relation" else ("name", rule.of, "number")
            if first == TRUE:
                met.append(rule.id)
            elif first[0] != "const" and all(what == "name" and isinstance(shared[name], Nothing) for what, name in open_parts(first)):
                lacked = missing(first, shared.__getitem__)
                if lacked or not (rule.history or rule.dialects):
                    skipped.append(Skipped(rule.id, lacked))
            else:
                candidates.append(Candidate(rule, None if when == TRUE else condition_of(when), condition_of(holds)))
        return Screened(tuple(met), tuple(skipped), tuple(candidates))


def _is_screened(rule: Rule) -> bool:
    """Whether a rule speaks of the run, and takes nothing for facts that nobody gave."""
    return rule.assume is None and rule.form != "observation"


def _names(rule: Rule) -> Iterator[str]:
    """The names on which it depends whether a rule speaks."""
    if rule.of is not None:
        yield rule.of
    for condition in (rule.when, rule.holds):
        if condition is not None:
            yield from condition.names
