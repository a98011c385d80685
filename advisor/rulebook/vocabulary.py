"""The names and functions that rules may use: canonical facts, the band at hand, what reading the file showed, and the run's history."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from advisor.configuration.fact import Facts
from advisor.configuration.names import fact_types
from advisor.configuration.native import Native
from advisor.configuration.predicates import PREDICATES, Predicates, signatures
from advisor.expression import Environment, Function, Type

if TYPE_CHECKING:
    from advisor.history.history import History

BAND_NUMBERS = ("value", "low", "high", "acceptable_low", "acceptable_high", "fails_low", "fails_high", "typical")
BAND_WORDS = ("side", "size_class", "support", "band_title")
"""What a band rule's texts may speak of: the value, its size class's edges, on which side it lies, and who supports the band."""

OBSERVED = (
    "name",
    "key",
    "written",
    "expected",
    "reason",
    "first_line",
    "replacement",
    "version",
    "suggestion",
    "taken",
    "same",
    "since",
    "default",
    "old_default",
    "safe",
)
"""What an observation may carry, as `observed.<word>`."""


@cache
def environment() -> Environment:
    """What the expressions of a rule may use."""
    from advisor.rulebook.metrics import HISTORY_NAMES, metric_functions

    names = {
        **fact_types(),
        **HISTORY_NAMES,
        "key": Type.TEXT,
        **dict.fromkeys(BAND_NUMBERS, Type.NUMBER),
        **dict.fromkeys(BAND_WORDS, Type.TEXT),
        **{f"observed.{word}": Type.TEXT for word in OBSERVED},
    }
    return Environment(names=names, functions={**signatures(), **metric_functions(None), **functions(Facts(), None)})


def functions(
    facts: Facts, history: History | None, native: Native | None = None, versions: Mapping[str, str] | None = None
) -> Mapping[str, Function]:
    """Functions over one run: `written('batch.accumulation')` is true where the file itself gives the value; statistics of metrics;
    predicates over the keys as the file writes them.
    """
    return _Functions(facts, history, native, versions)


class _Functions(Predicates):
    def __init__(self, facts: Facts, history: History | None, native: Native | None, versions: Mapping[str, str] | None) -> None:
        super().__init__(native, versions)
        self._history = history

        def written(name: str) -> bool:
            fact = facts.get(name)
            return fact is not None and fact.place is not None

        self["written"] = Function((Type.TEXT,), Type.BOOLEAN, written, literal=frozenset({0}))

    def __missing__(self, name: str) -> Function:
        if name in PREDICATES:
            return super().__missing__(name)
        from advisor.rulebook.metrics import metric_functions

        found = metric_functions(self._history)
        self.update(found)
        return found[name]
