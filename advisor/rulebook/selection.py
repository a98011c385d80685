"""Which rules to apply and how their findings count: by id, name or prefix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from advisor.rulebook.finding import CONFIDENCES, Confidence, Finding, Severity


class Selection(NamedTuple):
    select: tuple[str, ...] = ()
    """Ids, names or id prefixes; empty takes all."""
    ignore: tuple[str, ...] = ()
    heeds_comments: bool = True
    """Whether `# rlhf-lint: ignore[...]` in the file counts."""
    grades: tuple[tuple[str, Severity | None], ...] = ()
    """Severities that findings get instead of their rule's own; None is off. The last that names a rule counts."""
    min_severity: Severity | None = None
    min_confidence: Confidence | None = None
    packs: tuple[str, ...] = ()
    """Paths of packs that are applied beside the shipped rules."""

    def takes(self, rule: str, name: str) -> bool:
        if (self.select and not _matches(rule, name, self.select)) or _matches(rule, name, self.ignore):
            return False
        return not self.grades or self._grade(rule, name) != (None,)

    def regraded(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Findings with the severities that this selection gives them."""
        if not self.grades:
            return tuple(findings)
        graded = ((finding, self._grade(finding.rule, finding.name)) for finding in findings)
        return tuple(finding._replace(severity=grade[0]) if grade and grade[0] else finding for finding, grade in graded)

    def heard(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Those grave and certain enough to be reported."""
        least = CONFIDENCES.index(self.min_confidence) if self.min_confidence else 0
        return tuple(
            finding
            for finding in findings
            if (self.min_severity is None or finding.severity >= self.min_severity) and CONFIDENCES.index(finding.confidence) >= least
        )

    def _grade(self, rule: str, name: str) -> tuple[Severity | None, ...]:
        """The severity set for a rule as a tuple of one, empty where none is."""
        return next(((grade,) for word, grade in reversed(self.grades) if _matches(rule, name, (word,))), ())

    def unmatched(self, rules: Iterable[tuple[str, str]]) -> list[str]:
        """Words of the selection that no rule answers to; they are somebody's typing error."""
        known = list(rules)
        words = (*self.select, *self.ignore, *(word for word, _ in self.grades))
        return [word for word in words if not any(_matches(rule, name, (word,)) for rule, name in known)]


def _matches(rule: str, name: str, words: tuple[str, ...]) -> bool:
    return any(rule.startswith(word.upper()) or name == word.lower() for word in words)
