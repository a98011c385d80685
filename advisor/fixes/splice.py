"""New values into an old text: every byte outside them, and outside the comments beside them, stays as it was."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.fixes.edit import Applied, Change, Edit, Refusal, Refused, Spliced
from advisor.fixes.insertion import plan_insert
from advisor.fixes.margin import Margin, Place
from advisor.fixes.plan import Plan, carry_out, found, in_order, label, owner, renamed
from advisor.fixes.remark import Remark, remark
from advisor.fixes.removal import plan_delete
from advisor.fixes.renaming import plan_rename
from advisor.fixes.setting import plan_set
from advisor.source.document import Document, Span, Unresolved
from advisor.source.shell_pieces import UNCLOSED
from advisor.source.shell_script import FLAWED


def splice(document: Document, edits: Sequence[Edit], *, comments: bool = True) -> Spliced:
    """The document's text with the edits made in it, each with a comment beside it that says what was there and why it changed.

    An edit that cannot be made without touching anything else is refused with the reason, and the others are made all the same. An edit
    whose wish is fulfilled already counts as applied and changes nothing, so that splicing twice is splicing once. `comments` asks for
    comments where the format has them. Raises nothing for any edits; call `verify` before the text is used.
    """
    work = _Work(document, edits, comments and document.format not in ("json", "mapping"))
    for edit in sorted(edits, key=lambda edit: _turn(document, edit)):
        work.take(edit)
    changes = tuple(in_order(work.changes + work.comments()))
    return Spliced(carry_out(document.text, changes), tuple(work.applied), tuple(work.refused), changes)


class _Work:
    """The changes agreed on so far."""

    def __init__(self, document: Document, edits: Sequence[Edit], comments: bool) -> None:
        self.document = document
        self.margin = Margin(document) if comments else None
        self.changes: list[Change] = []
        self.remarks: dict[Place, list[Remark]] = {}
        self.applied: list[Applied] = []
        self.refused: list[Refused] = []
        self.keys: dict[str, Edit] = {}
        self.leaving = frozenset(edit.key for edit in edits if edit.op == "delete")
        self.anchors: dict[str, str | None] = {}
        nodes = [value.node for value in document.values.values()] if document.format == "shell" else []
        self.unclosed = any(isinstance(node, Unresolved) and node.reason == UNCLOSED for node in nodes)
        self.flawed = any(warning.endswith(FLAWED) for warning in document.warnings)
        self.nameless = any(not value.path[-1] for value in document.values.values())
        self.names: set[tuple[Span, str]] = set()
        """Mappings and the names that renaming gave their keys. Dotted keys do not tell: names may have dots of their own."""

    def take(self, edit: Edit) -> None:
        try:
            self._check_free(edit)
            plan = self._plan(edit)
            if plan is not None and self.flawed and any(_quotes(self.document, change) for change in plan.changes):
                raise Refusal("stands in a script with syntax that cannot be followed, where quotes may reach further than it seems")
            if plan is None:
                self.applied.append(Applied(edit, None, None, False))
            else:
                self._accept(edit, plan)
        except Refusal as refusal:
            self.refused.append(Refused(edit, f"{edit.key} {refusal}"))
            return
        self.keys[edit.key] = edit
        if edit.op == "insert":
            self.anchors[edit.key] = edit.beside
        if edit.new_key:
            self.keys[renamed(edit)] = edit
            self.names.add(self._name(edit))

    def comments(self) -> list[Change]:
        return [self.margin.change(place, remarks) for place, remarks in self.remarks.items()] if self.margin else []

    def _plan(self, edit: Edit) -> Plan | None:
        document = self.document
        if document.format == "mapping":
            raise Refusal("comes from values that no file holds")
        if self.unclosed:
            raise Refusal("stands in a script with a quote that is never closed")
        if self.nameless:
            raise Refusal("stands in a file that holds a key without a name")
        if edit.op == "set":
            return plan_set(document, found(document, edit.key), edit)
        if edit.op == "rename":
            if self._name(edit) in self.names:
                raise Refusal(f"cannot be renamed: another key becomes {edit.new_key!r}")
            return plan_rename(document, edit)
        if edit.op == "delete":
            return plan_delete(document, edit, frozenset(done.edit.key for done in self.applied if done.edit.op == "delete"))
        beside = edit.beside
        while beside in self.anchors:
            beside = self.anchors[beside]
        return plan_insert(document, edit, beside, self.leaving, comments=self.margin is not None)

    def _accept(self, edit: Edit, plan: Plan) -> None:
        changes = [change for change in plan.changes if change.part != "comma" or change not in self.changes]
        if not changes or all(change in self.changes for change in changes):
            self.applied.append(Applied(edit, plan.old, plan.new, True, plan.also))
            return
        if any(_overlap(one, other) for one in changes for other in self.changes):
            raise Refusal("lies in text that another edit changes")
        notes = []
        if self.margin is not None:
            for offset, was, named in plan.beside:
                place = self.margin.place(offset)
                notes.append((place, remark(was, edit.because, edit.rule, "" if named else self._label(edit, place, offset))))
        self.changes += changes
        for place, note in notes:
            self.remarks.setdefault(place, []).append(note)
        self.applied.append(Applied(edit, plan.old, plan.new, True, plan.also))

    def _label(self, edit: Edit, place: Place, offset: int) -> str:
        """The key's name where the line holds other keys as well, or not this one."""
        value = self.document.values.get(edit.key)
        if self.document.format == "shell":
            return edit.key
        if value is None or self.margin is None:
            return label(edit)
        same_line = self.margin.place(value.entry.key_span.end) == place
        return "" if same_line and self.margin.alone(value.entry.key_span) else label(edit)

    def _name(self, edit: Edit) -> tuple[Span, str]:
        return owner(self.document, edit.key)[0].span, edit.new_key or ""

    def _check_free(self, edit: Edit) -> None:
        if edit.key in self.keys or (edit.new_key and renamed(edit) in self.keys):
            raise Refusal("is changed by another edit already")
        for key, other in self.keys.items():
            nested = edit.key.startswith(f"{key}.") or key.startswith(f"{edit.key}.")
            if nested and "delete" in (edit.op, other.op):
                raise Refusal(f"and {key} cannot be changed together: one is deleted with the other inside")


def _turn(document: Document, edit: Edit) -> int:
    """Deletions come last and in the order of the text, so that each knows which siblings stay."""
    value = document.values.get(edit.key)
    return -1 if edit.op != "delete" or value is None else value.entry.key_span.start


def _overlap(one: Change, other: Change) -> bool:
    return one.span.start < other.span.end and other.span.start < one.span.end


def _quotes(document: Document, change: Change) -> bool:
    """Whether a change, or the line that it is made in, has marks that pair with others somewhere."""
    line = document.line_span(change.span.start)
    text = document.text[line.start : max(line.end, change.span.end)] + change.text
    return any(mark in text for mark in "'\"`()")
