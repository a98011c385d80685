"""What a rulebook remembers of one run, so that the next one is judged faster, must not be taken for what the next one is."""

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


def test_one_rulebook_keeps_runs_apart() -> None:
    """What a rulebook remembers of one run is not taken for another that differs in a word, a switch, a gap or a number."""
    raw = {"id": "MEM902", "name": "kept", "title": "Kept", "form": "relation", "of": "loss.beta", "severity": "low", "message": "seen"}
    rule = build_rule({**raw, "when": "loss.type == 'ipo' and loss.beta > 0.3", "holds": "compile", "why": "It is so."}, "own")
    book = rulebook([rule])

    def says(**values: object) -> tuple[int, int]:
        facts = {name: Fact(name, value, "file") for name, value in (("compile", False), *values.items())}  # type: ignore[arg-type]
        named = {name.replace("__", "."): fact._replace(name=name.replace("__", ".")) for name, fact in facts.items()}
        verdict = judge(Run(Facts(named), None), book)
        return len(verdict.findings), len(verdict.skipped)

    for _ in range(2):
        assert says(loss__type="ipo", loss__beta=0.5) == (1, 0)
        assert says(loss__type="ipo", loss__beta=0.1) == (0, 0)
        assert says(loss__type="hinge", loss__beta=0.5) == (0, 0)
        assert says(loss__type="ipo") == (0, 1)
        assert says(loss__beta=0.5) == (0, 1)
        assert says(loss__type="ipo", loss__beta=1) == (1, 0)
        assert says(loss__type="ipo", loss__beta=True) == (0, 1), "a switch is no number"


@pytest.mark.parametrize("number", [7.0e9, 1])
def test_a_number_that_may_be_any_is_still_known(number: float) -> None:
    assert fires("known(model.parameters)", {"model.parameters": number})
    assert fires("known(model.parameters) and precision.bf16", {"model.parameters": number, "precision.bf16": True})


@pytest.mark.parametrize(("value", "holds"), [(1, True), (True, False), (1.0, True)])
def test_equal_values_of_other_types_are_told_apart(value: object, holds: bool) -> None:
    assert fires("batch.per_device == 1", {"batch.per_device": value}) is holds
