"""The recipes nearest to a configuration, and where each of its values falls among them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from advisor.configuration.catalogue import numeric
from advisor.configuration.fact import Facts
from advisor.evidence.recipe import FAILED, Recipe, recipes

COMPARED = (
    "optimizer.learning_rate",
    "critic.learning_rate",
    "loss.beta",
    "kl.coefficient",
    "batch.effective",
    "batch.prompts",
    "rollout.group_size",
    "rollout.temperature",
    "clip.low",
    "clip.high",
    "schedule.epochs",
    "schedule.max_steps",
    "schedule.warmup_ratio",
    "schedule.warmup_steps",
    "optimizer.max_grad_norm",
    "optimizer.weight_decay",
    "peft.rank",
    "lengths.total",
    "lengths.completion",
)
"""Values that are held against the recipes, most telling first."""
NEAR = 3.0
"""Recipes whose model is at most this many times larger or smaller stand for the same size, as far as there are `ENOUGH` of them."""
ENOUGH = 3


class Standing(NamedTuple):
    """Where one value falls among recipes of the same method and kind of adapter."""

    name: str
    value: float
    published: tuple[float, ...]
    """The values of the recipes, in ascending order."""
    same_size: bool
    """They are of about the same size; else of any."""

    @property
    def below(self) -> int:
        return sum(other < self.value and not _same(other, self.value) for other in self.published)

    @property
    def equal(self) -> int:
        return sum(_same(other, self.value) for other in self.published)

    @property
    def position(self) -> str:
        """In words, to be followed by whose values they are: `lowest of 16`, `below all 16`, `5 lower and 10 higher of 16`."""
        number, above = len(self.published), len(self.published) - self.below - self.equal
        if number < ENOUGH:
            return f"only {number} to compare with"
        if self.equal == number:
            return f"the same as all {number}"
        if not self.equal and not self.below:
            return f"below all {number}"
        if not self.equal and not above:
            return f"above all {number}"
        if not self.below:
            return f"lowest of {number}" if self.equal == 1 else f"as low as the lowest {self.equal} of {number}"
        if not above:
            return f"highest of {number}" if self.equal == 1 else f"as high as the highest {self.equal} of {number}"
        return f"{self.below} lower and {above} higher of {number}"


class Neighbours(NamedTuple):
    method: str | None
    peft: str
    parameters: float | None
    nearest: tuple[Recipe, ...]
    """Nearest first; failed runs are not among them."""
    standings: tuple[Standing, ...]
    group: int
    """Recipes of this method and kind of adapter, failed ones left out."""


def neighbours(facts: Facts, count: int = 6) -> Neighbours:
    """The recipes of the same method, those with the same kind of adapter and the nearest size first."""
    method, peft = _text(facts, "method"), _kind(_text(facts, "peft.kind"))
    size = _number(facts, "model.parameters")
    known = [recipe for recipe in recipes() if recipe.values["method"] == method and recipe.outcome not in FAILED]
    group = [recipe for recipe in known if _kind(recipe.values.get("peft.kind")) == peft]
    ranked = sorted(known, key=lambda recipe: (recipe not in group, _distance(recipe, size), recipe.outcome == "example", recipe.id))
    found = (_standing(name, value, group, size) for name in COMPARED if (value := _number(facts, name)) is not None)
    return Neighbours(method, peft, size, tuple(ranked[:count]), tuple(one for one in found if one is not None), len(group))


def _standing(name: str, value: float, group: Sequence[Recipe], size: float | None) -> Standing | None:
    if name == "rollout.temperature" and value == 0:
        return None
    near = [recipe for recipe in group if _distance(recipe, size) <= math.log(NEAR)] if size else []
    for chosen, same in ((near, True), (group, False)):
        published = _numbers(chosen, name)
        if len(published) >= ENOUGH or not same:
            return Standing(name, value, published, same) if published else None
    return None


def _numbers(chosen: Iterable[Recipe], name: str) -> tuple[float, ...]:
    return tuple(sorted(number for recipe in chosen if (number := recipe.number(name)) is not None))


def _distance(recipe: Recipe, size: float | None) -> float:
    other = recipe.number("model.parameters")
    return abs(math.log(other / size)) if other and size else math.inf


def _kind(value: object) -> str:
    """LoRA and QLoRA are trained alike; anything else is full."""
    return "lora" if value in ("lora", "qlora") else "none"


def _number(facts: Facts, name: str) -> float | None:
    return numeric(facts.lookup(name))


def _text(facts: Facts, name: str) -> str | None:
    value = facts.lookup(name)
    return value if isinstance(value, str) else None


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-15)
