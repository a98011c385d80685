"""The tables of a report (`schemas/diagnosis.yaml`, `schemas/reasoning.yaml`), held against one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from advisor.configuration.catalogue import Value, numeric
from advisor.configuration.fact import Facts
from advisor.expression import Expression, Nothing, evaluate, parse, parse_template, render
from advisor.history.history import History
from advisor.resources import data, load_yaml
from advisor.rulebook.metrics import history_fact
from advisor.rulebook.vocabulary import environment, functions

OTHER = "other"
"""The family of methods that no family lists."""


@cache
def table() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = load_yaml(data("schemas", "diagnosis.yaml"))
    return {**loaded, **load_yaml(data("schemas", "reasoning.yaml"))}


class Guide:
    """What the table says of one run."""

    def __init__(self, facts: Facts, history: History, method: str | None) -> None:
        self.facts = facts
        self.history = history
        self.method = method
        families = [name for name, methods in table()["families"].items() if method in methods]
        self.family = families[0] if families else OTHER
        self._functions = functions(facts, history)

    def entries(self, section: str) -> Iterator[Mapping[str, Any]]:
        """The entries of a section that concern the run's method or its family."""
        for entry in table()[section]:
            if ("families" not in entry or self.family in entry["families"]) and (
                "methods" not in entry or self.method in entry["methods"]
            ):
                yield entry

    def value(self, expression: str) -> Value | Nothing:
        """The value of an expression of the table. Raises ExpressionError for a mistake in the table."""
        return evaluate(parse(expression, environment()), self._lookup, self._functions)

    def evaluated(self, expression: Expression) -> Value | Nothing:
        """The value of an expression that was parsed elsewhere, as those of rules are."""
        return evaluate(expression, self._lookup, self._functions)

    def number(self, expression: str) -> float | None:
        return numeric(self.value(expression))

    def words(self, template: str) -> str:
        """A text with fields, `{tail_mean('loss', 0.2):number}`. Raises ExpressionError for a mistake in the table."""
        return render(parse_template(template, environment()), self._lookup, self._functions)

    def holds(self, entry: Mapping[str, Any]) -> bool:
        return "when" not in entry or self.value(entry["when"]) is True

    def _lookup(self, name: str) -> Value | Nothing:
        if name.startswith("history.") and name not in self.facts.by_name:
            return history_fact(self.history, name)
        return self.facts.lookup(name)
