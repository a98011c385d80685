"""Partial evaluation: what is left of a condition when some facts are known gives for the others what the whole condition gives."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from advisor.expression import ABSENT, FALSE, TRUE, UNKNOWN, evaluate, missing, open_parts, parse, residue

from .declared import looking_at
from .test_laws import DECLARED, NUMBERS, booleans, partial_facts

ANYTHING: Any = object()
"""A value of no type of the language: what stands for a number that may be any."""

forms = st.builds("{}({})".format, st.sampled_from(["has", "known"]), st.sampled_from(NUMBERS)) | st.builds(
    "default({}, 1) {} 3".format, st.sampled_from(NUMBERS), st.sampled_from(["<", ">="])
)
conditions = booleans(2) | st.builds("({} {} {})".format, forms, st.sampled_from(["and", "or"]), booleans(2)) | forms


@example("known(loss.beta) and precision.bf16", {"loss.beta": 3, "precision.bf16": True}, {"loss.beta"})
@example("default(loss.beta, 1) < 3", {"loss.beta": 5}, {"loss.beta"})
@given(conditions, partial_facts, st.sets(st.sampled_from(NUMBERS)))
def test_the_rest_gives_what_the_whole_gives(source: str, values: dict[str, Any], hidden: set[str]) -> None:
    whole = parse(source, DECLARED)
    shown = {name: ANYTHING if name in hidden and isinstance(value, int) else value for name, value in values.items()}
    rest = residue(whole, looking_at(shown))

    assert evaluate(rest, looking_at(values)) == evaluate(whole, looking_at(values))
    assert set(missing(rest, looking_at(values))) == set(missing(whole, looking_at(values)))


def test_words_and_switches_settle_what_they_can() -> None:
    beta = parse("loss.beta > 0.3", DECLARED).tree
    known = looking_at({"method": "dpo", "precision.bf16": True, "loss.beta": ANYTHING})

    assert residue(parse("method == 'grpo' and loss.beta > 0.3", DECLARED), known) == FALSE
    assert residue(parse("method == 'dpo' or loss.beta > 0.3", DECLARED), known) == TRUE
    assert residue(parse("method == 'dpo' and precision.bf16 and loss.beta > 0.3", DECLARED), known) == beta
    assert residue(parse("not precision.bf16 or loss.beta > 0.3", DECLARED), known) == beta


def test_a_fact_that_nobody_gave_settles_nothing_and_is_asked_for() -> None:
    for nothing in (ABSENT, UNKNOWN):
        rest = residue(parse("precision.fp16 and method == 'dpo'", DECLARED), looking_at({"precision.fp16": nothing, "method": "dpo"}))
        assert list(open_parts(rest)) == [("name", "precision.fp16")]
