"""The suggested configuration: the plan of a file's edits as a text that may be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.dialects.options import Options
from advisor.fixes.edit import Applied
from advisor.fixes.verification import verify
from advisor.outcome import FileOutcome
from advisor.pipeline import lint_documents
from advisor.planning import GivenUp, plan
from advisor.rulebook.selection import Selection
from advisor.source.document import Document
from advisor.wishes import Choice


@dataclass(frozen=True)
class Suggestion:
    """A file, what was changed in it, and what linting says of it afterwards."""

    before: FileOutcome
    after: FileOutcome
    text: str
    applied: tuple[Applied, ...] = ()
    given_up: tuple[GivenUp, ...] = ()
    """Findings whose edits were not made, though asked for."""

    @property
    def document(self) -> Document:
        return self.before.documents[0]

    @property
    def changed(self) -> bool:
        return self.text != self.document.text


def suggest(
    outcome: FileOutcome,
    *,
    options: Options,
    selection: Selection,
    further: Sequence[Document] = (),
    choice: Choice | None = None,
    heard: Callable[[FileOutcome], FileOutcome] = lambda outcome: outcome,
) -> Suggestion:
    """The suggested text for a linted file. `heard` is what a baseline leaves of an outcome.

    Raises UnsoundEdit, a defect of this program, before anything could be written.
    """
    document = outcome.documents[0]

    def lint(patched: Document) -> FileOutcome:
        return heard(lint_documents([patched, *further], options, selection, outcome.history))

    made = plan(outcome, lint, choice or Choice())
    verify(document, made.spliced)
    return Suggestion(outcome, made.after, made.spliced.text, made.spliced.applied, made.given_up)
