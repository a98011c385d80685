"""Adding a key beside its siblings, in their layout."""

from __future__ import annotations

import ast
import re

from advisor.fixes.arguments import plan_argument
from advisor.fixes.edit import Change, Edit, Refusal
from advisor.fixes.lines import line_end, line_start, newline, next_line
from advisor.fixes.members import is_call, member
from advisor.fixes.notation import written, written_key
from advisor.fixes.plan import Beside, Plan, carry_out, check_single, has_header, owner
from advisor.fixes.remark import commented, remark
from advisor.fixes.setting import holds, read_as
from advisor.source.document import Atom, Document, Entry, Mapping, Node, Scalar, Sequence, Span

_ALIAS = re.compile(r"\s*:\s+\*[^\s,\]}]+")
_LAST_MEMBER = re.compile(r"[ \t]*(?P<comma>,?)[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")


def plan_insert(document: Document, edit: Edit, beside: str | None, leaving: frozenset[str], *, comments: bool) -> Plan | None:
    """What `insert` comes to; None where the key is there with this value.

    `beside` names a sibling in the old text, `leaving` the keys that other edits delete. Raises Refusal.
    """
    present = document.values.get(edit.key)
    if present is not None and present.entry.shared != "merge":
        if _present(document, present.node, edit.value):
            return None
        raise Refusal("is in the file already, with another value")
    if document.format == "shell":
        return plan_argument(document, edit, leaving, comments=comments)
    mapping, name = owner(document, edit.key)
    first: Refusal | None = None
    for sibling in _siblings(document, mapping, beside, leaving):
        plan = _tried(document, mapping, sibling, name, edit, comments)
        if isinstance(plan, Plan):
            return plan
        first = first or plan
    raise first or Refusal("would be the first of its kind there; the layout to follow is not known")


def _tried(document: Document, mapping: Mapping, sibling: Entry, name: str, edit: Edit, comments: bool) -> Plan | Refusal:
    try:
        return _planned(document, mapping, sibling, name, edit, comments)
    except Refusal as refusal:
        return refusal


def _planned(document: Document, mapping: Mapping, sibling: Entry, name: str, edit: Edit, comments: bool) -> Plan:
    check_single(document, next(value for value in document.values.values() if value.entry.key_span == sibling.key_span))
    if document.format == "yaml":
        return _yaml_line(document, mapping, sibling, name, edit, comments)
    if document.format == "python" and is_call(document, mapping):
        return _argument(document, sibling, name, edit, comments)
    if document.format == "python" or not mapping.flow or has_header(document, mapping):
        return _statement(document, sibling, name, edit, comments)
    return _member(document, sibling, name, edit)


def _present(document: Document, node: Node, value: Atom | tuple[Atom, ...]) -> bool:
    if isinstance(value, tuple):
        items = node.items if isinstance(node, Sequence) else ()
        return len(items) == len(value) and all(_present(document, item, atom) for item, atom in zip(items, value, strict=True))
    return isinstance(node, Scalar) and holds(node, read_as(document.format, value))


def _siblings(document: Document, mapping: Mapping, beside: str | None, leaving: frozenset[str]) -> list[Entry]:
    """The entries after which the new one may go, best first: the named one, then from the last one back, single values before sections."""
    own = [entry for entry in mapping.entries if entry.shared != "merge" and not has_header(document, entry.value)]
    if document.format == "python" and not is_call(document, mapping):
        own = [entry for entry in own if not isinstance(entry.value, Mapping)]
    gone = {document.values[key].entry.key_span for key in leaving if key in document.values}
    own = [entry for entry in own if entry.key_span not in gone]
    own.sort(
        key=lambda entry: (
            isinstance(entry.value, Mapping) and not (entry.value.flow or document.format == "python"),
            -entry.key_span.start,
        )
    )
    named = document.values.get(beside) if beside is not None else None
    own.sort(key=lambda entry: named is None or entry.key_span != named.entry.key_span)
    return own


def _yaml_line(document: Document, mapping: Mapping, sibling: Entry, name: str, edit: Edit, comments: bool) -> Plan:
    if mapping.flow:
        raise Refusal("would stand in a mapping that is written in braces; add it by hand")
    start = line_start(document, sibling.key_span.start)
    prefix = document.text[start : sibling.key_span.start]
    if not re.fullmatch(r" *(?:- +)*", prefix):
        raise Refusal("would stand beside a key with an anchor, a tag or a question mark; add it by hand")
    end = _yaml_end(document, sibling)
    if not _REST.match(document.text, end):
        raise Refusal("would stand after a line that more follows on; add it by hand")
    text = f"{written_key(name, 'yaml')}: {written(edit.value, 'yaml')}"
    return _line(document, " " * len(prefix), text, end, edit, comments)


def _yaml_end(document: Document, entry: Entry) -> int:
    """The end of an entry's text. A block scalar that keeps its final newlines (`|+`) goes on to the next text."""
    alias = _ALIAS.match(document.text, entry.key_span.end)
    if alias:
        return alias.end()
    end = max(entry.key_span.end, entry.value.span.end)
    last = entry.value
    while isinstance(last, (Mapping, Sequence)) and not last.flow:
        last = last.entries[-1].value if isinstance(last, Mapping) else last.items[-1]
    header = document.text[last.span.start : line_end(document, last.span.start)]
    if not isinstance(last, Scalar) or last.style != "block" or "-" in header:
        return end
    if line_end(document, end) == len(document.text):
        raise Refusal("would stand behind a text that a last newline would become part of; add it by hand")
    if "+" in header:
        while (following := next_line(document, end)) < len(document.text) and line_end(document, following) == following:
            end = following
    return end


def _statement(document: Document, sibling: Entry, name: str, edit: Edit, comments: bool) -> Plan:
    """A TOML line or a Python assignment of its own."""
    text = document.text
    start = line_start(document, sibling.key_span.start)
    indent = text[start : sibling.key_span.start]
    between = text[sibling.key_span.end : sibling.value.span.start]
    if document.format == "python" and re.fullmatch(r":[^=\n]*=[ \t]*", between) and isinstance(edit.value, (bool, int, float, str)):
        between = f": {type(edit.value).__name__} = "
    elif not re.fullmatch(r"[ \t]*=[ \t]*", between):
        raise Refusal("would stand beside a line of another form; add it by hand")
    if indent.strip() or not _REST.match(text, sibling.value.span.end):
        raise Refusal("would stand beside a line of another form; add it by hand")
    new = f"{written_key(name, document.format)}{between}{written(edit.value, document.format)}"
    return _line(document, indent, new, sibling.value.span.end, edit, comments)


def _argument(document: Document, sibling: Entry, name: str, edit: Edit, comments: bool) -> Plan:
    """An argument of a Python call, or an item of a dictionary: on a line of its own where its siblings have one."""
    text = document.text
    start = line_start(document, sibling.key_span.start)
    indent = text[start : sibling.key_span.start]
    new = _like(document, sibling, name, edit)
    end = member(document, sibling).value.end
    last = _LAST_MEMBER.match(text, end)
    if not indent.strip() and last:
        comma = () if last["comma"] else (Change(Span(end, end), ",", "comma"),)
        line = _line(document, indent, f"{new},", end, edit, comments)
        plan = line._replace(changes=(*comma, *line.changes))
    else:
        change = Change(Span(end, end), f", {new}", "line")
        plan = Plan((change,), (Beside(end, None),), None, written(edit.value, document.format))
    try:
        ast.parse(carry_out(text, plan.changes))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Refusal("would stand beside an argument of another form; add it by hand") from None
    return plan


def _member(document: Document, sibling: Entry, name: str, edit: Edit) -> Plan:
    """A member of a JSON object or a TOML inline table: on a line of its own where its sibling has one."""
    text = document.text
    start = line_start(document, sibling.key_span.start)
    indent = text[start : sibling.key_span.start]
    end = member(document, sibling).value.end
    own_line = not indent.strip() and _LAST_MEMBER.match(text, end) and start > 0
    joint = f",{newline(document, sibling.key_span.start)}{indent}" if own_line else ", "
    change = Change(Span(end, end), f"{joint}{_like(document, sibling, name, edit)}", "line")
    return Plan((change,), (Beside(end, None),), None, written(edit.value, document.format))


def _like(document: Document, sibling: Entry, name: str, edit: Edit) -> str:
    """The new member, with the sibling's separator and the quotes of its key."""
    text = document.text
    between = text[sibling.key_span.end : member(document, sibling).value.start]
    if not re.fullmatch(r"[ \t]*[:=][ \t]*", between):
        raise Refusal("would stand beside a member of another form; add it by hand")
    key = written_key(name, document.format, text[sibling.key_span.start : sibling.key_span.end])
    return f"{key}{between}{written(edit.value, document.format)}"


def _line(document: Document, indent: str, text: str, after: int, edit: Edit, comments: bool) -> Plan:
    end = line_end(document, after)
    note = "  " + commented("", [remark(None, edit.because, edit.rule)]) if comments else ""
    change = Change(Span(end, end), f"{newline(document, end)}{indent}{text}{note}", "line")
    return Plan((change,), (), None, written(edit.value, document.format))
