"""What tells the causes of a symptom apart, and changes that are options rather than advice (`schemas/reasoning.yaml`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from advisor.configuration.catalogue import Value, catalogue, numeric
from advisor.configuration.fact import Fact
from advisor.diagnosis.diagnosis import Option, Question
from advisor.diagnosis.reading_guide import Guide
from advisor.expression import Nothing
from advisor.rulebook.finding import Finding, Reference
from advisor.rulebook.library import references
from advisor.rulebook.prescription import SIGNIFICANT


def questions(guide: Guide, findings: Sequence[Finding]) -> Iterator[Question]:
    """The questions that this run raises, each with the steps that apply to it, filled in with what its log says."""
    present = _present(findings)
    for entry in _raised(guide, "questions", present):
        steps = tuple(guide.words(step["text"]) for step in entry["steps"] if _asked(step, present) and guide.holds(step))
        if steps:
            yield Question(entry["title"], guide.words(entry.get("intro", "")), steps, _references(entry))


def options(guide: Guide, findings: Sequence[Finding]) -> Iterator[Option]:
    """Changes that somebody may think of here, with what speaks for and against each. One that changes nothing is left out."""
    for entry in _raised(guide, "options", _present(findings)):
        name = entry.get("set")
        fact = guide.facts.get(name) if name is not None else None
        old = _native(fact) if fact is not None else None
        new = _new_value(guide, entry, fact.scale if fact is not None else 1.0)
        if name is not None and (new is None or new == old):
            continue
        yield Option(
            field=name,
            key=fact.place.key if fact is not None and fact.place is not None else None,
            old=old,
            new=new,
            gain=guide.words(entry["gain"]),
            against=guide.words(entry["against"]),
            confidence=entry.get("confidence", "low"),
            references=_references(entry),
        )


def _present(findings: Sequence[Finding]) -> frozenset[str | None]:
    return frozenset(name for finding in findings for name in (finding.rule, finding.cause))


def _raised(guide: Guide, section: str, present: frozenset[str | None]) -> Iterator[Mapping[str, Any]]:
    """Entries of a section whose condition holds, and of whose rules or causes there is a finding."""
    for entry in guide.entries(section):
        if _asked(entry, present) and guide.holds(entry):
            yield entry


def _asked(entry: Mapping[str, Any], present: frozenset[str | None]) -> bool:
    return "findings" not in entry or not present.isdisjoint(entry["findings"])


def _new_value(guide: Guide, entry: Mapping[str, Any], scale: float) -> Value | None:
    value = guide.value(entry["to"]) if "to" in entry else None
    if value is None or isinstance(value, Nothing):
        return None
    number = numeric(value)
    if number is None:
        return value
    whole = catalogue()[entry["set"]].kind == "integer"
    return round(number / scale) if whole else float(f"{number / scale:.{SIGNIFICANT}g}")


def _native(fact: Fact) -> Value | None:
    """The value in the file's own terms."""
    number = numeric(fact.value)
    return fact.value if number is None or fact.scale == 1 else number / fact.scale


def _references(entry: Mapping[str, Any]) -> tuple[Reference, ...]:
    return tuple(references()[key] for key in entry.get("references", ()))
