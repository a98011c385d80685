"""Holding a run against the rulebook: facts in, findings and skipped rules out. A pure function, and three-valued throughout.

A rule whose facts are unknown is skipped and says what it lacked; it never fires, and a lint that could judge little says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from advisor.configuration.catalogue import Value
from advisor.configuration.fact import Facts, Place
from advisor.configuration.native import Native
from advisor.expression import ABSENT, UNKNOWN, Expression, Function, Nothing, Template, evaluate, missing, render
from advisor.rulebook.finding import CONFIDENCES, Confidence, Evidence, Finding, Reference, Related, Severity, Skipped
from advisor.rulebook.prescription import prescribe
from advisor.rulebook.region import Standing, row_for, standing, target
from advisor.rulebook.rule import BandRow, Rule, Rulebook
from advisor.rulebook.screening import Kind
from advisor.rulebook.vocabulary import functions

if TYPE_CHECKING:
    from advisor.history.history import History

REGION_SEVERITY = {"recommended": None, "acceptable": Severity.INFO, "outside": Severity.MEDIUM, "fails": Severity.HIGH}
"""What the regions of a band mean, as the contract says."""


class Observed(Protocol):
    """What reading the file showed (`advisor.dialects`): a kind, a place, and words."""

    @property
    def kind(self) -> str: ...
    @property
    def place(self) -> Place | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def details(self) -> Mapping[str, str]: ...


NOWHERE = Native({}, ())
"""The keys of a run that no file describes."""


@dataclass(frozen=True)
class Run:
    """What rules judge: one run's facts, what reading it showed, and how its dialect names what it does not hold."""

    facts: Facts
    method: str | None
    observations: Sequence[Observed] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    history: History | None = None
    key_for: Callable[[str], str | None] = lambda name: None
    native: Native = NOWHERE
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    applied: tuple[str, ...]
    """Rules that could be judged, whether they fired or not."""
    assumptions: tuple[str, ...]


def judge(run: Run, rulebook: Rulebook) -> Verdict:
    """Hold a run against the rules of a rulebook."""
    findings: list[Finding] = []
    assumptions: dict[str, None] = {}
    callable_by_rules = functions(run.facts, run.history, run.native, run.versions)
    known = Known(run)
    observed = frozenset([observation.kind for observation in run.observations])
    kind = Kind(run.method, run.source.get("source.dialect"), observed, run.history is not None)
    screened = rulebook.screen.of(kind, known)
    applied, skipped = list(screened.met), list(screened.skipped)
    for rule, when, holds in screened.candidates:
        scope = Scope(run, rule, rulebook, callable_by_rules, known)
        outcome = scope.outcome(when, holds)
        if isinstance(outcome, Skipped):
            skipped.append(outcome)
        elif outcome is not None:
            applied.append(rule.id)
            findings += outcome
            if outcome:
                assumptions |= dict.fromkeys(scope.assumed())
    return Verdict(tuple(findings), tuple(skipped), tuple(applied), tuple(assumptions))


class Known(dict[str, Value | Nothing]):
    """What names mean in every rule of one run, each found out when first asked for."""

    def __init__(self, run: Run) -> None:
        super().__init__({name: run.facts.lookup(name) for name in run.facts.by_name})
        self.run = run

    def __missing__(self, name: str) -> Value | Nothing:
        if name.startswith("source."):
            found: Value | Nothing = self.run.source.get(name, UNKNOWN)
        elif name.startswith("history."):
            found = self._of_history(name)
        else:
            found = self.run.facts.lookup(name)
        self[name] = found
        return found

    def _of_history(self, name: str) -> Value | Nothing:
        if self.run.history is None:
            return ABSENT
        from advisor.rulebook.metrics import history_fact

        return history_fact(self.run.history, name)


class Scope:
    """One rule over one run: what its names mean while it is judged."""

    def __init__(self, run: Run, rule: Rule, rulebook: Rulebook, callable_by_rules: Mapping[str, Function], known: Known) -> None:
        self.run = run
        self.rule = rule
        self.rulebook = rulebook
        self.local: dict[str, Value] = {}
        self.functions = callable_by_rules
        self.known = known

    def lookup(self, name: str) -> Value | Nothing:
        if name in self.local:
            return self.local[name]
        found = self.known[name]
        if isinstance(found, Nothing) and self.rule.assume is not None and name in self.rule.assume:
            assumed: Value = self.rule.assume[name]
            return assumed
        return found

    def value(self, expression: Expression) -> Value | Nothing:
        # Most rules assume nothing and name nothing of their own: then the run's names are looked up without a detour.
        if self.local or self.rule.assume is not None:
            return evaluate(expression, self.lookup, self.functions)
        return evaluate(expression, self.known.__getitem__, self.functions)

    def words(self, template: Template) -> str:
        return render(template, self.lookup, self.functions)

    def outcome(self, when: Expression | None, holds: Expression | None) -> list[Finding] | Skipped | None:
        """Findings (none where the rule is met), what was missing, or None where the rule does not apply.

        `when` and `holds` are what screening left of the rule's own.
        """
        if self.rule.form == "observation":
            return self._observations()
        condition = True if when is None else self.value(when)
        if condition is False:
            return None
        if condition is not True:
            assert self.rule.when is not None
            return self._skip(self.rule.when)
        return self._band() if self.rule.form == "band" else self._relation(holds)

    def _skip(self, expression: Expression) -> Skipped | None:
        """What was missing; None where it is no fact, but a statistic that the points do not define, a native key or a version."""
        lacked = missing(expression, self.lookup, self.functions)
        return Skipped(self.rule.id, lacked) if lacked or not (self.rule.history or self.rule.dialects) else None

    def _relation(self, holds: Expression | None) -> list[Finding] | Skipped | None:
        assert self.rule.holds is not None and holds is not None
        result = self.value(holds)
        if isinstance(result, Nothing):
            return self._skip(self.rule.holds)
        return [] if result is True else [self._finding(self.rule.severity, self.rule.confidence)]

    def _band(self) -> list[Finding] | Skipped:
        assert self.rule.of is not None and self.rule.band is not None
        value = self.lookup(self.rule.of)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return Skipped(self.rule.id, (self.rule.of,))
        if not math.isfinite(value):
            return []  # no value of any band; that it is impossible is said where the file was read
        band = self.rulebook.bands[self.rule.band]
        measure = self.lookup(band.by) if band.by is not None else ABSENT
        known = isinstance(measure, (int, float))
        row = row_for(band, float(measure) if isinstance(measure, (int, float)) else None)
        if row is None:
            return []
        where = standing(float(value), row)
        if band.by is not None and not known and len(band.rows) > 1 and where.region in ("recommended", "acceptable"):
            return Skipped(self.rule.id, (band.by,))
        return self._off_band(float(value), row, where, sure=known or band.by is None, title=band.title)

    def _off_band(self, value: float, row: BandRow, where: Standing, *, sure: bool, title: str) -> list[Finding]:
        severity = (self.rule.severities or {}).get(where.region, REGION_SEVERITY[where.region])
        if severity is None:
            return []
        edges: dict[str, float | None] = {"value": value, "typical": row.typical}
        for word, (low, high) in (("", row.recommended), ("acceptable_", row.acceptable), ("fails_", row.fails)):
            edges |= {f"{word}low": low, f"{word}high": high}
        self.local = {name: edge for name, edge in edges.items() if edge is not None}
        self.local |= {"side": where.side, "size_class": row.label, "support": "; ".join(row.support), "band_title": title}
        confidence = self.rule.confidence
        if row.grade == "C":
            severity = min(severity, Severity.INFO)
        if row.grade != "A":
            confidence = lowered(confidence)
        wanted = target(value, row)
        return [self._finding(severity, confidence if sure else lowered(confidence), wanted)]

    def _observations(self) -> list[Finding] | None:
        findings = []
        for seen in self.run.observations:
            if seen.kind != self.rule.observes:
                continue
            self.local = {"observed.name": seen.name or "", **{f"observed.{word}": text for word, text in seen.details.items()}}
            if self.rule.when is not None and self.value(self.rule.when) is not True:
                continue
            findings.append(self._finding(self.rule.severity, self.rule.confidence, observed=seen))
        return findings

    def _finding(
        self, severity: Severity, confidence: Confidence, wanted: float | None = None, observed: Observed | None = None
    ) -> Finding:
        rule = self.rule
        name = rule.of if observed is None else observed.name
        fact = self.run.facts.get(name) if name is not None else None
        place = observed.place if observed is not None else fact.place if fact is not None and fact.place else self._place()
        self.local["key"] = _last(place.key) if place is not None else name or ""
        message = rule.message
        for case in rule.cases:
            if self.value(case.when) is True:
                severity = case.severity or severity
                confidence = case.confidence or confidence
                message = case.message or message
                break
        return Finding(
            rule=rule.id,
            name=rule.name,
            severity=severity,
            confidence=confidence,
            message=self.words(message),
            why=rule.why,
            field=name,
            key=place.key if place is not None else None,
            value=fact.value if fact is not None else getattr(place.node, "value", None) if place is not None else None,
            place=place,
            cause=rule.cause,
            related=self._related(place),
            evidence=self._evidence(),
            fix=prescribe(self, wanted, place),
            references=self._references(),
            historic=rule.history,
        )

    def _references(self) -> tuple[Reference, ...]:
        """Those of the rule, without what is said of other frameworks than the run's."""
        found = (self.rulebook.references[key] for key in self.rule.references)
        return tuple(one for one in found if one.framework in (None, self.run.source.get("source.framework")))

    def _evidence(self) -> tuple[Evidence, ...]:
        """What the history shows, statistic by statistic; one that cannot be computed is left out."""
        if self.run.history is None:
            return ()
        from advisor.rulebook.metrics import steps_of

        found = []
        for item in self.rule.evidence:
            value = self.value(item.value)
            if isinstance(value, (int, float)):
                found.append(
                    Evidence(item.metric, item.statistic, float(value), steps_of(self.run.history, item.metric, item.statistic, value))
                )
        return tuple(found)

    def _related(self, pointed: Place | None) -> tuple[Related, ...]:
        """The other values that take part: canonical ones, and native keys beside the one pointed at."""
        found = []
        for name in self.rule.related:
            fact = self.run.facts.get(name)
            if fact is not None:
                found.append(Related(name, fact.place.key if fact.place else None, fact.value, fact.place))
        others = (place for place in self._places() if place != pointed)
        found += [Related(None, place.key, getattr(place.node, "value", None), place) for place in others]
        return tuple(found)

    def _places(self) -> list[Place]:
        """The native keys of which the rule speaks, those that the run has."""
        return [place for key in self.rule.at if (place := self.run.native.find(key)) is not None]

    def _place(self) -> Place | None:
        return next(iter(self._places()), None)

    def assumed(self) -> list[str]:
        """In words, what was taken for facts that nobody gave."""
        assume: Mapping[str, Any] = self.rule.assume or {}
        return [f"{name} = {value}" for name, value in assume.items() if isinstance(self.run.facts.lookup(name), Nothing)]


def lowered(confidence: Confidence) -> Confidence:
    return CONFIDENCES[max(0, CONFIDENCES.index(confidence) - 1)]


def _last(key: str) -> str:
    return key.rsplit(".", 1)[-1]
