"""What linting gives: one outcome a file, and all of a call together. Renderers and the command line read these and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.baseline import Known
from advisor.configuration.fact import Facts
from advisor.errors import InputError
from advisor.rulebook.finding import Finding, Severity, Skipped
from advisor.source.document import Document

if TYPE_CHECKING:
    from advisor.history.history import History


@dataclass(frozen=True)
class FileOutcome:
    """One file or run. With an `error` nothing else is filled in."""

    path: str | None
    """As given; None for a history judged alone."""
    error: InputError | None = None
    dialect: str | None = None
    title: str | None = None
    """What the dialect is called in prose."""
    method: str | None = None
    framework: str | None = None
    version: str | None = None
    facts: Facts = field(default_factory=Facts)
    documents: tuple[Document, ...] = ()
    keys_read: tuple[str, ...] = ()
    keys_unknown: tuple[str, ...] = ()
    rules_applied: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Most important first."""
    ignored: int = 0
    """Findings that comments in the file hide."""
    fails: bool = False
    """Whether its findings reach the severity at which the call fails."""
    known: tuple[Known, ...] = ()
    """Findings that a baseline hides."""
    skipped: tuple[Skipped, ...] = ()
    history: History | None = None
    """The metrics that were judged with it."""

    def worst(self) -> Severity | None:
        return max((finding.severity for finding in self.findings), default=None)


class Tally(NamedTuple):
    """What is counted over files, so that nothing else of them has to be kept."""

    files: int = 0
    failed: int = 0
    """Named inputs that could not be read or recognised."""
    left_out: int = 0
    """Files named on the command line that are no training configuration."""
    ignored: int = 0
    failing: int = 0
    """Files with findings at the severity at which the call fails."""
    severities: Counter[Severity] = Counter()  # noqa: RUF012 - never changed
    rules: Counter[str] = Counter()  # noqa: RUF012 - never changed
    known: tuple[Known, ...] = ()
    """Findings that a baseline hides; kept, since those that nothing answers to are told at the end."""
    linted: tuple[str | None, ...] = ()
    """The files to which a baseline was held."""

    def __add__(self, other: Any) -> Tally:
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def counts(self) -> Mapping[Severity, int]:
        """Findings by severity, the worst first."""
        return {severity: self.severities[severity] for severity in reversed(Severity)}

    def worst(self) -> Severity | None:
        return max(self.severities, default=None)


class LeftOut(NamedTuple):
    """A file that is no training configuration and was passed over."""

    path: str
    reason: str
    named: bool
    """Named on the command line, not found in a directory."""


@dataclass(frozen=True)
class Outcome:
    files: tuple[FileOutcome, ...]
    left_out: tuple[LeftOut, ...] = ()

    def tally(self, against_baseline: bool = False) -> Tally:
        return Tally(
            files=len(self.files),
            failed=sum(file.error is not None for file in self.files),
            left_out=sum(left.named for left in self.left_out),
            ignored=sum(file.ignored for file in self.files),
            failing=sum(file.fails for file in self.files),
            severities=Counter(finding.severity for file in self.files for finding in file.findings),
            rules=Counter(f"{finding.rule} {finding.name}" for file in self.files for finding in file.findings),
            known=tuple(known for file in self.files for known in file.known),
            linted=tuple(file.path for file in self.files) if against_baseline else (),
        )
