"""Expected figures are worked out by hand beside each test."""

from __future__ import annotations

import inspect
import math
import statistics as standard
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.history import statistics

NAN, INF = math.nan, math.inf
BROKEN = [1.0, NAN, 3.0, INF, NAN, NAN, 5.0]
TEN = [float(value) for value in range(1, 11)]


def test_counts() -> None:
    assert statistics.count(BROKEN) == 7
    assert statistics.nonfinite_count(BROKEN) == 4
    assert statistics.longest_nonfinite(BROKEN) == 3
    assert statistics.longest_nonfinite(TEN) == 0


def test_simple_figures_leave_out_what_is_no_number() -> None:
    assert statistics.first([NAN, 2.0, 4.0]) == 2.0
    assert statistics.last([2.0, 4.0, INF]) == 4.0
    assert statistics.mean(BROKEN) == 3.0
    assert statistics.median(BROKEN) == 3.0
    assert statistics.median([1.0, 2.0, 10.0, 20.0]) == 6.0
    assert (statistics.minimum(BROKEN), statistics.maximum(BROKEN)) == (1.0, 5.0)


def test_spread_divides_by_n_minus_one() -> None:
    assert statistics.spread([1.0, 3.0, NAN, 5.0]) == 2.0
    assert statistics.spread([1.0]) is None


def test_head_and_tail_hold_three_points_at_least() -> None:
    assert statistics.head(TEN, 0.1) == [1, 2, 3]
    assert statistics.tail(TEN, 0.4) == [7, 8, 9, 10]
    assert statistics.tail([1.0, 2.0], 0.1) == [1, 2]
    assert statistics.head_mean(TEN, 0.4) == 2.5
    assert statistics.tail_mean(TEN, 0.4) == 8.5
    assert statistics.tail_median([*TEN[:-1], 100.0], 0.3) == 9.0
    assert statistics.tail([float(value) for value in range(200)], 0.29) == [float(value) for value in range(142, 200)]


def test_change_and_its_error() -> None:
    # heads 1..3 (mean 2, variance 1), tails 8..10 (mean 9, variance 1): sqrt(1/3 + 1/3)
    assert statistics.change(TEN, 0.2) == 7.0
    assert statistics.change_error(TEN, 0.2) == pytest.approx(math.sqrt(2 / 3))
    assert statistics.change([1.0, 2.0, 3.0, 4.0], 0.2) is None


def test_slope_is_per_step() -> None:
    assert statistics.slope([0, 10, 20], [1.0, 2.0, 3.0]) == pytest.approx(0.1)
    # means 20 and 4: (-10)(-1) + 0(-1) + 10(2) = 30 over 100 + 0 + 100
    assert statistics.slope([10, 20, 30], [3.0, 3.0, 6.0]) == pytest.approx(30 / 200)
    assert statistics.slope([1, 2, 3], [NAN, 2.0, 4.0]) == pytest.approx(2.0)
    assert statistics.slope([5], [1.0]) is None
    assert statistics.slope([5, 5], [1.0, 2.0]) is None


def test_shares() -> None:
    values = [0.0, 1e-9, -1e-9, 0.5, NAN]
    assert statistics.share_zero(values, 1e-6) == 0.75
    assert statistics.share_above(values, 0.0) == 0.5
    assert statistics.share_below(values, 0.0) == 0.25
    assert statistics.share_zero([NAN], 1.0) is None


def test_first_steps() -> None:
    steps, values = [10, 20, 30, 40], [0.1, NAN, 0.9, 0.05]
    assert statistics.first_step_above(steps, values, 0.5) == 30
    assert statistics.first_step_below(steps, values, 0.1) == 40
    assert statistics.first_step_above(steps, values, 1.0) is None
    assert statistics.first_step_nonfinite(steps, values) == 20


def test_block_means() -> None:
    assert statistics.block_means(TEN, 5) == [1.5, 3.5, 5.5, 7.5, 9.5]
    # seven values in three blocks: edges 0, 2, 4, 7
    assert statistics.block_means([1.0, 3.0, 5.0, 7.0, 9.0, 9.0, 9.0], 3) == [2.0, 6.0, 9.0]
    assert statistics.block_means([1.0, NAN, 2.0], 5) == [1.0, 2.0]


def test_rises_between_epochs() -> None:
    losses = [0.5, 0.75, 0.6, 0.75]
    assert statistics.relative_rises(losses) == pytest.approx([0.5, -0.2, 0.25])
    assert statistics.largest_relative_rise(losses) == pytest.approx(0.5)
    assert statistics.block_spikes(losses, 5, 0.3) == 1
    assert statistics.block_spikes(losses, 5, 0.2) == 2
    assert statistics.largest_relative_rise([0.0, 1.0]) == INF
    assert statistics.largest_relative_rise([-2.0, -1.0]) == 0.5
    assert statistics.largest_relative_rise([1.0]) is None


def test_rising_share() -> None:
    assert statistics.rising_share([1.0, 2.0, 2.0, 3.0, 1.0]) == 0.5
    assert statistics.rising_share(TEN) == 1.0
    assert statistics.rising_share([1.0]) is None


def test_detrended_deviation_of_the_last_half() -> None:
    # last half 0, 3, 0; moving means 1, 1, 1; residuals -1, 2, -1 around 0: sqrt(6 / 3)
    assert statistics.detrended_std([9.0, 9.0, 9.0, 0.0, 3.0, 0.0]) == pytest.approx(math.sqrt(2))
    assert statistics.detrended_std([0.0] * 20) == 0.0
    assert statistics.detrended_std(TEN[:4]) is None


def test_rolling_deviation_is_largest_where_the_window_is_short() -> None:
    # the first two points differ by 0.75: 0.75 / sqrt(2)
    assert statistics.largest_rolling_spread([0.0, 0.75, 0.5, 0.75, 0.5], 5) == pytest.approx(0.75 / math.sqrt(2))
    assert statistics.largest_rolling_spread([1.0, 1.0, 1.0, 4.0], 3) == pytest.approx(math.sqrt(3))
    assert statistics.largest_rolling_spread([1.0], 5) is None


def test_a_trend_is_no_deviation() -> None:
    rising = [float(value) for value in range(100)]
    assert statistics.spread(rising) == pytest.approx(29.01, abs=0.01)
    deviation = statistics.detrended_std(rising)
    assert deviation is not None and deviation < 0.4


def test_spikes_against_the_running_median() -> None:
    values = [1.0, 1.1, 0.9] * 5 + [8.0, 9.0] + [1.0, 1.1, 0.9] * 5
    steps = [10.0 * index for index in range(len(values))]
    found = statistics.median_spikes(steps, values, 10, 2)
    assert found == [150.0, 160.0]
    assert statistics.longest_streak(steps, found) == 2
    assert statistics.median_spikes(steps, values, 10, 10) == []


def test_the_first_ten_points_are_not_judged() -> None:
    steps = [float(index) for index in range(12)]
    assert statistics.median_spikes(steps, [1.0] * 9 + [50.0, 1.0, 1.0], 10, 2) == []
    assert statistics.median_spikes(steps, [1.0] * 10 + [50.0, 1.0], 10, 2) == [10.0]


ANY = st.lists(st.floats(), max_size=60)
EXTRA: dict[str, object] = {
    "share": 0.2,
    "tolerance": 1e-6,
    "limit": 0.5,
    "blocks": 5,
    "window": 5,
    "size": 5,
    "rise": 0.3,
    "deviations": 10,
    "ratio": 2,
}
FUNCTIONS = [
    function
    for name, function in inspect.getmembers(statistics, inspect.isfunction)
    if function.__module__ == statistics.__name__ and not name.startswith("_")
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
@given(values=ANY)
def test_no_values_break_a_function(function: Callable[..., object], values: list[float]) -> None:
    given_values: dict[str, object] = {**EXTRA, "steps": [float(index) for index in range(len(values))], "values": values, "found": [0.0]}
    result = function(**{name: given_values[name] for name in inspect.signature(function).parameters})
    assert result is None or isinstance(result, (int, float, list))
    if isinstance(result, float):
        assert not math.isnan(result)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_against_the_standard_library(values: list[float]) -> None:
    assert statistics.mean(values) == pytest.approx(standard.fmean(values), abs=1e-9)
    assert statistics.median(values) == pytest.approx(standard.median(values), abs=1e-9)
    assert statistics.spread(values) == pytest.approx(standard.stdev(values), rel=1e-6, abs=1e-6)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 8))
def test_blocks_cover_all_values(values: list[float], blocks: int) -> None:
    means = statistics.block_means(values, blocks)
    assert len(means) == min(blocks, len(values))
    assert min(values) - 1e-6 <= min(means) and max(means) <= max(values) + 1e-6


@given(st.lists(st.floats(0.01, 1e3), min_size=12, max_size=80))
def test_the_running_median_agrees_with_sorting_anew(values: list[float]) -> None:
    steps = [float(index) for index in range(len(values))]
    expected = []
    for index in range(10, len(values)):
        window = values[max(0, index - 20) : index]
        middle = standard.median(window)
        deviation = standard.median(abs(one - middle) for one in window)
        if values[index] > 2 * middle and values[index] > middle + 3 * deviation:
            expected.append(float(index))
    assert statistics.median_spikes(steps, values, 3, 2) == expected
