"""What rules may ask of a run's history: statistics of a metric by its canonical name, three-valued like everything else.

Without a history, or where a metric was not logged, a statistic is unknown; only `logged` and `event` answer then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisor.configuration.catalogue import Value
from advisor.expression import ABSENT, UNKNOWN, Function, Nothing, Result, Type
from advisor.history import statistics
from advisor.history.history import History, Series
from advisor.rulebook.epoch_borders import border_drop
from advisor.rulebook.stretch import stretch

HISTORY_NAMES: Mapping[str, Type] = {
    "history.steps": Type.NUMBER,
    "history.last_step": Type.NUMBER,
    "history.epochs": Type.BOOLEAN,
    "history.ended": Type.TEXT,
    "history.format": Type.TEXT,
    "history.exit_reason": Type.TEXT,
    "history.exception": Type.TEXT,
    "history.message": Type.TEXT,
    "history.last_frame": Type.TEXT,
}
"""What is known of a history as a whole."""

Compute = Callable[..., float | None]

OF_VALUES: Mapping[str, tuple[Compute, int]] = {
    "points": (statistics.count, 0),
    "first": (statistics.first, 0),
    "last": (statistics.last, 0),
    "mean": (statistics.mean, 0),
    "median": (statistics.median, 0),
    "minimum": (statistics.minimum, 0),
    "maximum": (statistics.maximum, 0),
    "spread": (statistics.spread, 0),
    "nonfinite": (statistics.nonfinite_count, 0),
    "longest_nonfinite": (statistics.longest_nonfinite, 0),
    "rising_share": (statistics.rising_share, 0),
    "detrended_std": (statistics.detrended_std, 0),
    "head_mean": (statistics.head_mean, 1),
    "tail_mean": (statistics.tail_mean, 1),
    "tail_median": (statistics.tail_median, 1),
    "change": (statistics.change, 1),
    "change_error": (statistics.change_error, 1),
    "share_zero": (statistics.share_zero, 1),
    "share_above": (statistics.share_above, 1),
    "share_below": (statistics.share_below, 1),
    "block_spikes": (lambda values, blocks, rise: statistics.block_spikes(values, int(blocks), rise), 2),
    "block_peak": (lambda values, blocks: max(statistics.block_means(values, int(blocks)), default=None), 1),
    "largest_rise": (lambda values, blocks: statistics.largest_relative_rise(statistics.block_means(values, int(blocks))), 1),
    "tail_share_zero": (lambda values, share, tolerance: statistics.share_zero(statistics.tail(values, share), tolerance), 2),
    "tail_share_above": (lambda values, share, limit: statistics.share_above(statistics.tail(values, share), limit), 2),
    "tail_share_below": (lambda values, share, limit: statistics.share_below(statistics.tail(values, share), limit), 2),
}
"""Function of the rule language -> statistic of a metric's values, and the number of its further parameters."""

OF_STEPS: Mapping[str, tuple[Compute, int]] = {
    "slope": (statistics.slope, 0),
    "first_step_above": (statistics.first_step_above, 1),
    "first_step_below": (statistics.first_step_below, 1),
    "first_step_nonfinite": (statistics.first_step_nonfinite, 0),
    "spikes": (lambda steps, values, deviations, ratio: len(statistics.median_spikes(steps, values, deviations, ratio)), 2),
    "spike_streak": (
        lambda steps, values, deviations, ratio: statistics.longest_streak(
            steps, statistics.median_spikes(steps, values, deviations, ratio)
        ),
        2,
    ),
}
"""The same for statistics that need the steps as well."""


def history_fact(history: History, name: str) -> Value | Nothing:
    """A name of `HISTORY_NAMES`; absent where the run has no such thing."""
    end = history.postmortem
    known: Mapping[str, Any] = {
        "history.steps": history.step_count,
        "history.last_step": history.last_step,
        "history.epochs": history.epochs,
        "history.ended": history.ended,
        "history.format": history.format,
        "history.exit_reason": end.exit_reason if end else None,
        "history.exception": end.exception if end else None,
        "history.message": end.message if end else None,
        "history.last_frame": end.frames[-1] if end and end.frames else None,
    }
    value: Value | None = known[name]
    return ABSENT if value is None else value


def metric_functions(history: History | None) -> Mapping[str, Function]:
    """The statistics as functions of the rule language; a metric is always written as a literal name."""
    return _WITHOUT_HISTORY if history is None else _functions(history)


def _functions(history: History | None) -> dict[str, Function]:
    found = {name: _of_values(history, compute, extra) for name, (compute, extra) in OF_VALUES.items()}
    found |= {name: _of_steps(history, compute, extra) for name, (compute, extra) in OF_STEPS.items()}
    literal = frozenset({0})
    found["logged"] = Function((Type.TEXT,), Type.BOOLEAN, lambda metric: _series(history, metric) is not None, literal=literal)
    found["estimator"] = Function((Type.TEXT,), Type.TEXT, lambda metric: _word(_series(history, metric), "estimator"), literal=literal)
    found["aggregation"] = Function((Type.TEXT,), Type.TEXT, lambda metric: _word(_series(history, metric), "aggregation"), literal=literal)
    found["border_drop"] = Function(
        (Type.TEXT, Type.NUMBER), Type.NUMBER, lambda metric, window: _drop(history, metric, window), literal=literal
    )
    found["event"] = Function((Type.TEXT,), Type.NUMBER, lambda words: _events(history, words), literal=literal)
    return found


def steps_of(history: History, metric: str, statistic: str, value: float) -> tuple[int, int] | None:
    """First and last step of what a statistic of a metric speaks of; None for what is no logged metric."""
    series = _series(history, metric)
    if series is None or not len(series):
        return None
    first, last = stretch(series, statistic, value)
    return int(first), int(last)


def _series(history: History | None, metric: str) -> Series | None:
    return history.series.get(metric) if history is not None else None


def _drop(history: History | None, metric: str, window: float) -> Result:
    """How far a metric drops at every border of epochs."""
    series, epochs = _series(history, metric), _series(history, "epoch")
    value = border_drop(series, epochs, int(window)) if series is not None and epochs is not None else None
    return UNKNOWN if value is None else value


def _word(series: Series | None, what: str) -> Result:
    """How a metric was estimated; an empty text where the log does not tell."""
    return UNKNOWN if series is None else getattr(series, what) or ""


def _events(history: History | None, words: str) -> Result:
    """How often the log itself said something: the lines of all events that hold these words."""
    if history is None:
        return 0
    return sum(event.count for event in history.events if words.lower() in event.text.lower())


def _of_values(history: History | None, compute: Compute, extra: int) -> Function:
    def call(metric: str, *parameters: float) -> Result:
        series = _series(history, metric)
        value = compute(series.values, *parameters) if series is not None else None
        return UNKNOWN if value is None else value

    return Function((Type.TEXT, *[Type.NUMBER] * extra), Type.NUMBER, call, literal=frozenset({0}))


def _of_steps(history: History | None, compute: Compute, extra: int) -> Function:
    def call(metric: str, *parameters: float) -> Result:
        series = _series(history, metric)
        value = compute(series.steps, series.values, *parameters) if series is not None else None
        return UNKNOWN if value is None else value

    return Function((Type.TEXT, *[Type.NUMBER] * extra), Type.NUMBER, call, literal=frozenset({0}))


_WITHOUT_HISTORY: Mapping[str, Function] = _functions(None)
"""Most runs have no history; their functions, which all answer that nothing is known, are made once."""
