"""Several logs of one run as one history."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import isclose

from advisor.history.assembly import NUMBERED, step_count
from advisor.history.crash import merged_events
from advisor.history.history import Checkpoint, Ending, History, Postmortem, Series, Value
from advisor.history.vocabulary import normalised

RANKS = (
    "trainer_state",
    "post-training-toolkit",
    "jsonl",
    "json",
    "csv",
    "trackio",
    "wandb",
    "tensorboard",
    "markdown",
    "notebook",
    "console",
)
"""Formats by how exactly they hold a number; what is not listed comes last."""


def merge(histories: Sequence[History]) -> History:
    """One history of a run from several logs of it.

    Of logs in one format the steps of a key are joined, the later log winning where both have a step. A metric that several formats
    hold comes from the most exact one, with the steps after its last from the others. A log by epochs adds metrics to one by
    steps only where that has none, and so does a log without step numbers. The path is that of the first log.

    Raises ValueError for no histories.
    """
    if not histories:
        raise ValueError("merge needs at least one history")
    if len(histories) == 1:
        return histories[0]
    ranked = sorted(histories, key=_rank)
    with_series = [history for history in ranked if history.series]
    base = with_series[0] if with_series else ranked[0]
    series: dict[str, Series] = {}
    owners: dict[str, History] = {}
    warnings = [warning for history in histories for warning in history.warnings]
    for history in with_series or ranked:
        if history.epochs != base.epochs:
            warnings.append("one log counts epochs and another steps: they were laid side by side, not joined")
        for name, one in history.series.items():
            owner = owners.get(name)
            if owner is None:
                series[name], owners[name] = one, history
            elif _comparable(owner, history) and normalised(series[name].key) == normalised(one.key):
                whole = owner.format == history.format
                if whole and _disagree(series[name], one):
                    warnings.append(f"two logs disagree about {name} at most of their common steps, as those of different runs do")
                series[name] = _joined(series[name], one, whole=whole)
    if base.steps_known and all(owner.steps_known for owner in owners.values()):
        warnings = [warning for warning in warnings if warning != NUMBERED]
    config: dict[str, Value] = {}
    for history in reversed(ranked):
        config.update(history.logged_config)
    postmortem = _postmortem(histories)
    return History(
        path=histories[0].path,
        format=base.format,
        epochs=base.epochs,
        series=series,
        step_count=step_count(series.values()),
        warnings=tuple(dict.fromkeys(warnings)),
        events=merged_events(history.events for history in histories),
        postmortem=postmortem,
        logged_config=config,
        checkpoints=_checkpoints(histories),
        ended=_ending(histories, postmortem),
        steps_known=base.steps_known,
    )


def _rank(history: History) -> tuple[bool, int]:
    return not history.steps_known, RANKS.index(history.format) if history.format in RANKS else len(RANKS)


def _comparable(first: History, second: History) -> bool:
    return first.epochs == second.epochs and first.steps_known and second.steps_known


def _disagree(first: Series, second: Series) -> bool:
    points = dict(zip(first.steps, first.values, strict=True))
    common = [(points[step], value) for step, value in zip(second.steps, second.values, strict=True) if step in points]
    different = sum(not isclose(one, other, rel_tol=1e-3, abs_tol=1e-9) for one, other in common if one == one or other == other)
    return different * 2 > len(common)


def _joined(first: Series, second: Series, *, whole: bool) -> Series:
    points = dict(zip(first.steps, first.values, strict=True))
    last = first.steps[-1] if first.steps and not whole else float("-inf")
    points.update((step, value) for step, value in zip(second.steps, second.values, strict=True) if step > last)
    steps = array("d", sorted(points))
    return Series(first.metric, first.key, steps, array("d", (points[step] for step in steps)), first.estimator, first.aggregation)


def _postmortem(histories: Sequence[History]) -> Postmortem | None:
    """The fullest account: a file written for the purpose before a traceback in a console."""
    accounts = [history.postmortem for history in histories if history.postmortem is not None]
    return max(accounts, key=lambda one: (one.timestamp is not None, one.exception is not None, len(one.frames)), default=None)


def _ending(histories: Sequence[History], postmortem: Postmortem | None) -> Ending:
    endings = {history.ended for history in histories}
    if "crashed" in endings:
        return "crashed"
    if postmortem is None and "finished" in endings:
        return "finished"
    return "truncated" if "truncated" in endings else "finished" if "finished" in endings else "unknown"


def _checkpoints(histories: Sequence[History]) -> tuple[Checkpoint, ...]:
    found = {checkpoint.name: checkpoint for history in reversed(histories) for checkpoint in history.checkpoints}
    return tuple(sorted(found.values(), key=lambda checkpoint: checkpoint.step))
