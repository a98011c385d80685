"""What findings ask a file to become: single edits, which of them may be written, and how later ones join earlier ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from advisor.configuration.fact import Place
from advisor.expression.notation import text
from advisor.fixes.edit import Edit
from advisor.fixes.margin import Margin
from advisor.fixes.plan import label, renamed
from advisor.rulebook.finding import STAGES, Change, Finding, Severity, Stage
from advisor.rulebook.selection import Selection

IMMEDIATE: Stage = "immediate"


class Home(NamedTuple):
    """Where an edit is made: a key of one of the run's files, as it was before anything was changed."""

    path: str
    key: str


class Wish(NamedTuple):
    """An edit of the file at `path`, and the finding that asks for it."""

    edit: Edit
    finding: Finding
    path: str


class Choice(NamedTuple):
    """What a person lets a fix write."""

    safe_only: bool = False
    """Only edits that keep the training as it is."""
    stage: Stage = IMMEDIATE
    """The last stage that is written; the earlier ones are too."""
    rules: tuple[str, ...] = ()
    """Ids, names or prefixes of the rules whose edits are written; empty is all."""

    def takes(self, finding: Finding) -> bool:
        """Whether a finding's edits are written, and not only shown."""
        fix = finding.fix
        if fix is None or fix.applicability == "manual" or STAGES.index(fix.stage) > STAGES.index(self.stage):
            return False
        if self.rules and not Selection(self.rules).takes(finding.rule, finding.name):
            return False
        # A safe edit changes nothing about the training, so it needs no severity to be worth making.
        return fix.applicability == "safe" or (not self.safe_only and finding.severity >= Severity.LOW)


def wishes_of(finding: Finding, path: str) -> list[Wish]:
    """The edits that a finding asks for, those that the file's format has no key for left out; a new key goes into the file at `path`."""
    changes = finding.fix.changes if finding.fix is not None else ()
    return [
        Wish(edit_of(change, finding), finding, change.place.document.path if change.place is not None else path)
        for change in changes
        if change.key is not None
    ]


def edit_of(change: Change, finding: Finding) -> Edit:
    assert change.key is not None
    beside = _neighbour(change.key, finding) if change.op == "insert" else None
    return Edit(change.op, change.key, change.new, new_key=change.new_key, because=change.because, rule=finding.rule, beside=beside)


def _neighbour(key: str, finding: Finding) -> str | None:
    """The key of the same section beside which a person would look for a new one: one that the finding speaks of."""
    section = key.rpartition(".")[0]
    spoken = [finding.key, *(related.key for related in finding.related)]
    return next((other for other in spoken if other is not None and other.rpartition(".")[0] == section), None)


def obstacle(finding: Finding, paths: Sequence[str]) -> tuple[str, str] | None:
    """The key that keeps a finding's changes from being made in the files at `paths`, and why, in words; None where nothing does.

    A finding's changes belong together: halving the micro-batch without doubling the accumulation would be another training.
    """
    for change in finding.fix.changes if finding.fix is not None else ():
        name = change.key or change.name or ""
        if change.key is None:
            return name, "has no key of its own in this format"
        place = change.place
        if place is None:
            continue
        if place.document.path not in paths:
            where = _place_from(paths[0], place)
            return name, f"belongs in {where}" + (f", as {text(change.new)}" if change.op in ("set", "insert") else "")
        if finding.historic and any(
            remark.label in ("", label(edit_of(change, finding)), name) for remark in Margin(place.document).said(place.node.span.end)
        ):
            return name, "was changed since, as the comment beside it says; the history judged what stood there before"
    return None


class Roll:
    """Findings by rule and key, or field where there is no key: so one is found again after a change of the file."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._keyed: dict[tuple[str, str], Finding] = {}
        self._keyless: dict[tuple[str, str | None], Finding] = {}
        self._fields: dict[tuple[str, str | None], Finding] = {}
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        if finding.key is not None:
            self._keyed.setdefault((finding.rule, finding.key), finding)
        else:
            self._keyless.setdefault((finding.rule, finding.field), finding)
        self._fields.setdefault((finding.rule, finding.field), finding)

    def like(self, finding: Finding) -> Finding | None:
        """The finding that says the same of the same value."""
        if finding.key is None:
            return self._fields.get((finding.rule, finding.field))
        return self._keyed.get((finding.rule, finding.key)) or self._keyless.get((finding.rule, finding.field))

    def __contains__(self, finding: Finding) -> bool:
        return self.like(finding) is not None


def opposed(wish: Wish, earlier: Wish) -> bool:
    """Whether two wishes move a number in opposite directions from where it stood."""
    changes = earlier.finding.fix.changes if earlier.finding.fix is not None else ()
    old = next((change.old for change in changes if change.key == earlier.edit.key), None)
    try:
        start = float(old)  # type: ignore[arg-type]
        return (float(wish.edit.value) - start) * (float(earlier.edit.value) - start) <= 0  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return wish.edit.value != earlier.edit.value


def home_of(wishes: Mapping[Home, Wish], path: str, key: str) -> Home:
    """The place in the original files of what has this key once the wishes are fulfilled."""
    for home, wish in wishes.items():
        if home.path == path and wish.edit.op == "rename":
            new = renamed(wish.edit)
            if key == new or key.startswith(f"{new}."):
                return Home(path, home.key + key[len(new) :])
    return Home(path, key)


def joined(earlier: Edit | None, edit: Edit, home: str) -> Edit | None:
    """One edit of the original file that does what two do one after the other; None where they undo each other."""
    if earlier is None or earlier.op == "delete":
        return replace(edit, key=home, op="set" if earlier is not None and edit.op == "insert" else edit.op)
    if earlier.op == "insert":
        if edit.op == "delete":
            return None
        if edit.op == "rename":
            return replace(earlier, key=renamed(edit), value=earlier.value if edit.value is None else edit.value)
        return replace(earlier, value=edit.value, because=edit.because, rule=edit.rule)
    if earlier.op == "rename" and edit.op != "delete":
        if edit.op == "rename":
            return replace(earlier, new_key=edit.new_key, because=edit.because, rule=edit.rule)
        return replace(earlier, value=edit.value, because=f"{earlier.because}; {edit.because}", rule=edit.rule)
    if earlier.op == "set" and edit.op == "rename":
        return replace(edit, key=home, value=earlier.value, because=f"{edit.because}; {earlier.because}")
    return replace(edit, key=home)


def alike(one: Edit, other: Edit) -> bool:
    """Whether two edits of a key come to the same, whatever their reasons."""
    return (one.op, one.value, one.new_key) == (other.op, other.value, other.new_key)


def _place_from(path: str, place: Place) -> str:
    """Where a value stands, as a person who looks at the file at `path` would write it."""
    other = place.document.path
    if path == "-" or other.startswith("-"):
        return other
    line = place.document.position(place.node.span.start).line
    return f"{os.path.relpath(other, os.path.dirname(path) or '.')}:{line}"  # noqa: PTH120
