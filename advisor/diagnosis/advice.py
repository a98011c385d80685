"""What to do and what to expect: actions of the findings by stage, outcomes if they work, and what to watch in the next run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.diagnosis.diagnosis import Action, Gate
from advisor.diagnosis.reading_guide import Guide, table
from advisor.rulebook.finding import Finding, Severity

STAGES = ("immediate", "short-term", "medium-term")


def actions(findings: Sequence[Finding]) -> tuple[Action, ...]:
    """One action a finding that proposes something, the next to do first. Context that the run does not bear on proposes nothing."""
    found = [
        Action(finding.fix.stage, finding.fix.text, finding.rule, finding.message, finding.fix.changes)
        for finding in findings
        if finding.fix is not None and concerns_training(finding)
    ]
    return tuple(sorted(found, key=lambda action: STAGES.index(action.stage)))


def concerns_training(finding: Finding) -> bool:
    """Whether a finding is worth an action: at `low` and above, by what the run shows, or to be done later if that does not help."""
    staged = finding.fix is not None and finding.fix.stage != "immediate"
    return finding.severity >= Severity.LOW or bool(finding.evidence) or staged


def expected_outcomes(findings: Sequence[Finding], gates: Sequence[Gate]) -> tuple[str, ...]:
    """What should be seen if the advice is right: goals to check the next run by, no forecast."""
    outcomes = table()["outcomes"]
    said = dict.fromkeys(
        outcomes.get(finding.rule) or outcomes.get(finding.cause)
        for finding in findings
        if finding.severity >= Severity.LOW and finding.fix is not None
    )
    return (*(text for text in said if text), *(f"the gate `{gate.name}` passes" for gate in gates if not gate.passed))


def checklist(guide: Guide) -> Iterator[str]:
    """What to watch in the next run of this method."""
    for entry in guide.entries("checklist"):
        if guide.holds(entry):
            yield entry["text"]
