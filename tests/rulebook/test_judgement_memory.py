"""What a condition gave for some facts is remembered; another copy of the condition and other facts must not be confused with it."""

from __future__ import annotations

import pytest

from advisor.configuration.fact import Fact, Facts
from advisor.rulebook.finding import Severity
from advisor.rulebook.judgement import Run, judge
from advisor.rulebook.library import rulebook
from advisor.rulebook.pack import build_rule

NAMES = ("precision.bf16", "precision.fp16", "memory.fused_loss", "memory.gradient_checkpointing", "reference.precompute", "compile")


def fires(condition: str, values: dict[str, object]) -> bool:
    """Whether a rule of this condition, built anew each time, finds something."""
    raw = {"id": "MEM901", "name": "remembered", "title": "Remembered", "form": "relation", "of": NAMES[0], "severity": "low"}
    rule = build_rule({**raw, "holds": f"not ({condition})", "message": "seen", "why": "It is so."}, "own")
    facts = Facts({name: Fact(name, value, "file") for name, value in values.items()})  # type: ignore[arg-type]
    return any(finding.severity is Severity.LOW for finding in judge(Run(facts, None), rulebook([rule])).findings)


def test_two_switches_are_told_apart() -> None:
    for one in NAMES:
        for other in NAMES:
            if one != other:
                condition = f"{one} and not {other}"
                assert fires(condition, {one: True, other: False})
                assert not fires(condition, {one: False, other: True})


def test_copies_of_a_condition_whose_names_are_walked_in_another_order() -> None:
    from advisor.expression import Expression, parse
    from advisor.rulebook.judgement import Known, _settled
    from advisor.rulebook.vocabulary import environment

    class Backwards(frozenset):  # type: ignore[type-arg]
        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter(sorted(frozenset.__iter__(self), reverse=True))

    class Forwards(frozenset):  # type: ignore[type-arg]
        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter(sorted(frozenset.__iter__(self)))

    checked = parse("precision.fp16 and not precision.bf16 and 3 > 2", environment())
    facts = {"precision.fp16": Fact("precision.fp16", True, "file"), "precision.bf16": Fact("precision.bf16", False, "file")}
    swapped = {"precision.fp16": Fact("precision.fp16", False, "file"), "precision.bf16": Fact("precision.bf16", True, "file")}
    for order in (Forwards, Backwards):
        copy = Expression(checked.source, checked.tree, checked.type, order(checked.names), checked.functions)
        assert _settled(copy, Known(Run(Facts(facts), None))) is True
        assert _settled(copy, Known(Run(Facts(swapped), None))) is False


@pytest.mark.parametrize(("value", "holds"), [(1, True), (True, False), (1.0, True)])
def test_equal_values_of_other_types_are_told_apart(value: object, holds: bool) -> None:
    assert fires("batch.per_device == 1", {"batch.per_device": value}) is holds
