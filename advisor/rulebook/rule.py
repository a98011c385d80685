"""Rules, bands and references as they are after loading: plain data with checked expressions.

A rule has one of three forms. A *band* holds one value against a table of published values; a *relation* is an expression that must
hold; an *observation* speaks of what reading the file showed (a number that is text, a key written twice, a removed key).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from advisor.expression import Expression, Template
from advisor.rulebook.finding import Applicability, Confidence, Reference, Severity, Stage

if TYPE_CHECKING:
    from advisor.rulebook.screening import Screen

Form = Literal["band", "relation", "observation"]
Grade = Literal["A", "B", "C"]
"""How well a band is supported: several independent recipes read, one or two, or inference. A rule on C alone is `info` at most."""


class BandRow(NamedTuple):
    """The published values for one size class. Bounds are inclusive, None is open."""

    to: float | None
    """Upper edge of the size class, exclusive; None for the last."""
    recommended: tuple[float | None, float | None]
    acceptable: tuple[float | None, float | None]
    fails: tuple[float | None, float | None]
    """At or below the first, or at or above the second, runs are known to have failed."""
    typical: float | None
    grade: Grade
    support: tuple[str, ...]
    """What the row rests on, in a few words each."""
    label: str


class Band(NamedTuple):
    """Published values of one quantity, by the size of the model or another number."""

    name: str
    title: str
    by: str | None
    rows: tuple[BandRow, ...]


class Case(NamedTuple):
    """A condition under which a rule is graded or worded differently."""

    when: Expression
    severity: Severity | None
    confidence: Confidence | None
    message: Template | None


class Setting(NamedTuple):
    """A canonical name, or a native key that has none, and the value that a fix gives it."""

    name: str
    value: Expression
    native: bool = False


class EvidenceRule(NamedTuple):
    """A statistic of a metric that a finding shows."""

    metric: str
    statistic: str
    value: Expression


class FixRule(NamedTuple):
    applicability: Applicability
    stage: Stage
    text: Template | None
    because: Template | None
    settings: tuple[Setting, ...]
    when: Expression | None = None
    key: Literal["rename", "delete", "rewrite"] | None = None
    """For observations: what is done to the key itself, or `rewrite` for the same value written so that every loader reads it."""


class Rule(NamedTuple):
    id: str
    name: str
    title: str
    form: Form
    pack: str
    methods: tuple[str, ...]
    """Methods that it speaks of; empty for all."""
    dialects: tuple[str, ...]
    """Dialects that it speaks of, since it names native keys or what one framework does; empty for all."""
    of: str | None
    """The canonical name that a finding points at."""
    at: tuple[str, ...]
    """Native keys that it points at where `of` does not lead to one: the first that the file has; the others take part."""
    severity: Severity
    confidence: Confidence
    message: Template
    why: str
    cause: str | None = None
    when: Expression | None = None
    holds: Expression | None = None
    band: str | None = None
    observes: str | None = None
    assume: Mapping[str, Any] | None = None
    """Values taken for facts that nobody gave, named in the output when they were used."""
    cases: tuple[Case, ...] = ()
    related: tuple[str, ...] = ()
    fixes: tuple[FixRule, ...] = ()
    references: tuple[str, ...] = ()
    history: bool = False
    """It judges a run's history, and says nothing without one."""
    evidence: tuple[EvidenceRule, ...] = ()
    severities: Mapping[str, Severity | None] | None = None
    """For bands: severity by region (`acceptable`, `outside`, `fails`) where it differs from the contract's; None is silent."""


@dataclass(frozen=True)
class Rulebook:
    """Rules with what they refer to. Keep it for the files of a sweep: it remembers which of its rules can speak of what kind of run."""

    rules: tuple[Rule, ...]
    bands: Mapping[str, Band]
    references: Mapping[str, Reference]

    @cached_property
    def screen(self) -> Screen:
        from advisor.rulebook.screening import Screen

        return Screen(self.rules)
