from __future__ import annotations

import math
from enum import Enum
from typing import Any

import pytest

from advisor.expression import ABSENT, UNKNOWN, Environment, Function, Type, evaluate, missing, parse

from .declared import ENVIRONMENT, FUNCTIONS, looking_at

DPO = {
    "method": "dpo",
    "model.name": "Qwen2.5-0.5B",
    "model.parameters": 494_000_000,
    "optimizer.learning_rate": 5e-7,
    "batch.per_device": 4,
    "batch.accumulation": 8,
    "loss.beta": 0.1,
    "precision.bf16": True,
    "peft.targets": ("q_proj", "v_proj"),
    "reward.weights": (0.5, 0.5),
}


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("method == 'dpo' and model.parameters < 1e9", True),
        ("optimizer.learning_rate >= 5e-6", False),
        ("batch.per_device * batch.accumulation", 32),
        ("batch.per_device * batch.accumulation % 3 != 0", True),
        ("batch.accumulation // 3", 2),
        ("batch.accumulation / batch.per_device", 2.0),
        ("-batch.per_device + 1", -3),
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("1 < batch.per_device <= 4 < 5", True),
        ("1 < batch.per_device < 4", False),
        ("method in ['dpo', 'ipo']", True),
        ("method not in ('grpo', 'ppo')", True),
        ("batch.per_device in [1, 2]", False),
        ("'q_proj' in peft.targets", True),
        ("'k_proj' not in peft.targets", True),
        ("0.5 in reward.weights", True),
        ("'half' in reward.weights", False),
        ("1 in peft.targets", False),
        ("peft.targets == ['q_proj', 'v_proj']", True),
        ("reward.weights != [0.5]", True),
        ("precision.bf16 == True", True),
        ("not precision.bf16", False),
        ("'fast' if precision.bf16 else 'slow'", "fast"),
        ("2 if method == 'grpo' else 1", 1),
        ("min(batch.per_device, 3, 9)", 3),
        ("max(1, batch.per_device)", 4),
        ("clamp(batch.per_device, 8, 16)", 8),
        ("abs(loss.beta - 0.3)", pytest.approx(0.2)),
        ("pow(batch.per_device, 3)", 64),
        ("pow(4, -1)", 0.25),
        ("sqrt(16) + log2(8) + log(1) + exp(0)", 8.0),
        ("lcm(6, 128)", 384),
        ("floor(2.7) + ceil(2.1) + round(2.6)", 8),
        ("len(peft.targets) + len(method)", 5),
        ("lower(model.name)", "qwen2.5-0.5b"),
        ("startswith(model.name, 'Qwen') and contains(model.name, '2.5')", True),
        ("contains(method, 'DPO')", False),
        ("key('dpo_training.beta')", True),
        ("inverse(batch.per_device)", 0.25),
        ("method\n  == 'dpo'", True),
    ],
)
def test_known_facts_settle_an_expression(source: str, result: Any) -> None:
    value = evaluate(parse(source, ENVIRONMENT), looking_at(DPO), FUNCTIONS)

    assert value == result
    assert isinstance(value, bool) == isinstance(result, bool)


PARTLY = {"method": "dpo", "loss.beta": 0.1, "batch.devices": UNKNOWN, "precision.fp16": UNKNOWN, "model.name": UNKNOWN}


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("rollout.group_size", UNKNOWN),
        ("rollout.group_size > 1", UNKNOWN),
        ("batch.devices * 2 > 1", UNKNOWN),
        ("2 * batch.devices", UNKNOWN),
        ("-batch.devices", UNKNOWN),
        ("rollout.group_size > 1 and method == 'dpo'", UNKNOWN),
        ("rollout.group_size > 1 and method == 'grpo'", False),
        ("method == 'grpo' and rollout.group_size > 1", False),
        ("rollout.group_size > 1 or method == 'dpo'", True),
        ("rollout.group_size > 1 or method == 'grpo'", UNKNOWN),
        ("not precision.fp16", UNKNOWN),
        ("precision.fp16 or not precision.fp16", UNKNOWN),
        ("1 < batch.devices < 0", UNKNOWN),
        ("1 < 0 < batch.devices", False),
        ("batch.devices < 1 < 0", False),
        ("0 < 1 < batch.devices", UNKNOWN),
        ("1 if precision.fp16 else 1", UNKNOWN),
        ("loss.beta if method == 'dpo' else batch.devices", 0.1),
        ("batch.devices if method == 'dpo' else loss.beta", UNKNOWN),
        ("model.name in ['a', 'b']", UNKNOWN),
        ("'q_proj' in peft.targets", UNKNOWN),
        ("max(1, batch.devices)", UNKNOWN),
        ("has(loss.beta)", True),
        ("has(rollout.group_size)", False),
        ("has(batch.devices)", UNKNOWN),
        ("known(loss.beta)", True),
        ("known(rollout.group_size)", True),
        ("known(batch.devices)", False),
        ("has(rollout.group_size) and rollout.group_size > 1", False),
        ("default(loss.beta, 0.5)", 0.1),
        ("default(rollout.group_size, -1)", -1),
        ("default(reward.weights, [1])", (1,)),
        ("default(batch.devices, 1)", UNKNOWN),
    ],
)
def test_facts_that_are_absent_or_unknown_leave_open_only_what_they_could_settle(source: str, result: Any) -> None:
    value = evaluate(parse(source, ENVIRONMENT), looking_at(PARTLY))

    assert value is result if result is UNKNOWN else value == result


@pytest.mark.parametrize(
    "source",
    [
        "loss.beta / 0",
        "loss.beta % 0",
        "1 // (loss.beta - loss.beta)",
        "1 / 0 == 1 / 0",
        "sqrt(-1)",
        "lcm(6, 0.5)",
        "log(0)",
        "log2(-loss.beta)",
        "exp(1000)",
        "pow(10, 65)",
        "pow(2, -65)",
        "pow(1e10, 60)",
        "pow(0, -1)",
        "pow(-8, 1 / 3)",
        "1e200 * 1e200",
        "clamp(1, 3, 2)",
        "inverse(loss.beta - loss.beta)",
    ],
)
def test_what_arithmetic_cannot_give_is_unknown(source: str) -> None:
    assert evaluate(parse(source, ENVIRONMENT), looking_at({"loss.beta": 0.1}), FUNCTIONS) is UNKNOWN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("loss.beta", True),
        ("loss.beta", "0.1"),
        ("loss.beta", None),
        ("loss.beta", math.nan),
        ("loss.beta", 10**400),
        ("method", 3),
        ("precision.bf16", 1),
        ("precision.bf16", "true"),
        ("peft.targets", "all-linear"),
        ("reward.weights", (0.5, None)),
        ("reward.weights", (0.5, math.nan)),
    ],
)
def test_a_value_that_is_not_of_the_declared_type_counts_as_unknown(name: str, value: Any) -> None:
    expression = parse(name, ENVIRONMENT)

    assert evaluate(expression, looking_at({name: value})) is UNKNOWN
    assert missing(expression, looking_at({name: value})) == (name,)
    assert evaluate(parse(f"has({name})", ENVIRONMENT), looking_at({name: value})) is True


def test_a_list_from_a_file_is_read_as_a_tuple() -> None:
    assert evaluate(parse("peft.targets", ENVIRONMENT), looking_at({"peft.targets": ["q_proj"]})) == ("q_proj",)


def test_scalars_that_remember_how_they_were_written_are_read_as_plain_values() -> None:
    class Scalar(float):
        pass

    class Method(str, Enum):
        DPO = "dpo"

    facts = looking_at({"loss.beta": Scalar(0.1), "method": Method.DPO})

    assert type(evaluate(parse("loss.beta", ENVIRONMENT), facts)) is float
    assert type(evaluate(parse("method", ENVIRONMENT), facts)) is str
    assert evaluate(parse("method == 'dpo'", ENVIRONMENT), facts) is True


def test_infinity_is_a_value_when_a_file_says_so_and_none_when_it_was_computed() -> None:
    endless = looking_at({"loss.beta": math.inf})

    assert evaluate(parse("loss.beta > 1e300", ENVIRONMENT), endless) is True
    assert evaluate(parse("min(loss.beta, 2)", ENVIRONMENT), endless) == 2
    assert evaluate(parse("loss.beta * 2", ENVIRONMENT), endless) is UNKNOWN
    assert evaluate(parse("floor(loss.beta)", ENVIRONMENT), endless) is UNKNOWN


@pytest.mark.parametrize("comparison", ["==", "<=", ">="])
def test_a_rate_at_the_edge_of_a_band_is_inside_however_it_was_computed(comparison: str) -> None:
    rate = looking_at({"optimizer.learning_rate": 5 * 1e-6, "loss.beta": 0.1 + 0.2})

    assert 5 * 1e-6 < 5e-6
    assert evaluate(parse("optimizer.learning_rate < 5e-6", ENVIRONMENT), rate) is False
    assert evaluate(parse(f"optimizer.learning_rate {comparison} 5e-6", ENVIRONMENT), rate) is True
    assert evaluate(parse(f"loss.beta {comparison} 0.3", ENVIRONMENT), rate) is True
    assert evaluate(parse("loss.beta in [0.3]", ENVIRONMENT), rate) is True
    assert evaluate(parse("loss.beta < 0.3 or loss.beta > 0.3 or loss.beta != 0.3", ENVIRONMENT), rate) is False


def test_the_tolerance_is_relative_and_leaves_small_rates_and_whole_numbers_apart() -> None:
    facts = looking_at({"optimizer.learning_rate": 1e-300, "model.parameters": 10**17 + 1})

    assert evaluate(parse("optimizer.learning_rate > 0", ENVIRONMENT), facts) is True
    assert evaluate(parse("optimizer.learning_rate == 1.00001e-300", ENVIRONMENT), facts) is False
    assert evaluate(parse("model.parameters == 100000000000000000", ENVIRONMENT), facts) is False


def test_the_result_of_a_declared_function_is_held_to_its_declaration() -> None:
    expression = parse("twice(method) > 0", ENVIRONMENT)

    assert evaluate(expression, looking_at({"method": "dpo"}), FUNCTIONS) is UNKNOWN


def test_a_function_sees_only_known_values_and_may_answer_unknown() -> None:
    seen: list[object] = []

    def note(value: object) -> Any:
        seen.append(value)
        return UNKNOWN

    environment = Environment({"loss.beta": Type.NUMBER}, {"note": Function((Type.NUMBER,), Type.BOOLEAN, note)})
    expression = parse("note(loss.beta) or loss.beta > 1", environment)

    assert evaluate(expression, looking_at({}), environment.functions) is UNKNOWN
    assert seen == []
    assert evaluate(expression, looking_at({"loss.beta": 2}), environment.functions) is True
    assert seen == [2]


def test_a_function_that_was_declared_and_is_not_supplied_is_named() -> None:
    with pytest.raises(KeyError, match="key"):
        evaluate(parse("key('a')", ENVIRONMENT), looking_at({}))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("loss.beta > 0", ()),
        ("rollout.group_size > 1", ("rollout.group_size",)),
        ("rollout.group_size > 1 or method == 'dpo'", ()),
        ("rollout.group_size > 1 or method == 'grpo'", ("rollout.group_size",)),
        ("rollout.group_size * batch.devices > rollout.group_size", ("rollout.group_size", "batch.devices")),
        ("(rollout.group_size > 1 or method == 'dpo') and batch.devices > 1", ("batch.devices",)),
        ("method == 'grpo' and rollout.group_size > 1", ()),
        ("batch.devices if method == 'dpo' else rollout.group_size", ("batch.devices",)),
        ("batch.devices if precision.fp16 else rollout.group_size", ("precision.fp16",)),
        ("1 < batch.devices < rollout.group_size", ("batch.devices", "rollout.group_size")),
        ("has(batch.devices)", ("batch.devices",)),
        ("has(rollout.group_size)", ()),
        ("known(batch.devices) and default(batch.devices, 1) > 1", ()),
        ("default(batch.devices, 1) > 1", ("batch.devices",)),
        ("max(batch.devices, loss.beta, rollout.group_size) > 1", ("batch.devices", "rollout.group_size")),
        ("loss.beta / 0 > 1", ()),
        ("loss.beta / 0 > batch.devices", ("batch.devices",)),
    ],
)
def test_missing_names_what_would_have_settled_the_expression(source: str, names: tuple[str, ...]) -> None:
    assert missing(parse(source, ENVIRONMENT), looking_at(PARTLY)) == names


def test_a_bare_tree_is_evaluated_like_its_expression() -> None:
    expression = parse("loss.beta > 0.01 or rollout.group_size > 1", ENVIRONMENT)

    assert expression.tree[0] == "or"
    assert evaluate(expression.tree, looking_at({"loss.beta": 0.1})) is True
    assert missing(expression.tree, lambda name: ABSENT) == ("loss.beta", "rollout.group_size")
