"""What every reader of metric histories hands over: series under canonical names, and what else a log says about its run."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Ending = Literal["finished", "crashed", "truncated", "unknown"]
Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Series:
    """One metric over the steps at which it was logged. NaN and infinity are kept: they are what the run said."""

    metric: str
    """Canonical name (`eval_` before it for evaluation rows); the native key where the vocabulary has no name for it."""
    key: str
    """The key as logged."""
    steps: array[float]
    """Ascending, without repetition. Optimizer steps; epochs where `History.epochs`; row numbers where not `History.steps_known`."""
    values: array[float]
    estimator: str | None = None
    """How the quantity was estimated, e.g. `k3` for a divergence; None where the key does not tell."""
    aggregation: str | None = None
    """Over what it was averaged or summed, e.g. `token`, `sequence`, `group`; None where the key does not tell."""

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Event:
    """A warning or an error that the log itself holds; lines that differ in their numbers only are one event."""

    kind: Literal["warning", "error"]
    text: str
    """The first of its lines, with paths, addresses and names removed."""
    count: int = 1
    first_step: float | None = None
    last_step: float | None = None


@dataclass(frozen=True, slots=True)
class Postmortem:
    """How a run ended before its time. Frames read `file.py:line in function`, innermost last, at most three."""

    exit_reason: str
    last_step: float | None = None
    timestamp: str | None = None
    exception: str | None = None
    message: str | None = None
    frames: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    """The functions that led there, outermost first, names alone; those of the library's insides are left out."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A saved checkpoint, with the evaluation rows that its own state holds for its own step (canonical names)."""

    name: str
    step: int
    metrics: Mapping[str, float]
    has_state: bool = True


@dataclass(frozen=True, slots=True)
class History:
    path: str
    """As given by the caller."""
    format: str
    epochs: bool = False
    """Rows are means over an epoch, and steps count epochs."""
    series: Mapping[str, Series] = field(default_factory=dict)
    step_count: int = 0
    """Distinct steps with a training metric; with an evaluation metric where nothing else was logged."""
    warnings: tuple[str, ...] = ()
    """What was odd about the input, in words for its owner."""
    events: tuple[Event, ...] = ()
    postmortem: Postmortem | None = None
    logged_config: Mapping[str, Value] = field(default_factory=dict)
    """Hyperparameters that the run itself wrote down, under native keys."""
    checkpoints: tuple[Checkpoint, ...] = ()
    ended: Ending = "unknown"
    steps_known: bool = True
    """False where the log has no steps, so that rows are numbered from 1."""

    @property
    def last_step(self) -> float | None:
        return max((series.steps[-1] for series in self.series.values() if series.steps), default=None)
