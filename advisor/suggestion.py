"""The suggested configuration: the edits of a file chosen together, made in its text, and the result linted again.

Edits are made in the original text each time, so that every comment beside a change says what the person wrote, until linting the
patched text proposes nothing new. An edit that would make something worse is dropped and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.dialects.options import Options
from advisor.fixes.edit import Applied, Edit, Refused, Spliced
from advisor.fixes.remark import parted
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.outcome import FileOutcome
from advisor.pipeline import lint_documents
from advisor.rulebook.finding import Change, Finding, Severity
from advisor.rulebook.selection import Selection
from advisor.source.document import Document
from advisor.source.reading import read

ROUNDS = 4
"""Fixes rarely call for others; a pack whose fixes call for each other without end stops here, and what is left is reported."""


@dataclass(frozen=True)
class Suggestion:
    """A file, what was changed in it, and what linting says of it afterwards."""

    before: FileOutcome
    after: FileOutcome
    text: str
    applied: tuple[Applied, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def document(self) -> Document:
        return self.before.documents[0]

    @property
    def changed(self) -> bool:
        return self.text != self.document.text


def suggest(
    outcome: FileOutcome, *, options: Options, selection: Selection, further: Sequence[Document] = (), safe_only: bool = False
) -> Suggestion:
    """The suggested text for a linted file. Raises UnsoundEdit, a defect of this program, before anything could be written."""
    document = outcome.documents[0]
    edits: dict[tuple[str, str], Edit] = {}
    after = outcome
    spliced = Spliced(document.text, (), (), ())
    for _ in range(ROUNDS):
        new = [edit for edit in wanted(after, document.path, safe_only) if not _repeats(edit, edits.get((edit.op, edit.key)), after)]
        if not new:
            break
        tried = dict(edits)
        tried.update({(edit.op, edit.key): edit for edit in new})
        spliced = splice(document, list(tried.values()))
        verify(document, spliced)
        after = lint_documents([patched(document, spliced.text), *further], options, selection, outcome.history)
        edits = tried
    return Suggestion(outcome, after, spliced.text, spliced.applied, spliced.refused)


def patched(document: Document, text: str) -> Document:
    """The document as it would be with another text."""
    content = ("\ufeff" if document.bom else "") + text
    return read(document.path, content.encode(), document.format)


def wanted(outcome: FileOutcome, path: str, safe_only: bool) -> list[Edit]:
    """The edits that a fix writes: of findings at `low` and above, to be made before the next run, in this file, one for a key."""
    chosen: dict[str, Edit] = {}
    for finding in outcome.findings:
        if not writes(finding, safe_only):
            continue
        assert finding.fix is not None
        for change in finding.fix.changes:
            if change.key is not None and _here(change, path) and not _addressed(change, finding):
                chosen.setdefault(change.key, edit_of(change, finding))
    return list(chosen.values())


def writes(finding: Finding, safe_only: bool = False) -> bool:
    """Whether a finding's edits are written, and not only shown."""
    fix = finding.fix
    if fix is None or fix.applicability == "manual" or fix.stage != "immediate":
        return False
    # A safe edit changes nothing about the training, so it needs no severity to be worth making.
    return fix.applicability == "safe" or (not safe_only and finding.severity >= Severity.LOW)


def edit_of(change: Change, finding: Finding) -> Edit:
    assert change.key is not None
    return Edit(change.op, change.key, change.new, new_key=change.new_key, because=change.because, rule=finding.rule)


def _repeats(edit: Edit, made: Edit | None, after: FileOutcome) -> bool:
    """Whether an edit says nothing new: it was made, or a history asks again for what it asked of the value that produced it."""
    if made is None or made == edit:
        return made is not None
    return made.rule == edit.rule and any(finding.rule == edit.rule and finding.evidence for finding in after.findings)


def _addressed(change: Change, finding: Finding) -> bool:
    """Whether a history judges a value that has been changed since: one that carries our comment."""
    if not finding.evidence or change.place is None:
        return False
    document, end = change.place.document, change.place.node.span.end
    line = document.text[end:].split("\n", 1)[0]
    return "#" in line and bool(parted(line[line.index("#") :])[0])


def _here(change: Change, path: str) -> bool:
    """Values of further files and overrides are not this file's to change."""
    return change.place is None or change.place.document.path == path
