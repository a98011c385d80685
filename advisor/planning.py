"""Edits of a run's files chosen together: tried on the configuration, linted, and given up where they do not hold together.

    findings --wishes--> edits --splice--> text --lint--> findings --> ...

The rules are asked again about each patched text until they ask for nothing more. What would leave its own finding standing, or make
something else fire, or fight with something graver, is given up with the reason, and the plan is made anew without it. Every trial starts
from the original text, so that each comment says what the person wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from advisor.expression.notation import text
from advisor.fixes.edit import Spliced, UnsoundEdit
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.outcome import FileOutcome
from advisor.rulebook.cause import importance
from advisor.rulebook.finding import Finding, Severity
from advisor.source.document import Atom, Document
from advisor.source.reading import read
from advisor.wishes import Choice, Home, Roll, Wish, alike, home_of, joined, obstacle, opposed, wishes_of

ROUNDS = 6
"""Fixes rarely call for others, and those hardly ever for more; a plan still moving after this many has two rules that disagree."""
SUSPECTS = 12
"""Findings tried one by one for the one whose edit makes something else fire; beyond them the least important is given up."""

Lint = Callable[[Sequence[Document]], FileOutcome]


class GivenUp(NamedTuple):
    """A finding whose edits are not made."""

    finding: Finding
    key: str
    reason: str
    """In words that follow the key's name."""


@dataclass(frozen=True)
class Plan:
    spliced: tuple[Spliced, ...]
    """One for each document that may be edited, in their order."""
    after: FileOutcome
    """What linting says of the new texts."""
    wishes: Mapping[Home, Wish]
    given_up: tuple[GivenUp, ...]


class _Trial(NamedTuple):
    wishes: dict[Home, Wish]
    spliced: tuple[Spliced, ...]
    after: FileOutcome
    unsettled: tuple[Finding, ...]
    """Findings that still asked for something when patience ended."""


def plan(before: FileOutcome, documents: Sequence[Document], lint: Lint, choice: Choice) -> Plan:
    """The edits to be made in the documents of a linted run. `lint` judges these with other texts as `before` was judged."""
    planner = _Planner(before, documents, lint, choice)
    while True:
        trial = planner.trial()
        if trial is not None:
            culprit = planner.culprit(trial) or planner.unsound(trial)
            if culprit is None:
                return Plan(trial.spliced, trial.after, trial.wishes, planner.reported(trial))
            planner.give_up(culprit)


def patched(document: Document, text: str) -> Document:
    """The document as it would be with another text."""
    content = ("\ufeff" if document.bom else "") + text
    return read(document.path, content.encode(), document.format)


class _Planner:
    def __init__(self, before: FileOutcome, documents: Sequence[Document], lint: Lint, choice: Choice) -> None:
        self.before = before
        self.documents = documents
        self.paths = [document.path for document in documents]
        self.known = Roll(before.findings)
        self.causes: dict[tuple[str, str | None], Severity] = {}
        for finding in before.findings:
            if finding.cause is not None:
                self.causes.setdefault((finding.cause, finding.field), finding.severity)
        self.lint = lint
        self.choice = choice
        self.given_up: list[GivenUp] = []
        self.out = Roll()

    def give_up(self, one: GivenUp) -> None:
        if one.finding not in self.out:
            self.given_up.append(one)
            self.out.add(one.finding)

    def trial(self) -> _Trial | None:
        """One way to the end with what was not given up; None where something was given up on the way."""
        wishes: dict[Home, Wish] = {}
        spliced, after = self.spliced(()), self.before
        before: tuple[Finding, ...] = ()
        for count in range(ROUNDS + 1):
            known = len(self.given_up)
            new, asking = self._added(wishes, after, first=count == 0)
            if len(self.given_up) > known:
                return None
            if not asking or count == ROUNDS:
                return _Trial(wishes, spliced, after, (*asking, *before) if asking else ())
            wishes, before = new, asking
            spliced = self.spliced(wishes.values())
            if any(one.refused for one in spliced):
                for path, one in zip(self.paths, spliced, strict=True):
                    wanting = {wish.edit.key: wish.finding for wish in wishes.values() if wish.path == path}
                    for refused in one.refused:
                        key = refused.edit.key
                        self.give_up(GivenUp(wanting[key], key, refused.reason.removeprefix(f"{key} ")))
                return None
            after = self.judged(spliced)
        raise AssertionError("a trial has an end")

    def spliced(self, wishes: Iterable[Wish]) -> tuple[Spliced, ...]:
        """Every document with the wishes that are for it."""
        asked = list(wishes)
        return tuple(splice(document, [wish.edit for wish in asked if wish.path == document.path]) for document in self.documents)

    def judged(self, spliced: Sequence[Spliced]) -> FileOutcome:
        return self.lint([patched(document, one.text) for document, one in zip(self.documents, spliced, strict=True)])

    def _added(self, wishes: dict[Home, Wish], outcome: FileOutcome, *, first: bool) -> tuple[dict[Home, Wish], tuple[Finding, ...]]:
        """The wishes together with those of what fires now, and the findings that asked for more."""
        result = dict(wishes)
        touched: set[Home] = set()
        asking: list[Finding] = []
        for finding in sorted(outcome.findings, key=importance):
            if (finding.historic and not first) or not self.choice.takes(finding) or finding in self.out:
                continue
            problem = obstacle(finding, self.paths)
            if problem is not None:
                self.give_up(GivenUp(finding, *problem))
                continue
            for wish in wishes_of(finding, self.paths[0]):
                home = home_of(wishes, wish.path, wish.edit.key)
                if home in touched:
                    continue  # what is graver has taken care of this value; whether that suffices, the next round tells
                touched.add(home)
                earlier = wishes.get(home)
                if earlier is not None and self._gives_way(wish, earlier):
                    break
                edit = joined(earlier.edit if earlier is not None else None, wish.edit, home.key)
                if edit is not None and earlier is not None and alike(edit, earlier.edit):
                    continue
                asking.append(finding)
                if edit is None:
                    del result[home]
                else:
                    result[home] = Wish(edit, finding, home.path)
        return result, tuple(asking)

    def _gives_way(self, wish: Wish, earlier: Wish) -> bool:
        """Whether a wish loses to what a history asked of the same value: no later round shows what the run had to say."""
        if not earlier.finding.historic or importance(wish.finding) < importance(earlier.finding) or not opposed(wish, earlier):
            return False
        self.give_up(GivenUp(wish.finding, wish.edit.key, _loses(wish.edit.value, earlier.edit.value, earlier.finding.rule)))
        return True

    def culprit(self, trial: _Trial) -> GivenUp | None:
        """The finding whose edits keep the trial from being a plan, the least important of those that could be."""
        if trial.unsettled:
            loser = max(trial.unsettled, key=importance)
            rivals = [finding.rule for finding in trial.unsettled if finding.rule != loser.rule]
            reason = f"would be undone by what {rivals[0]} asks for, which is more important" if rivals else "never comes to an end"
            return GivenUp(loser, _key(loser), reason)
        left = Roll(trial.after.findings)
        fixed = sorted((wish.finding for wish in trial.wishes.values()), key=importance, reverse=True)
        for finding in fixed:
            still = left.like(finding)
            if still is not None and not finding.historic:
                return GivenUp(finding, _key(finding), f"would not settle it: {still.message}")
        worse = self._worse(trial.after)
        return self._suspect(trial, fixed, worse) if worse is not None else None

    def unsound(self, trial: _Trial) -> GivenUp | None:
        """The finding whose edit some parser would read otherwise than meant, the least important where it takes several to do so."""
        for document, spliced in zip(self.documents, trial.spliced, strict=True):
            if _sound(document, spliced):
                continue
            wishes = sorted(
                (wish for wish in trial.wishes.values() if wish.path == document.path), key=lambda wish: importance(wish.finding)
            )
            alone = (wish for wish in wishes if not _sound(document, splice(document, [wish.edit])))
            wish = next(alone, wishes[-1])
            return GivenUp(wish.finding, wish.edit.key, "cannot be changed so that every parser reads the file as meant; change it by hand")
        return None

    def _worse(self, after: FileOutcome) -> Finding | None:
        """The gravest finding that is new, or graver than it was. What a graver finding of the same cause hid is not new."""
        for finding in after.findings:
            old = self.known.like(finding)
            was = old.severity if old is not None else self.causes.get((finding.cause or "", finding.field))
            if not finding.historic and finding.severity >= Severity.LOW and (was is None or finding.severity > was):
                return finding
        return None

    def _suspect(self, trial: _Trial, fixed: list[Finding], worse: Finding) -> GivenUp | None:
        """The finding without whose edits nothing gets worse; the least important one where no single one is at fault."""
        suspects = [finding for finding in fixed if finding.fix is not None and finding.fix.applicability != "safe"]
        for suspect in suspects[:SUSPECTS]:
            others = (wish for wish in trial.wishes.values() if wish.finding not in Roll([suspect]))
            without = self._worse(self.judged(self.spliced(others)))
            if without is None or without not in Roll([worse]):
                return GivenUp(suspect, _key(suspect), f"would make {worse.rule} fire: {worse.message}")
        if not suspects:
            return None  # the same training, read by every loader at last, may show what was wrong all along
        return GivenUp(suspects[0], _key(suspects[0]), f"might make {worse.rule} fire: {worse.message}")

    def reported(self, trial: _Trial) -> tuple[GivenUp, ...]:
        """What was not made and is still due."""
        left, made = Roll(trial.after.findings), Roll(wish.finding for wish in trial.wishes.values())
        due = [one for one in self.given_up if one.finding not in made and (one.finding.historic or one.finding in left)]
        said = Roll(one.finding for one in due)
        for finding in (*trial.after.findings, *(old for old in self.before.findings if old.historic)):
            if finding.fix is None or finding in said or not self.choice.takes(finding):
                continue
            for change, other, rule in finding.fix.lost:
                due.append(GivenUp(finding, change.key or change.name or "", _loses(change.new, other.new, rule)))
            said.add(finding)
        return tuple(due)


def _sound(document: Document, spliced: Spliced) -> bool:
    try:
        verify(document, spliced)
    except UnsoundEdit:
        return False
    return True


def _key(finding: Finding) -> str:
    changes = finding.fix.changes if finding.fix is not None else ()
    return next((change.key for change in changes if change.key is not None), finding.key or finding.field or "")


def _loses(wanted: Atom | tuple[Atom, ...], made: Atom | tuple[Atom, ...], winner: str) -> str:
    return f"is {text(made)} for {winner}, which is more important; {text(wanted)} was asked for"
