"""One finding per cause: of findings that speak of the same cause the gravest stays, and no two propose opposite changes."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.rulebook.finding import CONFIDENCES, Change, Finding


def importance(finding: Finding) -> tuple[int, int, bool, bool, int]:
    """Sorts the most important first: severity, confidence, what the run itself showed, whether a change is proposed, place in the file."""
    position = finding.place.node.span.start if finding.place is not None else 1 << 60
    unchanged = finding.fix is None or not finding.fix.changes
    return -finding.severity.rank, -CONFIDENCES.index(finding.confidence), not finding.evidence, unchanged, position


def united(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in order of importance, one per cause and field, with changes that do not contradict a more important one."""
    kept: list[Finding] = []
    causes: set[tuple[str, str | None]] = set()
    settled: dict[str, tuple[Change, str]] = {}
    for finding in sorted(findings, key=importance):
        if finding.cause is not None:
            cause = (finding.cause, finding.field)
            if cause in causes:
                continue
            causes.add(cause)
        kept.append(_without_conflicts(finding, settled))
    return tuple(kept)


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
