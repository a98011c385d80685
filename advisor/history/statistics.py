"""Pure functions of a series, which the rule language offers under their names.

Values may hold NaN and infinity. Every function leaves those out, and says so where it does not: a mean is the mean of the finite
values. A function whose result is not defined on what is left returns None, which a rule takes as unknown. `steps` and `values` have
one length; shares lie between 0 and 1. Standard deviations divide by n - 1 unless said otherwise.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise
from math import fsum, isfinite, sqrt

Values = Sequence[float]

SMALLEST_WINDOW = 3
"""Points that a head or tail has at least, where the series has them."""
MOVING_MEAN = 5
MEDIAN_WINDOW = 20
MEDIAN_WARMUP = 10


def finite(values: Values) -> list[float]:
    """The values that are numbers, in order."""
    return [value for value in values if isfinite(value)]


def count(values: Values) -> int:
    """Points, NaN and infinity among them."""
    return len(values)


def nonfinite_count(values: Values) -> int:
    """Points that are NaN or infinite."""
    return sum(not isfinite(value) for value in values)


def longest_nonfinite(values: Values) -> int:
    """Length of the longest run of consecutive points that are NaN or infinite."""
    longest = run = 0
    for value in values:
        run = 0 if isfinite(value) else run + 1
        longest = max(longest, run)
    return longest


def first(values: Values) -> float | None:
    """The first finite value."""
    return next((value for value in values if isfinite(value)), None)


def last(values: Values) -> float | None:
    """The last finite value."""
    return next((value for value in reversed(values) if isfinite(value)), None)


def mean(values: Values) -> float | None:
    """The sum over the number of values."""
    usable = finite(values)
    return _defined(_sum(usable) / len(usable)) if usable else None


def median(values: Values) -> float | None:
    """The middle value, or the mean of the two middle ones."""
    return _middle(sorted(finite(values)))


def minimum(values: Values) -> float | None:
    """The smallest value."""
    return min(finite(values), default=None)


def maximum(values: Values) -> float | None:
    """The largest value."""
    return max(finite(values), default=None)


def spread(values: Values) -> float | None:
    """Sample standard deviation, sqrt(sum((x - mean)^2) / (n - 1)); None below two values."""
    usable = finite(values)
    return _defined(sqrt(_variance(usable))) if len(usable) > 1 else None


def head(values: Values, share: float) -> list[float]:
    """The first `share` of the finite values: share * n rounded down, but three where there are three."""
    usable = finite(values)
    return usable[: window(len(usable), share)]


def tail(values: Values, share: float) -> list[float]:
    """The last `share` of the finite values, counted as for `head`."""
    usable = finite(values)
    return usable[len(usable) - window(len(usable), share) :]


def head_mean(values: Values, share: float) -> float | None:
    """Mean of `head`."""
    return mean(head(values, share))


def tail_mean(values: Values, share: float) -> float | None:
    """Mean of `tail`."""
    return mean(tail(values, share))


def tail_median(values: Values, share: float) -> float | None:
    """Median of `tail`."""
    return median(tail(values, share))


def change(values: Values, share: float) -> float | None:
    """`tail_mean` minus `head_mean`; None where the two windows would overlap."""
    early, late = _ends(values, share)
    return _defined(_sum(late) / len(late) - _sum(early) / len(early)) if early else None


def change_error(values: Values, share: float) -> float | None:
    """Standard error of `change`, sqrt(var(head) / n_head + var(tail) / n_tail), as for Welch's t-test.

    It takes the points as independent. None where the windows overlap or have fewer than two points.
    """
    early, late = _ends(values, share)
    if len(early) < 2 or len(late) < 2:
        return None
    return _defined(sqrt(_variance(early) / len(early) + _variance(late) / len(late)))


def slope(steps: Values, values: Values) -> float | None:
    """Least-squares slope per step, cov(step, value) / var(step); None below two different steps."""
    points = [(step, value) for step, value in zip(steps, values, strict=True) if isfinite(value)]
    if len(points) < 2:
        return None
    middle_step = _sum([step for step, _ in points]) / len(points)
    middle = _sum([value for _, value in points]) / len(points)
    across = _sum([(step - middle_step) * (step - middle_step) for step, _ in points])
    if across == 0:
        return None
    return _defined(_sum([(step - middle_step) * (value - middle) for step, value in points]) / across)


def share_zero(values: Values, tolerance: float) -> float | None:
    """Share of values with abs(x) < tolerance."""
    return _share([abs(value) < tolerance for value in finite(values)])


def share_above(values: Values, limit: float) -> float | None:
    """Share of values with x > limit."""
    return _share([value > limit for value in finite(values)])


def share_below(values: Values, limit: float) -> float | None:
    """Share of values with x < limit."""
    return _share([value < limit for value in finite(values)])


def first_step_above(steps: Values, values: Values, limit: float) -> float | None:
    """The first step with x > limit; None where there is none."""
    return next((step for step, value in zip(steps, values, strict=True) if isfinite(value) and value > limit), None)


def first_step_below(steps: Values, values: Values, limit: float) -> float | None:
    """The first step with x < limit; None where there is none."""
    return next((step for step, value in zip(steps, values, strict=True) if isfinite(value) and value < limit), None)


def first_step_nonfinite(steps: Values, values: Values) -> float | None:
    """The first step whose value is NaN or infinite; None where there is none."""
    return next((step for step, value in zip(steps, values, strict=True) if not isfinite(value)), None)


def block_means(values: Values, blocks: int) -> list[float]:
    """Means of `blocks` consecutive parts whose sizes differ by one at most; the values themselves where there are no more.

    Stands in for epoch means, on which jumps of a loss mean something: single logs jump in healthy runs.
    """
    usable = finite(values)
    if len(usable) <= blocks or blocks < 1:
        return usable
    edges = [index * len(usable) // blocks for index in range(blocks + 1)]
    return [_sum(usable[start:end]) / (end - start) for start, end in pairwise(edges)]


def relative_rises(values: Values) -> list[float]:
    """(b - a) / abs(a) of each pair of neighbours; infinite for a rise from zero, 0 for none."""
    usable = finite(values)
    return [(later - earlier) / abs(earlier) if earlier else (float("inf") if later > 0 else 0.0) for earlier, later in pairwise(usable)]


def largest_relative_rise(values: Values) -> float | None:
    """The largest of `relative_rises`; None below two values. Apply it to epoch or block means."""
    return max(relative_rises(values), default=None)


def block_spikes(values: Values, blocks: int, rise: float) -> int:
    """Number of neighbouring block means of which the later is more than `rise` (0.3: 30 %) above the earlier."""
    return sum(one > rise for one in relative_rises(block_means(values, blocks)))


def rising_share(values: Values) -> float | None:
    """Share of neighbours of which the later is larger: 1 for a strictly rising series; None below two values."""
    return _share([later > earlier for earlier, later in pairwise(finite(values))])


def detrended_std(values: Values) -> float | None:
    """Standard deviation (dividing by n) of the last half around its moving mean over five points; None below six points.

    The moving mean is centred and narrower at the ends. Noise without a trend comes out about a tenth too small, as each
    point takes part in its own mean.
    """
    usable = finite(values)
    half = usable[len(usable) // 2 :]
    if len(half) < SMALLEST_WINDOW:
        return None
    reach = MOVING_MEAN // 2
    residuals = []
    for index, value in enumerate(half):
        window = half[max(0, index - reach) : index + reach + 1]
        residuals.append(value - _sum(window) / len(window))
    middle = _sum(residuals) / len(residuals)
    return _defined(sqrt(_sum([(one - middle) * (one - middle) for one in residuals]) / len(residuals)))


def largest_rolling_spread(values: Values, window: int) -> float | None:
    """The largest `spread` of up to `window` neighbours, windows at the start holding two points and more.

    A short window makes it large: of two points it is their distance over sqrt(2).
    """
    usable = finite(values)
    spreads = (spread(usable[max(0, end - window) : end]) for end in range(2, len(usable) + 1))
    return max((one for one in spreads if one is not None), default=None)


def median_spikes(steps: Values, values: Values, deviations: float, ratio: float) -> list[float]:
    """Steps whose value stands out from the up to twenty before it.

    With m the median of those and d their median absolute deviation from m: x > m + deviations * d and x > ratio * m and m > 0. The first
    ten points are never judged.
    """
    found = []
    recent: list[float] = []
    window: list[float] = []
    for step, value in zip(steps, values, strict=True):
        if not isfinite(value):
            continue
        if len(recent) >= MEDIAN_WARMUP:
            middle = _middle(window)
            if middle is not None and middle > 0 and value > ratio * middle:
                deviation = _middle(sorted(abs(one - middle) for one in window)) or 0.0
                if value > middle + deviations * deviation:
                    found.append(step)
        recent.append(value)
        insort(window, value)
        if len(recent) > MEDIAN_WINDOW:
            window.pop(bisect_left(window, recent.pop(0)))
    return found


def longest_streak(steps: Values, found: Values) -> int:
    """The most consecutive logged steps among `found`, as `median_spikes` gives them: one jump recovers, several are a trend."""
    wanted = set(found)
    longest = run = 0
    for step in steps:
        run = run + 1 if step in wanted else 0
        longest = max(longest, run)
    return longest


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _middle(ordered: Sequence[float]) -> float | None:
    size = len(ordered)
    if not size:
        return None
    half = size // 2
    return ordered[half] if size % 2 else ordered[half - 1] / 2 + ordered[half] / 2


def _variance(values: Values) -> float:
    middle = _sum(values) / len(values)
    return _sum([(value - middle) * (value - middle) for value in values]) / (len(values) - 1)


def _sum(values: Values) -> float:
    """An exact sum; infinity or NaN where it leaves the range of doubles."""
    try:
        return fsum(values)
    except (OverflowError, ValueError):
        return sum(values)


def _defined(value: float) -> float | None:
    return value if isfinite(value) else None


def window(size: int, share: float) -> int:
    """How many points a share of the run is: rounded down, but three where there are three."""
    return min(size, max(SMALLEST_WINDOW, int(size * min(max(share, 0.0), 1.0) + 1e-9)))


def _ends(values: Values, share: float) -> tuple[list[float], list[float]]:
    """Head and tail; both empty where they would share a point."""
    usable = finite(values)
    size = window(len(usable), share)
    if not size or 2 * size > len(usable):
        return [], []
    return usable[:size], usable[-size:]
