"""Who reads a report: what they asked to see, what their terminal shows, and where they find the pages of rules."""

from __future__ import annotations

from typing import NamedTuple

from advisor.rulebook.finding import Finding, Severity


class Audience(NamedTuple):
    show_info: bool = False
    colour: bool = False
    documentation: str | None = None
    """The address of the rules' pages, where it is not our own."""
    hyperlinks: bool = False
    """Whether the reader sits at a terminal that opens links."""

    def hears(self, finding: Finding) -> bool:
        """Context (`info`) is shown only to those who ask for it."""
        return self.show_info or finding.severity > Severity.INFO

    def elsewhere(self) -> Audience:
        """The same reader of a file, which may be opened anywhere."""
        return self._replace(colour=False, hyperlinks=False)
