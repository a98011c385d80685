"""From the columns of a log to a history: canonical names, units, and what is wrong with a column."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from advisor.history.columns import Column, Columns, Table
from advisor.history.history import Checkpoint, Ending, Event, History, Postmortem, Series, Value
from advisor.history.redaction import is_private, redacted
from advisor.history.vocabulary import Meaning, Vocabulary, vocabulary, without_run_name

EVALUATION = "eval_"
NUMBERED = "the log has no step numbers: rows are numbered from 1"


@dataclass(slots=True)
class Findings:
    """What a reader learns beside its rows."""

    warnings: list[str] = field(default_factory=list)
    events: tuple[Event, ...] = ()
    postmortem: Postmortem | None = None
    logged_config: dict[str, Value] = field(default_factory=dict)
    checkpoints: tuple[Checkpoint, ...] = ()
    ended: Ending = "unknown"
    framework: str | None = None
    steps_known: bool = True

    def note_config(self, values: Mapping[str, object]) -> None:
        """Keep the scalars among logged settings, without those that name people, places or secrets."""
        for key, value in values.items():
            if isinstance(value, (bool, int, float, str)) and not is_private(str(key)):
                self.logged_config[redacted(str(key), 120)] = redacted(value) if isinstance(value, str) else value


def assembled(path: str, form: str, columns: Columns, findings: Findings) -> History:
    """The history of one log. Warns of what was repaired: steps that go back, numbered rows, columns under a wrong name."""
    words = vocabulary()
    table = columns.table()
    warnings = [*findings.warnings, *_table_warnings(table, findings)]
    series, remarks = _named(table, words, findings.framework)
    ended = findings.ended
    if ended == "unknown" and (table.summary or _reached(table)):
        ended = "finished"
    return History(
        path=path,
        format=form,
        epochs=table.axis == "epoch",
        series=series,
        step_count=step_count(series.values()),
        warnings=tuple(dict.fromkeys([*warnings, *remarks])),
        events=findings.events,
        postmortem=findings.postmortem,
        logged_config=findings.logged_config,
        checkpoints=findings.checkpoints,
        ended=ended,
        steps_known=table.axis != "row" and findings.steps_known,
    )


def has_metrics(columns: Columns) -> bool:
    """Whether any column could be a metric of the vocabulary."""
    words = vocabulary()
    return any(words.known(key) for key in columns.keys)


def step_count(series: Iterable[Series]) -> int:
    """Distinct steps of the training series, or of all where there is no other."""
    listed = list(series)
    training = [one for one in listed if not one.metric.startswith("eval_")] or listed
    axes = list({id(one.steps): one.steps for one in training}.values())
    return len(axes[0]) if len(axes) == 1 else len(set().union(*axes))


def _table_warnings(table: Table, findings: Findings) -> Iterable[str]:
    if table.restarts:
        times = "once" if table.restarts == 1 else f"{table.restarts} times"
        yield f"steps go back {times}, as in a resumed run: the later rows replace the earlier ones"
    if table.columns and (table.axis == "row" or not findings.steps_known):
        yield NUMBERED
    if table.dropped_keys:
        yield f"{table.dropped_keys} further keys were left out: a log of metrics has fewer"


def _reached(table: Table) -> bool:
    if table.total_steps is None or table.axis != "step":
        return False
    return any(column.steps and column.steps[-1] >= table.total_steps for column in table.columns.values())


def _named(table: Table, words: Vocabulary, framework: str | None) -> tuple[dict[str, Series], list[str]]:
    meanings = words.resolve(table.columns, framework)
    series: dict[str, Series] = {}
    remarks: list[str] = []
    for key, column in table.columns.items():
        meaning = meanings.get(key)
        if meaning is None:
            name = _shown(key)
            if name in words.metrics or name in series:
                name = f"raw/{name}"
            series[name] = Series(name, name, column.steps, column.values)
            continue
        one = _converted(key, column, meaning)
        if meaning.native.transform == "sqrt":
            remarks.append(f"`{one.key}` is a variance: its root is reported as {meaning.metric}")
        if meaning.metric in _DEVIATIONS and any(value < 0 for value in one.values):
            name = f"raw/{one.key}"
            one = Series(name, one.key, one.steps, column.values, "not a deviation: it is below zero", None)
            remarks.append(f"`{one.key}` goes below zero, so it is no standard deviation, whatever its name says")
            series[name] = one
            continue
        metric = words.metrics.get(meaning.metric.removeprefix(EVALUATION))
        if metric is not None and metric.unit == "share" and _in_percent(one.values):
            remarks.append(f"`{one.key}` is logged in percent: {meaning.metric} is a hundredth of it")
            one = replace(one, values=array("d", (value / 100 for value in one.values)))
        series[meaning.metric] = one
    return series, remarks


def _in_percent(values: array[float]) -> bool:
    """Whether what should be a share lies between 0 and 100, and above what rounding can explain."""
    highest = max(filter(math.isfinite, values), default=0.0)  # no list: a long log has millions
    return 1.5 < highest <= 100 and min(filter(math.isfinite, values)) >= 0


_DEVIATIONS = ("reward_std", "eval_reward_std", "advantage_std")


def _converted(key: str, column: Column, meaning: Meaning) -> Series:
    native = meaning.native
    values = column.values
    if native.transform == "sqrt":
        values = array("d", (math.sqrt(value) if value >= 0 else value for value in values))
    if native.scale != 1.0:
        values = array("d", (value * native.scale for value in values))
    return Series(meaning.metric, _shown(key), column.steps, values, native.estimator, native.aggregation)


def _shown(key: str) -> str:
    return redacted(without_run_name(key), 120)
