"""The diagnosis of a run as frozen records: reports read these and compute nothing of their own."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from advisor.configuration.catalogue import Value
from advisor.history.history import Postmortem
from advisor.outcome import FileOutcome
from advisor.rulebook.finding import Change, Confidence, Reference, Stage


class MetricSummary(NamedTuple):
    """One metric over the run. `best` only where one end of it is the good one; `mean` and `spread` of its finite values."""

    metric: str
    title: str
    points: int
    first: float | None
    last: float | None
    mean: float | None
    spread: float | None
    best: float | None
    best_step: float | None
    lowest: float | None
    highest: float | None


class Curve(NamedTuple):
    """A metric to draw, with the ranges of steps that findings speak of."""

    metric: str
    title: str
    steps: array[float]
    values: array[float]
    offending: tuple[tuple[float, float], ...] = ()


class Gate(NamedTuple):
    name: str
    passed: bool
    value: float | None
    limit: float | None
    note: str | None = None
    on_failure: str | None = None


class Measured(NamedTuple):
    """A checkpoint (or a step, where none was saved) with its score and its divergence, where both were measured."""

    name: str | None
    step: float
    by: str
    value: float
    kl: float | None = None


class BestCheckpoint(NamedTuple):
    best: Measured | None
    considered: int
    above_gate: int
    unmeasured: tuple[str, ...]
    """Checkpoints without an evaluation of their own."""
    others: tuple[Measured, ...] = ()
    """The best by other metrics, which do not decide."""


class Action(NamedTuple):
    stage: Stage
    text: str
    rule: str
    title: str
    changes: tuple[Change, ...] = ()
    also: tuple[str, ...] = ()
    """Further rules that ask for the same."""


class EpochRow(NamedTuple):
    epoch: float
    values: Mapping[str, float]
    loss_change: float | None
    """Relative to the epoch before; positive is worse."""
    reward_change: float | None
    """Against the epoch before, in units of the reward."""
    mark: str


class EvaluationRow(NamedTuple):
    step: float
    values: Mapping[str, float]
    """By canonical name without `eval_`."""
    failed: tuple[str, ...]
    """What this evaluation fails of the divergence gate and a margin above zero, in words."""


class Question(NamedTuple):
    """A symptom of the run, and what tells its causes apart, in the order in which to look."""

    title: str
    intro: str
    steps: tuple[str, ...]
    references: tuple[Reference, ...] = ()


class Option(NamedTuple):
    """A change that is no advice: what it would bring, and what speaks against it. No fix writes it."""

    field: str | None
    key: str | None
    old: Value | None
    new: Value | None
    gain: str
    against: str
    confidence: Confidence
    references: tuple[Reference, ...] = ()


class Published(NamedTuple):
    """Where a value of the configuration lies in the published range."""

    field: str
    key: str | None
    value: float
    recommended: tuple[float | None, float | None]
    acceptable: tuple[float | None, float | None]
    region: str
    label: str
    """The size class or kind of run that the range is of."""
    measure_missing: str | None
    """The canonical name on which the range depends, where it is not known; the range is then that of all size classes."""
    advice: str
    """In which direction the value works."""


@dataclass(frozen=True)
class Diagnosis:
    outcome: FileOutcome
    """The findings with the history: the same as `check` gives."""
    path: str
    config: str | None
    status: str
    steps: int
    last_step: float | None
    planned_steps: float | None
    seconds_per_step: float | None
    """Median of the second half of the run."""
    seconds_per_epoch: float | None
    """Median over the logged epochs."""
    metrics: tuple[MetricSummary, ...]
    curves: tuple[Curve, ...]
    stages: Mapping[str, float]
    """Share of each stage of a step in its time, where the log tells stages apart."""
    epochs: tuple[EpochRow, ...]
    gates: tuple[Gate, ...]
    gates_unjudged: tuple[str, ...]
    checkpoint: BestCheckpoint
    postmortem: Postmortem | None
    actions: tuple[Action, ...]
    expected_outcomes: tuple[str, ...]
    checklist: tuple[str, ...]
    difference: str
    """The suggested configuration as a unified diff; empty without a configuration, or where nothing is to be written."""
    remarks: tuple[str, ...] = ()
    evaluations: tuple[EvaluationRow, ...] = ()
    questions: tuple[Question, ...] = ()
    options: tuple[Option, ...] = ()
    published: tuple[Published, ...] = ()

    @property
    def seconds_planned(self) -> float | None:
        """Time that all planned steps take at the measured pace."""
        if self.seconds_per_step is None or self.planned_steps is None:
            return None
        return self.seconds_per_step * self.planned_steps

    @property
    def passed(self) -> bool | None:
        """Whether every gate passed; None where none could be judged."""
        return all(gate.passed for gate in self.gates) if self.gates else None
