from __future__ import annotations

import json
from typing import Any

import pytest

from advisor.expression import UNKNOWN, Environment, ExpressionError, Type, dump_template, load_template, parse_template, render

from .declared import ENVIRONMENT, FUNCTIONS, looking_at

BANDED = Environment({**ENVIRONMENT.names, "low": Type.NUMBER, "high": Type.NUMBER, "direction": Type.TEXT}, FUNCTIONS)

FACTS = {
    "optimizer.learning_rate": 5e-7,
    "direction": "below",
    "low": 5e-6,
    "high": 1e-5,
    "model.parameters": 1_235_814_400,
    "batch.per_device": 16,
    "batch.accumulation": 8,
    "precision.bf16": True,
    "peft.targets": ("q_proj", "v_proj"),
    "loss.beta": 0.1,
    "model.name": "a:b",
    "batch.devices": UNKNOWN,
}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "learning rate {optimizer.learning_rate:rate} is {direction} the band {low:rate}..{high:rate} "
            "for {model.parameters:size} models; {batch.per_device * batch.accumulation:count} pairs",
            "learning rate 5e-7 is below the band 5e-6..1e-5 for 1.2B models; 128 pairs",
        ),
        ("no field", "no field"),
        ("", ""),
        ("{{{loss.beta}}}", "{0.1}"),
        ("{{loss.beta}}", "{loss.beta}"),
        ("beta {loss.beta:percent}, bf16 {precision.bf16}", "beta 10 %, bf16 true"),
        ("bf16 {not precision.bf16:number}", "bf16 false"),
        ("{peft.targets}", "q_proj, v_proj"),
        ("{loss.beta:text}", "0.1"),
        ("{ loss.beta : number }", "0.1"),
        ("{batch.devices:count} devices, {critic.learning_rate:rate}", "? devices, ?"),
        ("{contains(model.name, 'a:')} {'}' if precision.bf16 else '{'}", "true }"),
        ("Größe {model.parameters:size} … ✓", "Größe 1.2B … ✓"),
        ("{key('dpo_training.beta')}", "true"),
    ],
)
def test_a_message_is_written_from_the_facts(template: str, message: str) -> None:
    parsed = parse_template(template, BANDED)

    assert render(parsed, looking_at(FACTS), FUNCTIONS) == message
    assert render(load_template(json.loads(json.dumps(dump_template(parsed)))), looking_at(FACTS), FUNCTIONS) == message


NOTATIONS = "there are rate, size, count, percent, number, text"


@pytest.mark.parametrize(
    ("template", "column", "message", "hint"),
    [
        ("rate {lowe:rate}", 7, "unknown name `lowe`", "did you mean low?"),
        ("größer als {1 + direction}", 17, "`direction` is a text, a number is needed", "write a number here"),
        ("beta {loss.beta", 6, "`{` opens a field that is never closed", "close it with `}`, or write `{{` for the brace itself"),
        ("beta } {loss.beta}", 6, "`}` closes no field", "write `}}` for the brace itself"),
        ("beta {}", 7, "the expression is empty", "write a condition or a value"),
        ("beta {loss.beta:}", 17, "the notation is missing after `:`", NOTATIONS),
        ("beta {loss.beta:.2f}", 17, "unknown notation `.2f`", NOTATIONS),
        ("bf16 {precision.bf16:rate}", 22, "a boolean cannot be written as a rate", "leave the notation out"),
        ("name {model.name:size}", 18, "a text cannot be written as a size", "leave the notation out"),
    ],
)
def test_a_bad_template_is_told_by_its_column(template: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_template(template, BANDED)

    assert (caught.value.column, caught.value.message, caught.value.hint) == (column, message, hint)


@pytest.mark.parametrize("template", ["x" * 4001, "{low}" * 41])
def test_templates_are_bounded(template: str) -> None:
    with pytest.raises(ExpressionError, match="the message"):
        parse_template(template, BANDED)


def test_a_template_knows_its_names() -> None:
    assert parse_template("{low:rate} {high} {low * 2}", BANDED).names == {"low", "high"}


@pytest.mark.parametrize(
    "data", [None, [], ["x"], ["x", [7]], ["x", [["colour", ["1", "number", [], [], ["const", 1]]]]], ["x", [["rate", []]]]]
)
def test_stored_data_that_is_no_template_is_refused(data: Any) -> None:
    with pytest.raises(ExpressionError, match="damaged"):
        load_template(data)
