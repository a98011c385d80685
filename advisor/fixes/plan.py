"""What one edit comes to in the text, and the questions that every kind of edit asks first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from advisor.fixes.edit import Change, Edit, Refusal
from advisor.source.document import Document, Mapping, Node, Scalar, Sequence, Span, Unresolved, Value


class Beside(NamedTuple):
    """A remark that is due on the line of `offset`."""

    offset: int
    was: str | None
    """What stood there before; None for an addition."""
    named: bool = False
    """The remark itself names what it is about, whatever else stands on the line."""


class Plan(NamedTuple):
    changes: tuple[Change, ...]
    beside: tuple[Beside, ...] = ()
    old: str | None = None
    new: str | None = None
    also: tuple[str, ...] = ()


def found(document: Document, key: str) -> Value:
    """The value that a key names. Raises Refusal."""
    value = document.values.get(key)
    if value is None:
        raise Refusal("is not in the file")
    return value


def path_of(document: Document, key: str) -> tuple[str, ...] | None:
    """The way to a mapping, a value or an item of a list; None where there is none."""
    if not key:
        return ()
    if key in document.values:
        return document.values[key].path
    head, _, index = key.rpartition(".")
    above = path_of(document, head) if head and index.isdecimal() else None
    node = node_at(document, above) if above else None
    return (*above, index) if above and isinstance(node, Sequence) and int(index) < len(node.items) else None


def node_at(document: Document, path: tuple[str, ...]) -> Node:
    node: Node = document.root
    for part in path:
        if isinstance(node, Sequence):
            node = node.items[int(part)]
        elif isinstance(node, Mapping):
            node = next(entry.value for entry in node.entries if entry.key == part)
    return node


def owner(document: Document, key: str) -> tuple[Mapping, str]:
    """The mapping that holds, or would hold, a key, and the key's name in it. Raises Refusal."""
    value = document.values.get(key)
    parent, _, name = key.rpartition(".") if document.format != "shell" else ("", "", key)
    path = path_of(document, parent) if value is None else value.path[:-1]
    if path is None:
        raise Refusal(f"needs {parent!r}, which is not in the file")
    node = node_at(document, path)
    if not isinstance(node, Mapping):
        raise Refusal(f"cannot be put under {parent!r}, which holds no key: value pairs")
    holder = document.values.get(".".join(path))
    if holder is not None and holder.entry.shared is not None:
        raise Refusal(f"would change {parent!r}, which other places use through an alias or a merge key")
    return node, value.path[-1] if value is not None else name


def check_own(value: Value) -> None:
    """Raises Refusal where the entry does not stand in one place, as plain text, for itself alone."""
    if value.entry.shared == "computed":
        raise Refusal("is computed from other values; change those")
    if value.entry.shared is not None:
        raise Refusal("is used in several places through an alias or a merge key; a change here would change them all")


def check_single(document: Document, value: Value) -> None:
    """Raises Refusal where the entry's key counts in several places, as with unpacked mappings, or is the name of a script's argument."""
    if any(other.entry.key_span == value.entry.key_span and other.path != value.path for other in document.values.values()):
        raise Refusal("is used in several places")
    if any(duplicate.last == value.entry.key_span for duplicate in document.duplicates):
        raise Refusal("is written twice; take one of them out by hand")
    if document.format == "python" and value.path[0] == "argparse":
        raise Refusal("is an argument of the script; change its definition by hand")


def check_no_object(document: Document, value: Value) -> None:
    """Raises Refusal where a Python key is a class or a function that is called, or stands for an argument without a name."""
    if document.format == "python" and isinstance(value.node, Mapping) and value.entry.key_span.start >= value.node.span.start:
        raise Refusal("is no setting but what takes settings; change it by hand")
    span = value.entry.key_span
    if document.format == "python" and document.text[span.start : span.end].strip("'\"") != value.path[-1]:
        raise Refusal("has no name of its own in the text; change it by hand")


def check_plain(document: Document, value: Value) -> None:
    """Raises Refusal where the value is computed when the program runs, or takes several lines."""
    check_own(value)
    node = value.node
    text = document.text[node.span.start : node.span.end]
    if document.format == "shell" and text == "=":
        raise Refusal("has an empty value that stands nowhere in the text")
    if isinstance(node, Unresolved):
        raise Refusal(f"is not written as a plain value: {node.reason}")
    if isinstance(node, Mapping):
        raise Refusal("holds further keys, no single value")
    if text.startswith("{{") or (isinstance(node, Scalar) and isinstance(node.value, str) and "${" in text and document.format != "shell"):
        raise Refusal(f"is filled in from elsewhere ({text})")
    if isinstance(node, Scalar) and (node.style == "block" or "\n" in text or "\r" in text):
        raise Refusal("has a value of several lines")


def has_header(document: Document, node: Node) -> bool:
    """Whether a TOML node is a table, or a list of tables, that headers or dotted keys make, perhaps in several places of the text."""
    if document.format != "toml":
        return False
    if isinstance(node, Mapping):
        return document.text[node.span.start : node.span.start + 1] != "{"
    return isinstance(node, Sequence) and not node.flow


def label(edit: Edit) -> str:
    return edit.key.rpartition(".")[2]


def renamed(edit: Edit) -> str:
    """The dotted key after `rename`."""
    return new_name(edit, edit.key)


def new_name(edit: Edit, name: str) -> str:
    """A name after `rename`. In a shell script `actor.lr` is one name, of which the last part is renamed."""
    return f"{name[: name.rfind('.') + 1]}{edit.new_key}"


def leaves(node: Node) -> Iterator[Scalar | Unresolved]:
    """Every single value under a node, in the order of the tree."""
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield from leaves(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from leaves(item)
    else:
        yield node


def gaps(document: Document, span: Span) -> str:
    """The text of a range, without the values and comments in it."""
    taken = [leaf.span for leaf in leaves(document.root)] + [comment.span for comment in document.comments]
    pieces, position = [], span.start
    for start, end in sorted(taken):
        if start >= position and end <= span.end:
            pieces.append(document.text[position:start])
            position = end
    return " ".join(pieces) + document.text[position : span.end]


_ORDER = {"value": 0, "key": 0, "comma": 1, "comment": 2, "line": 3}
"""Which of several insertions at one offset comes first."""


def in_order(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: (change.span.start, change.span.end, _ORDER[change.part], -_indent(change)))


def _indent(change: Change) -> int:
    """How deep an inserted line stands. Among those after one line the deepest comes first, as it belongs to what that line ends."""
    line = change.text.lstrip("\r\n")
    return len(line) - len(line.lstrip(" ")) if change.part == "line" else 0


def landed(changes: Iterable[Change]) -> list[tuple[Change, Span]]:
    """Every change with the range that its text has in the new text."""
    shift = 0
    result = []
    for change in in_order(changes):
        start = change.span.start + shift
        result.append((change, Span(start, start + len(change.text))))
        shift += len(change.text) - (change.span.end - change.span.start)
    return result


def carry_out(text: str, changes: Iterable[Change]) -> str:
    """The text after changes that do not overlap."""
    pieces, position = [], 0
    for change in in_order(changes):
        pieces += [text[position : change.span.start], change.text]
        position = change.span.end
    return "".join(pieces) + text[position:]
