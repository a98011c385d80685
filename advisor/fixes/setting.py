"""Replacing a value where it stands."""

from __future__ import annotations

import re

from advisor.fixes.edit import Change, Edit, Refusal
from advisor.fixes.feeding import check_feeding, fed_alike
from advisor.fixes.notation import written
from advisor.fixes.plan import Beside, Plan, check_plain, gaps
from advisor.source.document import Atom, Document, Format, Scalar, Sequence, Span, Value

_TAG = re.compile(r"(?:^|(?<=\s))!(\S*)")
_PROPERTY = re.compile(r"(?:^|(?<=[\s,\[]))[&*!]\S")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*")
_TAKEN: dict[str, tuple[type, ...]] = {
    "!float": (float, int),
    "!int": (int,),
    "!str": (str,),
    "": (),
    "!bool": (bool,),
    "!null": (type(None),),
}
"""What each YAML tag takes as it is. Another tag would make something else of the new value."""


def plan_set(document: Document, value: Value, edit: Edit) -> Plan | None:
    """What `set` comes to; None where the value stands there already. Raises Refusal."""
    check_plain(document, value)
    plan = _planned(document, value, edit.value)
    if plan is None:
        return None
    check_feeding(document, value, plan.changes)
    return plan._replace(also=tuple(other.key for other in fed_alike(document, value)))


def _planned(document: Document, value: Value, new: Atom | tuple[Atom, ...]) -> Plan | None:
    node = value.node
    if isinstance(node, Scalar):
        new = _as_tagged(document, value, new)
        if not isinstance(new, tuple) and holds(node, read_as(document.format, new)):
            return None
        if document.format == "shell":
            _check_argument(document, node, new)
        change = _replacement(document, node, new)
    elif isinstance(node, Sequence) and isinstance(new, tuple) and _alike(node, new):
        return _items_set(document, node, new)
    else:
        assert isinstance(node, Sequence)
        if not node.flow or _several_lines(document, node.span) or document.text[node.span.start] not in "[(":
            raise Refusal("is a list that is not written on one line in brackets")
        _as_tagged(document, value, new)
        change = Change(node.span, written(new, document.format, text=_old(document, node.span)), "value")
    old = _old(document, node.span)
    return Plan((change,), (Beside(node.span.end, old),), old, change.text.strip())


def read_as(format: Format, value: Atom) -> Atom:  # noqa: A002
    """What a value is once it is written: a shell knows only text, so that a number there is one whatever it was meant as."""
    if format != "shell" or not isinstance(value, str):
        return value
    from advisor.source.yaml_scalars import plain

    return plain(value)[0]


def _check_argument(document: Document, node: Scalar, new: Atom | tuple[Atom, ...]) -> None:
    if node.span.start == node.span.end:
        raise Refusal("is a switch without a value; change it by hand")
    if new is None and document.text[node.span.start - 1] != "=":
        raise Refusal("cannot be made empty on a command line; take it out by hand")


def holds(node: Scalar, value: Atom) -> bool:
    """Whether every reader takes the scalar for this value already. An integer will do for a float, not the reverse."""
    if isinstance(value, bool) and node.legacy is value:
        return True
    return _same(node.value, value) and _same(node.legacy, value)


def _same(read: Atom, value: Atom) -> bool:
    if isinstance(value, float) and isinstance(read, (int, float)) and not isinstance(read, bool):
        return read == value or (read != read and value != value)
    return type(read) is type(value) and read == value


def _alike(node: Sequence, items: tuple[Atom, ...]) -> bool:
    return len(node.items) == len(items) and all(isinstance(item, Scalar) and item.style != "block" for item in node.items)


def _items_set(document: Document, node: Sequence, items: tuple[Atom, ...]) -> Plan | None:
    """A list of the same length keeps its layout: only the items that differ are written."""
    pairs = [(old, new) for old, new in zip(node.items, items, strict=True) if isinstance(old, Scalar) and not holds(old, new)]
    if not pairs:
        return None
    if document.format == "yaml" and _PROPERTY.search(gaps(document, node.span)):
        raise Refusal("is a list with anchors, aliases or tags in it")
    if any(not node.span.start <= old.span.start < node.span.end for old, _ in pairs):
        raise Refusal("is a list of values that stand elsewhere")
    if any(_several_lines(document, old.span) for old, _ in pairs):
        raise Refusal("has an item of several lines")
    changes = tuple(_replacement(document, old, new) for old, new in pairs)
    whole = _old(document, node.span)
    if _several_lines(document, node.span):
        beside = tuple(Beside(old.span.end, _old(document, old.span)) for old, _ in pairs)
    else:
        beside = (Beside(node.span.end, whole),)
    pieces, position = [], node.span.start
    for change in changes:
        pieces += [document.text[position : change.span.start], change.text]
        position = change.span.end
    return Plan(changes, beside, whole, "".join(pieces) + document.text[position : node.span.end])


def _replacement(document: Document, node: Scalar, new: Atom | tuple[Atom, ...]) -> Change:
    text = written(new, document.format, node, _old(document, node.span))
    if node.span.start == node.span.end and document.text[node.span.start - 1 : node.span.start] not in ("", " ", "\t"):
        text = f" {text}"
    return Change(node.span, text, "value")


def _as_tagged(document: Document, value: Value, new: Atom | tuple[Atom, ...]) -> Atom | tuple[Atom, ...]:
    """The new value as a tag before it will have it read. Raises Refusal where the tag would make something else of it."""
    if document.format != "yaml":
        return new
    between = document.text[value.entry.key_span.end : value.node.span.start]
    if value.node.span.start == value.node.span.end and ":" not in between:
        raise Refusal("is a key without a colon; write one first")
    tag = _TAG.search(_COMMENT.sub("", between))
    if tag is not None and type(new) not in _TAKEN.get(tag[1], ()):
        raise Refusal(f"carries the tag !{tag[1]}, which decides how the value is read")
    return float(new) if tag is not None and tag[1] == "!float" and isinstance(new, int) else new


def _several_lines(document: Document, span: Span) -> bool:
    return any(mark in document.text[span.start : span.end] for mark in "\r\n")


def _old(document: Document, span: Span) -> str:
    return document.text[span.start : span.end]
