"""A run in numbers: how it ended, its metrics, the time it takes, and its epochs in a table."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from advisor.diagnosis.diagnosis import Curve, EpochRow, MetricSummary
from advisor.diagnosis.reading_guide import Guide, table
from advisor.history import statistics
from advisor.history.history import History, Series
from advisor.rulebook.finding import Evidence, Finding, Severity
from advisor.rulebook.stretch import stretch

STAGE = "stage_time/"
MOST_EPOCHS = 60


def status(guide: Guide) -> str:
    """How the run ended, in words."""
    history = guide.history
    end = history.postmortem
    planned = guide.number("schedule.epochs")
    if history.ended == "unknown" and history.epochs and planned is not None and (history.last_step or 0) >= planned > 0:
        return f"all {planned:g} planned epochs are logged"
    if history.ended == "crashed":
        return f"crashed ({end.exit_reason})" if end is not None else "crashed"
    return {"finished": "finished", "truncated": "cut off", "unknown": "not known to have ended"}[history.ended]


def metric_summaries(guide: Guide) -> Iterator[MetricSummary]:
    """The metrics that matter for the method, in the order of the table."""
    for entry, series in _shown(guide):
        values = series.values
        best, step = None, None
        usable = [(value, at) for at, value in zip(series.steps, values, strict=True) if math.isfinite(value)]
        if usable and "best" in entry:
            best, step = (max if entry["best"] == "high" else min)(usable, key=lambda point: point[0])
        yield MetricSummary(
            entry["name"],
            entry["title"],
            len(values),
            statistics.first(values),
            statistics.last(values),
            statistics.mean(values),
            statistics.spread(values),
            best,
            step,
            min((value for value, _ in usable), default=None),
            max((value for value, _ in usable), default=None),
        )


def curves(guide: Guide, findings: tuple[Finding, ...]) -> Iterator[Curve]:
    """The metrics to draw, with the steps that findings at `low` and above speak of."""
    offending: dict[str, list[tuple[float, float]]] = {}
    for finding in findings:
        if finding.severity >= Severity.LOW:
            for item in finding.evidence:
                series = guide.history.series.get(item.metric)
                if series is not None:
                    offending.setdefault(item.metric, []).append(offending_range(series, item))
    for entry, series in _shown(guide):
        if len(series) > 1:
            ranges = united_ranges(offending.get(entry["name"], ()), (series.steps[0], series.steps[-1]))
            yield Curve(entry["name"], entry["title"], series.steps, series.values, ranges)


def united_ranges(ranges: Collection[tuple[float, float]], whole: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Ranges without overlaps. The whole run marks nothing where something narrower does."""
    found: list[tuple[float, float]] = []
    for first, last in sorted(one for one in ranges if one != whole):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found) or tuple(dict.fromkeys(ranges))


def offending_range(series: Series, evidence: Evidence) -> tuple[float, float]:
    """The steps to mark: those that a statistic speaks of, a single one with the interval before it."""
    first, last = stretch(series, evidence.statistic, evidence.value)
    if first == last:
        place = bisect_left(series.steps, first)
        return series.steps[max(0, place - 1)], series.steps[min(len(series) - 1, max(1, place))]
    return first, last


def seconds_per_step(history: History) -> float | None:
    """Median time of a step in the second half of the log, in seconds; the first steps compile and fill caches."""
    series = history.series.get("step_time")
    return statistics.tail_median(series.values, 0.5) if series is not None else None


def seconds_per_epoch(history: History) -> float | None:
    """Median time of an epoch, in seconds, where the log has it."""
    series = history.series.get("epoch_time")
    return statistics.median(series.values) if series is not None else None


def stage_shares(history: History) -> Mapping[str, float]:
    """The share of each logged stage of a step in all of them, over the second half of the log; the largest first."""
    times = {
        name.removeprefix(STAGE): statistics.tail_mean(series.values, 0.5) or 0.0
        for name, series in history.series.items()
        if name.startswith(STAGE)
    }
    whole = sum(times.values())
    return {name: time / whole for name, time in sorted(times.items(), key=lambda item: -item[1])} if whole > 0 else {}


def epoch_rows(history: History) -> Iterator[EpochRow]:
    """A table of epochs, each marked by what changed from the epoch before."""
    if not history.epochs or history.step_count > MOST_EPOCHS:
        return
    shown = [name for name in ("loss", "reward", "reward_std", "best_of_n", "win_rate", "pref_acc") if name in history.series]
    at: dict[float, dict[str, float]] = {}
    for name in shown:
        series = history.series[name]
        for step, value in zip(series.steps, series.values, strict=True):
            at.setdefault(step, {})[name] = value
    ordered = sorted(at.items())
    falling = 0
    for (_, before), (epoch, values) in pairwise([(0.0, {}), *ordered]):
        change = None
        if before.get("loss", 0) > 0 and "loss" in values:
            change = values["loss"] / before["loss"] - 1
        gained = values["reward"] - before["reward"] if "reward" in values and "reward" in before else None
        yield EpochRow(epoch, values, change, gained, _mark(before, values, change, falling))
        falling = falling + 1 if change is not None and change < 0 else 0


def _mark(before: Mapping[str, float], values: Mapping[str, float], change: float | None, falling: int) -> str:
    """What changed from the epoch before; `falling` epochs before it lowered the loss."""
    limits = table()["epoch_marks"]
    after = f" after {falling} epochs of improvement" if falling > 1 else ""
    if not before:
        return "baseline"
    said = []
    if change is not None and change > limits["fail"]:
        said.append(f"loss jumped {100 * change:.1f} %{after}")
    elif change is not None and change > limits["warn"]:
        said.append(f"loss rose {100 * change:.1f} %{after}")
    elif change is not None and change > 0:
        said.append("loss higher")
    if "reward" in before and "reward" in values and values["reward"] < before["reward"]:
        said.append(f"reward fell {before['reward'] - values['reward']:.4g}")
    return ", ".join(said) or "improving"


def _shown(guide: Guide) -> Iterator[tuple[Mapping[str, str], Series]]:
    for entry in guide.entries("metrics"):
        series = guide.history.series.get(entry["name"])
        if series is not None and len(series):
            yield entry, series
