"""The names and functions that rules may use: canonical facts, the band at hand, what reading the file showed, and the run's history."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from advisor.configuration.fact import Facts
from advisor.configuration.names import fact_types
from advisor.configuration.native import Native
from advisor.configuration.predicates import Predicates, signatures
from advisor.expression import Environment, Function, Type
from advisor.history.history import History
from advisor.rulebook.metrics import HISTORY_NAMES, metric_functions

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
    names = {
        **fact_types(),
        **HISTORY_NAMES,
        "key": Type.TEXT,
        **dict.fromkeys(BAND_NUMBERS, Type.NUMBER),
        **dict.fromkeys(BAND_WORDS, Type.TEXT),
        **{f"observed.{word}": Type.TEXT for word in OBSERVED},
    }
    return Environment(names=names, functions={**signatures(), **functions(Facts(), None)})


def functions(
    facts: Facts, history: History | None, native: Native | None = None, versions: Mapping[str, str] | None = None
) -> Mapping[str, Function]:
    """Functions over one run: `written('batch.accumulation')` is true where the file itself gives the value; statistics of metrics;
    predicates over the keys as the file writes them.
    """

    def written(name: str) -> bool:
        fact = facts.get(name)
        return fact is not None and fact.place is not None

    found = Predicates(native, versions)
    found.update(metric_functions(history), written=Function((Type.TEXT,), Type.BOOLEAN, written, literal=frozenset({0})))
    return found
