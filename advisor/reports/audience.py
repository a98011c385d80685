"""Who reads a report for people: what they asked to see, and whether their terminal shows colour."""

from __future__ import annotations

from typing import NamedTuple

from advisor.rulebook.finding import Finding, Severity


class Audience(NamedTuple):
    show_info: bool = False
    colour: bool = False

    def hears(self, finding: Finding) -> bool:
        """Context (`info`) is shown only to those who ask for it."""
        return self.show_info or finding.severity > Severity.INFO
