from __future__ import annotations

import datetime
import math

import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from advisor.source.yaml_scalars import plain

_NUMBERLIKE = st.text("0123456789.eE+-_:xob", min_size=1, max_size=7)


def same(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and left == right


@given(_NUMBERLIKE)
@example("1:30.5")
@example("-1:59")
@example("0_7")
@example("+0x_F")
@example("-.inf")
def test_legacy_is_what_pyyaml_reads(text: str) -> None:
    try:
        expected = yaml.safe_load(f"[{text}]")[0]
    except (yaml.YAMLError, ValueError):  # such as `0b_`, which PyYAML resolves to an integer and then cannot convert
        return
    if isinstance(expected, (datetime.date, dict)):
        return
    assert same(plain(text)[1], expected)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**18), 10**18))
def test_python_spellings_of_numbers_are_numbers_in_yaml_1_2(number: float) -> None:
    assert same(plain(repr(number))[0], number)


def test_numbers_agree_with_a_yaml_1_2_loader() -> None:
    numbers = ["5e-7", "1e5", "1E-6", "+1.5e3", ".5", "-.5", "5.", "0o17", "017", "0x1F", "1_000", "12", "-3", ".inf", "-.inf"]
    words = ["yes", "on", "true", "TRUE", "~", "null", "Null", "a", "1.2.3", "1:30", "e5", "_1", "1_", "0x"]
    loader = YAML(typ="safe", pure=True)
    for text in numbers + words:
        expected = loader.load(f"a: {text}")["a"]
        if text != "1_":  # ruamel takes any underscore; one that separates no digits is text here
            assert same(plain(text)[0], expected), text
