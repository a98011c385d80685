import json
import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from advisor.fixes.edit import Refusal
from advisor.fixes.notation import written, written_key
from advisor.source.document import Format, Scalar, Span
from advisor.source.toml_source import tomllib


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5e-06, "5.0e-6"),
        (1e-6, "1.0e-6"),
        (2.5e-6, "2.5e-6"),
        (0.01, "0.01"),
        (0.001, "0.001"),
        (0.0001, "1.0e-4"),
        (0.00015, "1.5e-4"),
        (-5e-7, "-5.0e-7"),
        (0.0, "0.0"),
        (1.0, "1.0"),
        (123456.5, "123456.5"),
        (1e16, "1.0e+16"),
        (8, "8"),
        (True, "true"),
        (None, "null"),
        ((0.9, 1e-5, "a"), "[0.9, 1.0e-5, a]"),
        ((), "[]"),
    ],
)
def test_yaml(value: object, text: str) -> None:
    assert written(value, "yaml") == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("format", "value", "text"),
    [
        ("json", 5e-6, "5.0e-6"),
        ("json", True, "true"),
        ("json", None, "null"),
        ("json", 'a"b', '"a\\"b"'),
        ("toml", 5e-6, "5.0e-6"),
        ("toml", False, "false"),
        ("toml", math.inf, "inf"),
        ("toml", ("a", 1), '["a", 1]'),
        ("python", 5e-6, "5e-6"),
        ("python", 2.5e-6, "2.5e-6"),
        ("python", 1e16, "1e+16"),
        ("python", True, "True"),
        ("python", None, "None"),
        ("python", "a", '"a"'),
        ("python", ("a", 1), '["a", 1]'),
        ("shell", 5e-6, "5e-6"),
        ("shell", True, "True"),
        ("shell", "a b", "'a b'"),
        ("shell", "a/b-c", "a/b-c"),
    ],
)
def test_other_formats(format: Format, value: object, text: str) -> None:  # noqa: A002
    assert written(value, format) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(("format", "value"), [("json", math.nan), ("python", math.inf), ("toml", None), ("shell", ("a",))])
def test_what_a_format_cannot_hold(format: Format, value: object) -> None:  # noqa: A002
    with pytest.raises(Refusal):
        written(value, format)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "legacy", "new", "text"),
    [
        ("True", True, False, "False"),
        ("TRUE", True, False, "FALSE"),
        ("true", True, False, "false"),
        ("yes", True, False, "no"),
        ("Off", False, True, "On"),
        ("NO", False, False, "NO"),
        ("3", 3, True, "true"),
    ],
)
def test_booleans_are_spelled_as_in_the_file(old: str, legacy: object, new: bool, text: str) -> None:
    like = Scalar(Span(0, len(old)), legacy, legacy, "plain")  # type: ignore[arg-type]
    assert written(new, "yaml", like, old) == text


def test_quotes_and_brackets_follow_the_old_value() -> None:
    assert written("b", "yaml", text="'a'") == "'b'"
    assert written("b", "yaml", text='"a"') == '"b"'
    assert written("b", "python", text="'a'") == "'b'"
    assert written("b", "toml", text="'a'") == "'b'"
    assert written("b c", "shell", text='"a"') == '"b c"'
    assert written("b", "shell", text="'a'") == "'b'"
    assert written("$x", "shell", text='"a"') == "'$x'"
    assert written(("a",), "python", text="(1, 2)") == '("a",)'
    assert written((1, 2), "yaml", text="[ 1 ]") == "[ 1, 2 ]"


def test_keys() -> None:
    assert written_key("beta", "yaml") == "beta"
    assert written_key("on", "yaml") == '"on"'
    assert written_key("a.b", "toml") == '"a.b"'
    assert written_key("b", "python", '"a"') == '"b"'
    with pytest.raises(Refusal):
        written_key("not a name", "python", "a")


FLOATS = st.floats(allow_nan=False)


@given(FLOATS)
def test_every_reader_of_yaml_takes_a_float_for_the_same_float(value: float) -> None:
    text = f"a: {written(value, 'yaml')}\n"
    for read in (yaml.safe_load(text)["a"], YAML(typ="safe", pure=True).load(text)["a"]):
        assert isinstance(read, float)
        assert read == value


@given(FLOATS.filter(math.isfinite))
def test_floats_of_other_formats(value: float) -> None:
    assert json.loads(written(value, "json")) == value
    assert tomllib.loads(f"a = {written(value, 'toml')}") == {"a": value}
    assert float(written(value, "shell")) == value
    assert float(written(value, "python")) == value


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["", "'a'", '"a"', "a"]))
def test_text_is_read_back_as_the_same_text(value: str, like: str) -> None:
    text = f"a: {written(value, 'yaml', text=like)}\nb: 1\n"
    assert yaml.safe_load(text) == {"a": value, "b": 1}
    assert YAML(typ="safe", pure=True).load(text) == {"a": value, "b": 1}
    flow = f"{{a: [{written((value,), 'yaml')[1:-1]}], b: 1}}"
    assert yaml.safe_load(flow) == {"a": [value], "b": 1}
    assert json.loads(written(value, "json")) == value
    assert tomllib.loads(f"a = {written(value, 'toml', text=like)}") == {"a": value}
    assert eval(written(value, "python", text=like)) == value
