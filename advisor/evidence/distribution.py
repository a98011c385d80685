"""The published values behind a band: which recipes a band rule speaks of, size class by size class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from advisor.configuration.fact import Fact, Facts
from advisor.evidence.recipe import FAILED, Recipe, recipes
from advisor.expression import evaluate
from advisor.rulebook.region import row_for
from advisor.rulebook.rule import Band, BandRow, Rule
from advisor.rulebook.vocabulary import functions


class Spread(NamedTuple):
    """The recipes of one size class that give the value, those that worked apart from those that failed."""

    row: BandRow
    worked: tuple[tuple[float, Recipe], ...]
    failed: tuple[tuple[float, Recipe], ...]


def distribution(rule: Rule, band: Band) -> tuple[Spread, ...]:
    """The recipes that a band rule would judge, by the row of its band that holds for their size."""
    found = [(recipe, row) for recipe in spoken_of(rule) if (row := _row(band, recipe)) is not None]
    return tuple(Spread(row, *(_values(rule, found, row, failed) for failed in (False, True))) for row in band.rows)


def spoken_of(rule: Rule) -> Iterator[Recipe]:
    """Recipes of the rule's methods for which its condition holds."""
    for recipe in recipes():
        if rule.methods and recipe.values["method"] not in rule.methods:
            continue
        facts = Facts({name: Fact(name, value, "file") for name, value in recipe.values.items()})
        callable_by_rules = functions(facts, None)
        if rule.when is None or evaluate(rule.when, facts.lookup, callable_by_rules) is True:
            yield recipe


def _row(band: Band, recipe: Recipe) -> BandRow | None:
    measure = recipe.number(band.by) if band.by is not None else None
    return row_for(band, measure) if measure is not None or len(band.rows) == 1 else None


def _values(rule: Rule, found: Iterable[tuple[Recipe, BandRow]], row: BandRow, failed: bool) -> tuple[tuple[float, Recipe], ...]:
    chosen = (recipe for recipe, of in found if of is row and (recipe.outcome in FAILED) is failed)
    pairs = ((value, recipe) for recipe in chosen if rule.of is not None and (value := recipe.number(rule.of)) is not None)
    return tuple(sorted(pairs, key=lambda pair: (pair[0], pair[1].id)))
