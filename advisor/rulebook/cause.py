"""One finding per cause: of findings that speak of the same cause the gravest stays, and no two propose opposite changes.

What a run shows is never lost by that: a finding about the configuration that stays takes over the evidence of one that its history gave
and that asks for the same direction.
"""

from __future__ import annotations

from collections.abc import Iterable

from advisor.rulebook.finding import CONFIDENCES, Change, Finding, Fix, Severity
from advisor.rulebook.prescription import settings_text


def importance(finding: Finding) -> tuple[int, int, bool, bool, int]:
    """Sorts the most important first: severity, confidence, what the run itself showed, whether a change is proposed, place in the file."""
    position = finding.place.node.span.start if finding.place is not None else 1 << 60
    unchanged = finding.fix is None or not finding.fix.changes
    return -finding.severity.rank, -CONFIDENCES.index(finding.confidence), not finding.evidence, unchanged, position


def united(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in order of importance, one per cause and field, with changes that do not contradict a more important one."""
    unique: list[Finding] = []
    causes: dict[tuple[str, str | None], int] = {}
    for finding in sorted(findings, key=importance):
        if finding.cause is not None:
            first = causes.setdefault((finding.cause, finding.field), len(unique))
            if first < len(unique):
                unique[first] = furthered(confirmed(unique[first], finding), finding)
                continue
        unique.append(finding)
    settled: dict[str, tuple[Change, str]] = {}
    return tuple(_without_conflicts(finding, settled) for finding in sorted(unique, key=importance))


def confirmed(finding: Finding, other: Finding) -> Finding:
    """A finding about the configuration with what the run's history says in favour of it; any other stays as it is.

    Two that agree are surer than each alone: confidence rises, and a value outside what is published becomes one that fails here where the
    history alone would be worth as much. Changes of further values are taken over; of the same value the configuration's is kept.
    """
    if finding.historic or finding.evidence or not other.historic or not other.evidence or finding.fix is None or other.fix is None:
        return finding
    if not finding.severity >= Severity.LOW <= other.severity or not _agree(finding.fix, other.fix):
        return finding
    fix, own = finding.fix, {change.name for change in finding.fix.changes}
    if fix.stage == other.fix.stage and fix.applicability == other.fix.applicability:
        changes = (*fix.changes, *(change for change in other.fix.changes if change.name not in own))
        fix = _with_changes(fix, changes)
    graver = finding.severity is Severity.MEDIUM and other.severity >= Severity.MEDIUM
    return finding._replace(
        severity=Severity.HIGH if graver else finding.severity,
        confidence="high",
        message=f"{finding.message}; in the run, {other.message}",
        evidence=other.evidence,
        fix=fix,
    )


def furthered(finding: Finding, other: Finding) -> Finding:
    """A finding of the run's history whose changes go as far as what is published asks for: half of a rate may still be twice too much."""
    if not finding.historic or other.historic or finding.fix is None or other.fix is None or not _agree(finding.fix, other.fix):
        return finding
    wanted = {change.name: change for change in other.fix.changes}
    changes = tuple(
        change._replace(new=wanted[change.name].new) if change.name in wanted and _further(wanted[change.name], change) else change
        for change in finding.fix.changes
    )
    return finding if changes == finding.fix.changes else finding._replace(fix=_with_changes(finding.fix, changes))


def _with_changes(fix: Fix, changes: tuple[Change, ...]) -> Fix:
    """A fix with other changes; its text follows where it only names them."""
    return fix._replace(changes=changes, text=settings_text(changes) if fix.text == settings_text(fix.changes) else fix.text)


def _agree(one: Fix, other: Fix) -> bool:
    """Whether two fixes change some value alike, and none of them the other way."""
    own = {change.name: change for change in one.changes}
    shared = [(own[change.name], change) for change in other.changes if change.name in own]
    return bool(shared) and all(_same_direction(*pair) for pair in shared)


def _further(one: Change, other: Change) -> bool:
    """Whether a change in the same direction goes further than another."""
    return abs(float(one.new) - float(one.old)) > abs(float(other.new) - float(other.old))


def _without_conflicts(finding: Finding, settled: dict[str, tuple[Change, str]]) -> Finding:
    """The finding without changes of values that a more important finding changes already."""
    if finding.fix is None:
        return finding
    changes, lost = [], []
    for change in finding.fix.changes:
        earlier, rule = settled.setdefault(change.name or change.key or "", (change, finding.rule))
        if earlier is change or earlier.new == change.new or _same_direction(earlier, change):
            changes.append(change)
        else:
            lost.append((change, earlier, rule))
    return finding._replace(fix=finding.fix._replace(changes=tuple(changes), lost=tuple(lost))) if lost else finding


def _same_direction(one: Change, other: Change) -> bool:
    try:
        return (float(one.new) - float(one.old)) * (float(other.new) - float(other.old)) > 0
    except (TypeError, ValueError):
        return False
