"""What differs between two configurations, in canonical terms and so across dialects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from advisor.configuration.catalogue import numeric
from advisor.configuration.fact import Fact, Facts
from advisor.expression.notation import count, number, size


class Difference(NamedTuple):
    """One canonical name of which the two say different things."""

    name: str
    first: Fact | None
    """None where the first says nothing, not even by a default."""
    second: Fact | None

    @property
    def times(self) -> str:
        """The ratio in words, e.g. `x2`; empty where there is none."""
        return f"x{count(float(f'{self.ratio:.3g}'))}" if self.ratio is not None else ""

    @property
    def ratio(self) -> float | None:
        """The second value over the first, for numbers of which neither is 0."""
        one, other = _numeric(self.first), _numeric(self.second)
        return other / one if one and other else None


class Comparison(NamedTuple):
    differences: tuple[Difference, ...]
    """In the order of their names; unknown values are among them."""
    same: tuple[str, ...]
    """Names whose values are equal."""
    summary: str
    """What matters to the training, in one line."""


STRENGTHS = {"loss.beta": "beta", "kl.coefficient": "KL"}
"""Of which being on or off matters more than the ratio."""
SIZES = {"rollout.group_size": "groups", "schedule.epochs": "epochs", "schedule.max_steps": "steps", "lengths.total": "length"}


def compare(first: Facts, second: Facts) -> Comparison:
    """Everything that two runs say differently. A default counts like a written value: it is what trains."""
    names = sorted(name for name in {*first, *second} if not name.startswith("estimate."))
    differing = tuple(
        Difference(name, first.get(name), second.get(name)) for name in names if not _equal(first.get(name), second.get(name))
    )
    changed = {one.name: one for one in differing}
    same = tuple(name for name in names if name not in changed)
    return Comparison(differing, same, ", ".join(_summary(changed, set(same))) or "nothing differs")


def _summary(changed: dict[str, Difference], same: set[str]) -> Iterator[str]:
    yield from _who(changed)
    for name, word in (("batch.effective", "effective batch"), ("optimizer.learning_rate", "rate")):
        if name in same:
            yield f"same {word}"
        elif name in changed and changed[name].ratio is not None:
            yield f"{word} {changed[name].times}"
    for name, word in STRENGTHS.items():
        if name in changed:
            yield from _strength(changed[name], word)
    for name, word in SIZES.items():
        if name in changed and changed[name].ratio is not None:
            yield f"{word} {changed[name].times}"
    if "loss.type" in changed:
        yield f"loss {_word(changed['loss.type'].first)} against {_word(changed['loss.type'].second)}"


def _who(changed: dict[str, Difference]) -> Iterator[str]:
    """Method, model and kind of adapter, where they differ."""
    if "method" in changed:
        yield f"{_word(changed['method'].first)} against {_word(changed['method'].second)}"
    model = changed.get("model.parameters")
    one, other = (_numeric(model.first), _numeric(model.second)) if model is not None else (None, None)
    if one and other:
        yield f"{size(one)} against {size(other)}"
    elif "model.name" in changed:
        yield "another model"
    if "peft.kind" in changed:
        yield f"{_adapter(changed['peft.kind'].first)} against {_adapter(changed['peft.kind'].second)}"


def _strength(difference: Difference, word: str) -> Iterator[str]:
    one, other = _numeric(difference.first), _numeric(difference.second)
    if other == 0 and one:
        yield f"{word} off"
    elif one == 0 and other:
        yield f"{word} on ({number(other)})"
    elif difference.ratio is not None:
        yield f"{word} {difference.times}"


def _equal(one: Fact | None, other: Fact | None) -> bool:
    if one is None or other is None:
        return one is other
    if (one.origin == "unknown") != (other.origin == "unknown"):
        return False
    mine, theirs = _numeric(one), _numeric(other)
    if mine is not None and theirs is not None:
        return math.isclose(mine, theirs, rel_tol=1e-9)
    return one.value == other.value


def _numeric(fact: Fact | None) -> float | None:
    return numeric(fact.value) if fact is not None else None


def _word(fact: Fact | None) -> str:
    return str(fact.value) if fact is not None and fact.value is not None else "unknown"


def _adapter(fact: Fact | None) -> str:
    return {"none": "full", "lora": "LoRA", "qlora": "QLoRA"}.get(_word(fact), _word(fact))
