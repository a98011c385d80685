"""The head of a report: what was run, its metrics in numbers, and its epochs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.diagnosis.diagnosis import Diagnosis, EpochRow, MetricSummary
from advisor.expression.notation import count
from advisor.history.redaction import file_name
from advisor.reports.blocks import Table
from advisor.reports.numbers import duration, value_text
from advisor.reports.text import what_was_read


def head_rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    outcome = diagnosis.outcome
    yield "run", file_name(diagnosis.path)
    yield "configuration", f"{file_name(diagnosis.config)}: {what_was_read(outcome)}" if diagnosis.config else "none given"
    if outcome.method is not None:
        yield "method", outcome.method.replace("_", " ")
    logged = outcome.history.logged_config if outcome.history is not None else {}
    for key, title in (("trainer_type", "trainer"), ("run_id", "run id")):
        if isinstance(named := logged.get(key), (str, int)):
            yield title, str(named)
    yield "status", diagnosis.status
    planned = f" of {count(diagnosis.planned_steps)} planned" if diagnosis.planned_steps and not _epochs(diagnosis) else ""
    unit = "epochs" if _epochs(diagnosis) else "steps"
    last = diagnosis.last_step
    if last is not None and not _epochs(diagnosis):
        yield "last step", f"{count(last)}{planned}"
    yield f"logged {unit}", count(diagnosis.steps)
    if diagnosis.seconds_per_epoch is not None:
        yield "time an epoch", duration(diagnosis.seconds_per_epoch)
    if diagnosis.seconds_per_step is not None:
        yield "time a step", duration(diagnosis.seconds_per_step)
        yield (
            "time for the planned steps",
            duration(diagnosis.seconds_planned) if diagnosis.seconds_planned else "number of steps not known",
        )
    elif diagnosis.seconds_per_epoch is None:
        yield "time a step", "not logged, so that no time is estimated"
    if diagnosis.stages:
        yield "time by stage", ", ".join(f"{name} {share:.0%}".replace("%", " %") for name, share in diagnosis.stages.items())


def _epochs(diagnosis: Diagnosis) -> bool:
    return diagnosis.outcome.history is not None and diagnosis.outcome.history.epochs


def metric_table(metrics: Sequence[MetricSummary]) -> Table:
    rows = tuple(
        (
            one.title,
            str(one.points),
            value_text(one.first),
            value_text(one.last),
            value_text(one.mean),
            value_text(one.spread),
            value_text(one.lowest),
            value_text(one.highest),
            f"{value_text(one.best)} at {value_text(one.best_step)}" if one.best is not None else "-",
        )
        for one in metrics
    )
    return Table(("metric", "points", "first", "last", "mean", "std", "lowest", "highest", "best"), rows)


def epoch_table(rows: Sequence[EpochRow]) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    lines = []
    for row in rows:
        change = "-" if row.loss_change is None else f"{100 * row.loss_change:+.1f} %"
        gained = "-" if row.reward_change is None else f"{row.reward_change:+.4f}"
        values = (value_text(row.values.get(name)) for name in names)
        lines.append((value_text(row.epoch), *values, change, gained, row.mark))
    return Table(("epoch", *names, "loss against the epoch before", "reward against it", "status"), tuple(lines))
