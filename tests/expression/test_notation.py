from __future__ import annotations

import math

import pytest

from advisor.expression.notation import count, number, percent, rate, size, text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (5e-07, "5e-7"),
        (2.5e-06, "2.5e-6"),
        (0.0001, "1e-4"),
        (0.001, "1e-3"),
        (1.2345e-5, "1.234e-5"),
        (5 * 1e-6, "5e-6"),
        (9.99999e-05, "1e-4"),
        (0.0099999, "0.01"),
        (0.05, "0.05"),
        (1, "1"),
        (0, "0"),
        (-3e-05, "-3e-5"),
        (math.inf, "inf"),
    ],
)
def test_rates_are_written_as_in_the_field(value: float, written: str) -> None:
    assert rate(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.2358e9, "1.2B"),
        (494e6, "494M"),
        (7e9, "7B"),
        (70.6e9, "70.6B"),
        (671e9, "671B"),
        (1.04e12, "1T"),
        (2.5e15, "2500T"),
        (999.96e6, "1B"),
        (12_345, "12.3K"),
        (600, "600"),
        (-5e6, "-5M"),
        (0, "0"),
    ],
)
def test_sizes_have_the_unit_of_model_names(value: float, written: str) -> None:
    assert size(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(14_400, "14400"), (99_999, "99999"), (100_000, "100K"), (1_240_000, "1.2M"), (2.5, "2.5"), (64.0, "64")]
)
def test_counts_are_in_full_while_they_are_short(value: float, written: str) -> None:
    assert count(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(0.1, "10 %"), (0.125, "12.5 %"), (0.0003, "0.03 %"), (1 / 3, "33.3 %"), (1, "100 %"), (12.34567, "1235 %")]
)
def test_shares_become_percentages(value: float, written: str) -> None:
    assert percent(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (math.log(2), "0.693147"),
        (128.0, "128"),
        (1_234_567, "1234567"),
        (0.1, "0.1"),
        (5e-7, "5e-7"),
        (123_456.7, "123457"),
        (1.5e20, "1.5e20"),
        (-0.0, "0"),
        (-math.inf, "-inf"),
    ],
)
def test_numbers_have_no_idle_digits(value: float, written: str) -> None:
    assert number(value) == written


def test_any_value_has_a_text() -> None:
    assert [text(value) for value in (True, False, "dpo", 0.5, ("a", 1))] == ["true", "false", "dpo", "0.5", "a, 1"]
