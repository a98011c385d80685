"""What to do and what to expect: actions of the findings by stage, outcomes if they work, and what to watch in the next run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.diagnosis.diagnosis import Action, Gate
from advisor.diagnosis.reading_guide import Guide, table
from advisor.rulebook.finding import Finding, Severity

STAGES = ("immediate", "short-term", "medium-term")


def actions(findings: Sequence[Finding]) -> tuple[Action, ...]:
    """One action a finding that proposes something, the next to do first; findings that ask for the same change share one.

    Context that the run does not bear on proposes nothing.
    """
    found: list[Action] = []
    for finding in findings:
        if finding.fix is None or not concerns_training(finding):
            continue
        action = Action(finding.fix.stage, finding.fix.text, finding.rule, finding.message, finding.fix.changes)
        same = next((place for place, other in enumerate(found) if _same_changes(action, other)), None)
        if same is None:
            found.append(action)
        else:
            found[same] = found[same]._replace(also=(*found[same].also, action.rule))
    return tuple(sorted(found, key=lambda action: STAGES.index(action.stage)))


def _same_changes(one: Action, other: Action) -> bool:
    """Whether two findings ask for the same changes at the same stage."""
    wanted = [[(change.op, change.name or change.key, change.new) for change in action.changes] for action in (one, other)]
    return one.stage == other.stage and wanted[0] != [] and wanted[0] == wanted[1]


def concerns_training(finding: Finding) -> bool:
    """Whether a finding is worth an action: at `low` and above, by what the run shows, or to be done later if that does not help."""
    staged = finding.fix is not None and finding.fix.stage != "immediate"
    return finding.severity >= Severity.LOW or bool(finding.evidence) or staged


def expected_outcomes(guide: Guide, findings: Sequence[Finding], gates: Sequence[Gate]) -> tuple[str, ...]:
    """What should be seen if the advice is right: goals to check the next run by, no forecast."""
    outcomes = table()["outcomes"]
    said = dict.fromkeys(
        outcomes.get(finding.rule) or outcomes.get(finding.cause)
        for finding in findings
        if finding.fix is not None and concerns_training(finding)
    )
    return (*(guide.words(text) for text in said if text), *(f"the gate `{gate.name}` passes" for gate in gates if not gate.passed))


def checklist(guide: Guide) -> Iterator[str]:
    """What to watch in the next run of this method."""
    for entry in guide.entries("checklist"):
        if guide.holds(entry):
            yield entry["text"]
