"""Which rules of a rulebook can still speak once the words and switches of a run are known, whatever its numbers are.

The files of a sweep share those and differ in numbers, so that most conditions are settled once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from advisor.expression import BUILTINS, Expression, Nothing, evaluate
from advisor.rulebook.rule import Rule

REMEMBERED = 256
"""Kinds of runs whose rules are kept."""
BUILT_IN = frozenset(BUILTINS)

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


class Screened(NamedTuple):
    """The rules that may apply to a run, and those already known to be met."""

    met: tuple[str, ...]
    """Rules of observations that were not made."""
    left: tuple[tuple[Rule, bool], ...]
    """The others in the order of the rulebook, each with whether its condition holds whatever the numbers are."""


class Screen:
    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._names = tuple(dict.fromkeys(name for rule in rules if (when := _over_facts(rule)) is not None for name in when.names))
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
        left: list[tuple[Rule, bool]] = []
        for rule in self._rules:
            if (rule.methods and kind.method not in rule.methods) or (rule.dialects and kind.dialect not in rule.dialects):
                continue
            if rule.history and not kind.with_history:
                continue
            if rule.form == "observation" and rule.observes not in kind.observed:
                met.append(rule.id)
                continue
            when = _over_facts(rule)
            holds = evaluate(when, shared.__getitem__) if when is not None else rule.when is None
            if holds is not False or when is None:
                left.append((rule, holds is True))
        return Screened(tuple(met), tuple(left))


def _over_facts(rule: Rule) -> Expression | None:
    """The condition of a rule, where it speaks of the run's facts alone and nothing is taken for those that nobody gave."""
    settles = rule.when is not None and rule.assume is None and rule.form != "observation" and rule.when.functions <= BUILT_IN
    return rule.when if settles else None
