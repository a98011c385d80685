"""The suggested configuration: the plan of a file's edits as a text that may be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.dialects.options import Options
from advisor.fixes.edit import Applied
from advisor.outcome import FileOutcome
from advisor.pipeline import lint_documents
from advisor.planning import GivenUp, plan
from advisor.rulebook.selection import Selection
from advisor.source.document import Document
from advisor.wishes import Choice


@dataclass(frozen=True)
class Rewritten:
    """One file of a run, and what is to become of it."""

    document: Document
    text: str
    applied: tuple[Applied, ...] = ()

    @property
    def changed(self) -> bool:
        return self.text != self.document.text

    @property
    def changes(self) -> int:
        return sum(one.changed for one in self.applied)


@dataclass(frozen=True)
class Suggestion:
    """A linted run, what was changed in its files, and what linting says of them afterwards."""

    before: FileOutcome
    after: FileOutcome
    files: tuple[Rewritten, ...]
    """The linted file first, then those that are merged over it."""
    given_up: tuple[GivenUp, ...] = ()
    """Findings whose edits were not made, though asked for."""

    @property
    def document(self) -> Document:
        return self.files[0].document

    @property
    def text(self) -> str:
        return self.files[0].text

    @property
    def applied(self) -> tuple[Applied, ...]:
        return self.files[0].applied

    @property
    def changed(self) -> bool:
        return any(file.changed for file in self.files)


def suggest(
    outcome: FileOutcome,
    *,
    options: Options,
    selection: Selection,
    further: Sequence[Document] = (),
    choice: Choice | None = None,
    alone: bool = False,
    heard: Callable[[FileOutcome], FileOutcome] = lambda outcome: outcome,
) -> Suggestion:
    """The suggested texts for a linted file and, unless it is to be changed `alone`, for the further files of its run.

    Every text was read back by parsers that are not ours. `heard` is what a baseline leaves of an outcome.
    """
    editable = [outcome.documents[0]]
    for document in () if alone else further:
        if not document.path.startswith("-") and all(document.path != other.path for other in editable):
            editable.append(document)

    def lint(documents: Sequence[Document]) -> FileOutcome:
        texts = {document.path: document for document in documents}
        rest = [texts.get(document.path, document) for document in further]
        return heard(lint_documents([documents[0], *rest], options, selection, outcome.history))

    made = plan(outcome, editable, lint, choice or Choice())
    files = (Rewritten(document, one.text, one.applied) for document, one in zip(editable, made.spliced, strict=True))
    return Suggestion(outcome, made.after, tuple(files), made.given_up)
