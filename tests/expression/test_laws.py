from __future__ import annotations

import json
import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from advisor.expression import ABSENT, UNKNOWN, Environment, ExpressionError, Type, dump, evaluate, load, missing, parse

from .declared import ENVIRONMENT, FUNCTIONS, looking_at

NUMBERS = ("batch.devices", "batch.accumulation", "loss.beta")
BOOLEANS = ("precision.bf16", "precision.fp16", "memory.fused")
TEXTS = ("method", "model.name")
WORDS = ("dpo", "grpo", "")

DECLARED = Environment(
    {**dict.fromkeys(NUMBERS, Type.NUMBER), **dict.fromkeys(BOOLEANS, Type.BOOLEAN), **dict.fromkeys(TEXTS, Type.TEXT)}, {}
)

whole = st.integers(-20, 20)
facts = st.fixed_dictionaries(
    {
        **dict.fromkeys(NUMBERS, whole),
        **dict.fromkeys(BOOLEANS, st.booleans()),
        **dict.fromkeys(TEXTS, st.sampled_from(WORDS)),
    }
)
partial_facts = st.fixed_dictionaries(
    {
        **dict.fromkeys(NUMBERS, whole | st.sampled_from([ABSENT, UNKNOWN])),
        **dict.fromkeys(BOOLEANS, st.booleans() | st.sampled_from([ABSENT, UNKNOWN])),
        **dict.fromkeys(TEXTS, st.sampled_from([*WORDS, ABSENT, UNKNOWN])),
    }
)

word = st.sampled_from([repr(item) for item in WORDS])


def numbers(depth: int) -> st.SearchStrategy[str]:
    leaf = whole.map(str) | st.sampled_from(NUMBERS)
    if not depth:
        return leaf
    part = numbers(depth - 1)
    return st.one_of(
        leaf,
        st.builds("{} {} {}".format, leaf, st.sampled_from(["+", "-", "*", "//", "%"]), leaf),
        st.builds("({} {} {})".format, part, st.sampled_from(["+", "-", "*", "//", "%"]), part),
        st.builds("-{}".format, leaf),
        st.builds("max({}, {})".format, part, part),
        st.builds("abs({})".format, part),
        st.builds("({} if {} else {})".format, part, booleans(depth - 1), part),
    )


def booleans(depth: int) -> st.SearchStrategy[str]:
    texts = st.sampled_from(TEXTS) | word
    leaf = st.sampled_from([*BOOLEANS, "True", "False"])
    if not depth:
        return leaf
    part, number = booleans(depth - 1), numbers(depth - 1)
    order = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, number, order, number),
        st.builds("({} {} {} {} {})".format, number, order, number, order, number),
        st.builds("({} {} {})".format, texts, st.sampled_from(["==", "!="]), texts),
        st.builds("({} {} [{}, {}])".format, texts, st.sampled_from(["in", "not in"]), word, word),
        st.builds("({} {} {})".format, part, st.sampled_from(["and", "or", "=="]), part),
        st.builds("({} and {} or {})".format, part, part, part),
        st.builds("(not {})".format, part),
    )


def by_python(source: str, values: Mapping[str, Any]) -> Any:
    """What Python makes of the same source, with the facts as attributes."""
    groups: dict[str, Any] = {"max": max, "abs": abs}
    for name, value in values.items():
        group, _, attribute = name.partition(".")
        if attribute:
            setattr(groups.setdefault(group, SimpleNamespace()), attribute, value)
        else:
            groups[name] = value
    return eval(source, {"__builtins__": {}}, groups)


@given(booleans(3) | numbers(3), facts)
def test_known_facts_give_what_python_gives(source: str, values: dict[str, Any]) -> None:
    ours = evaluate(parse(source, DECLARED), looking_at(values))
    try:
        expected = by_python(source, values)
    except ZeroDivisionError:
        return
    assert ours == expected
    assert type(ours) is type(expected)


finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(finite, finite, st.sampled_from(["+", "-", "*", "/"]))
def test_arithmetic_on_fractions_is_that_of_floats(left: float, right: float, sign: str) -> None:
    ours = evaluate(parse(f"loss.beta {sign} batch.devices", DECLARED), looking_at({"loss.beta": left, "batch.devices": right}))
    if ours is UNKNOWN:
        assert sign == "/"
        assert right == 0 or not math.isfinite(left / right)
    else:
        assert ours == eval(f"left {sign} right")


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_of_less_equal_and_greater_exactly_one_holds(left: float, right: float) -> None:
    values = looking_at({"loss.beta": left, "batch.devices": right})
    holding = [sign for sign in ("<", "==", ">") if evaluate(parse(f"loss.beta {sign} batch.devices", DECLARED), values)]

    assert len(holding) == 1
    assert evaluate(parse("loss.beta <= batch.devices", DECLARED), values) is (holding != [">"])
    assert evaluate(parse("loss.beta >= batch.devices", DECLARED), values) is (holding != ["<"])


@given(booleans(3) | numbers(3), partial_facts, facts)
def test_what_is_known_stays_when_more_becomes_known(source: str, some: dict[str, Any], values: dict[str, Any]) -> None:
    expression = parse(source, DECLARED)
    early = evaluate(expression, looking_at(some))
    late = evaluate(expression, looking_at({name: values[name] if value in (ABSENT, UNKNOWN) else value for name, value in some.items()}))

    if early is not UNKNOWN:
        assert late == early


@given(booleans(3) | numbers(3), partial_facts)
def test_missing_names_are_without_value_and_only_where_the_result_is(source: str, some: dict[str, Any]) -> None:
    expression = parse(source, DECLARED)
    names = missing(expression, looking_at(some))

    assert expression.names.issuperset(names)
    assert all(some[name] in (ABSENT, UNKNOWN) for name in names)
    if evaluate(expression, looking_at(some)) is not UNKNOWN:
        assert names == ()


truth = st.sampled_from([True, False, ABSENT, UNKNOWN])

LAWS = (
    ("not (a and b)", "not a or not b"),
    ("not (a or b)", "not a and not b"),
    ("a and (a or b)", "a"),
    ("a or (a and b)", "a"),
    ("not not a", "a"),
    ("a and b", "b and a"),
    ("a or b", "b or a"),
    ("(a and b) and c", "a and b and c"),
    ("(a or b) or c", "a or b or c"),
    ("a and (b or c)", "(a and b) or (a and c)"),
    ("a or (b and c)", "(a or b) and (a or c)"),
    ("a and True", "a"),
    ("a or False", "a"),
    ("a and False", "False"),
    ("a or True", "True"),
)

LETTERS = Environment(dict.fromkeys("abc", Type.BOOLEAN), {})


@given(truth, truth, truth)
def test_the_laws_of_kleene_hold(a: Any, b: Any, c: Any) -> None:
    values = looking_at({"a": a, "b": b, "c": c})
    for left, right in LAWS:
        assert evaluate(parse(left, LETTERS), values) is evaluate(parse(right, LETTERS), values), (left, right)


@given(booleans(3) | numbers(3), partial_facts)
def test_a_stored_expression_is_the_same_expression(source: str, some: dict[str, Any]) -> None:
    expression = parse(source, DECLARED)
    loaded = load(json.loads(json.dumps(dump(expression))))

    assert loaded == expression
    assert evaluate(loaded, looking_at(some)) == evaluate(expression, looking_at(some))


FRAGMENTS = """
loss.beta method precision.bf16 peft.targets nothing has known default max len key 1 0 1e-5 9e999 'dpo' "x True None é ( ) [ ] { }
and or not in is if else lambda for + - * / // % ** < <= == != = , . : ; ~ @ & | ! # \\ ' "
"""
pieces = st.lists(st.sampled_from(FRAGMENTS.split()), max_size=30).map(" ".join)


@given(st.text(max_size=60) | pieces | st.text("()[]-+'\"not 1", max_size=2100), partial_facts)
@example("(" * 5000, {})
@example("-" * 100_000, {})
@example("not " * 500, {})
@example("[" * 30 + "-" * 1900, {})
@example("a" + ".a" * 990, {})
@example("max(" * 39 + "1, 1" + ")" * 39, {})
def test_any_text_is_an_expression_or_an_error_for_the_reader(source: str, some: dict[str, Any]) -> None:
    try:
        expression = parse(source, ENVIRONMENT)
    except ExpressionError as error:
        assert 1 <= error.column <= len(source) + 1
        assert error.message
        assert error.hint
        return
    result = evaluate(expression, looking_at(some), FUNCTIONS)
    assert result is UNKNOWN or isinstance(result, (bool, int, float, str, tuple))
