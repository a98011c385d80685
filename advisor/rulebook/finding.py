"""What the rulebook says of a run: findings, the changes they propose, and the rules that could not be judged."""

from __future__ import annotations

from enum import Enum
from functools import total_ordering
from typing import Any, Literal, NamedTuple

from advisor.configuration.fact import Place

Applicability = Literal["safe", "suggested", "manual"]
Stage = Literal["immediate", "short-term", "medium-term"]
Confidence = Literal["high", "medium", "low"]

CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
STAGES: tuple[Stage, ...] = ("immediate", "short-term", "medium-term")
"""Before the next run, after it if its curves still ask for it, when the recipe is revised."""


@total_ordering
class Severity(Enum):
    """How bad a finding is; comparable, `CRITICAL` is the greatest."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return _RANKS[self]

    def __lt__(self, other: object) -> bool:
        return self.rank < other.rank if isinstance(other, Severity) else NotImplemented


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Reference(NamedTuple):
    key: str
    title: str
    url: str | None
    framework: str | None = None
    """Where it speaks of one framework alone: for a run of another it is none."""


class Change(NamedTuple):
    """One value to change, in canonical terms and in the file's own."""

    op: Literal["set", "insert", "rename", "delete"]
    name: str | None
    """The canonical name; None for a key that has none."""
    key: str | None
    """The native key; None where the dialect has no key for it, so that only a person can make the change."""
    old: Any
    new: Any
    because: str
    new_key: str | None = None
    place: Place | None = None


class Fix(NamedTuple):
    applicability: Applicability
    stage: Stage
    text: str
    changes: tuple[Change, ...] = ()
    lost: tuple[tuple[Change, Change, str], ...] = ()
    """Changes that a more important finding opposes, each with the one it gives way to and the rule that asks for that."""


class Related(NamedTuple):
    """Another value that takes part in a finding."""

    name: str | None
    """The canonical name; None for a key that has none."""
    key: str | None
    value: Any
    place: Place | None


class Evidence(NamedTuple):
    """What a history shows: a statistic of a metric over steps."""

    metric: str
    statistic: str
    value: float | None
    steps: tuple[int, int] | None


class Finding(NamedTuple):
    rule: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    why: str
    field: str | None
    key: str | None
    value: Any
    place: Place | None
    cause: str | None = None
    related: tuple[Related, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    fix: Fix | None = None
    references: tuple[Reference, ...] = ()
    historic: bool = False
    """Whether the history of a run speaks. It judges only the values that produced it: no change of a value answers it."""


class Skipped(NamedTuple):
    """A rule that could not be judged, and the facts it lacked."""

    rule: str
    missing: tuple[str, ...]
