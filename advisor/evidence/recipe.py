"""Published recipes: `rules/evidence/recipes.csv`, one row each, in canonical names, with where it can be read."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple, cast

from advisor.configuration.catalogue import Value, catalogue, numeric
from advisor.resources import data

Outcome = Literal["good", "best", "recipe", "example", "worse", "diverged"]
"""What its author says of it: a released model, the best of an ablation, a published recipe or an example without a word about the result,
the worse side of an ablation, a run that failed."""
FAILED: frozenset[Outcome] = frozenset({"worse", "diverged"})
ABOUT = frozenset({"id", "outcome", "checked", "source", "url"})
"""Columns that are no canonical names."""


class Recipe(NamedTuple):
    id: str
    values: Mapping[str, Value]
    """Canonical name -> value; what the source does not say is not there."""
    outcome: Outcome
    checked: str
    """Where it was read: `file`, `card`, `docs` or `thread`."""
    source: str
    url: str

    def number(self, name: str) -> float | None:
        return numeric(self.values.get(name))


@cache
def recipes() -> tuple[Recipe, ...]:
    """All published recipes, in the order of the file."""
    with data("rules", "evidence", "recipes.csv").open(encoding="utf-8", newline="") as file:
        return tuple(map(_recipe, csv.DictReader(file)))


def _recipe(row: Mapping[str, str]) -> Recipe:
    values = {name: _value(name, text) for name, text in row.items() if text and name not in ABOUT}
    return Recipe(row["id"], values, cast(Outcome, row["outcome"]), row["checked"], row["source"], row["url"])


def _value(name: str, text: str) -> Value:
    kind = catalogue()[name].kind
    if kind == "integer":
        return round(float(text))
    return float(text) if kind == "number" else text
