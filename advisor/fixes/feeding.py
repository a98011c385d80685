"""Values that one literal feeds, in formats with variables: Python and shell."""

from __future__ import annotations

from advisor.fixes.edit import Change, Refusal
from advisor.fixes.plan import carry_out
from advisor.source.document import Document, Mapping, Node, Scalar, Sequence, Unresolved, Value


def fed_alike(document: Document, value: Value) -> list[Value]:
    """Other keys whose value is this very literal, reached through a variable."""
    if document.format not in ("python", "shell"):
        return []
    return [other for other in document.values.values() if other.node.span == value.node.span and other.path != value.path]


def check_feeding(document: Document, value: Value, changes: tuple[Change, ...]) -> None:
    """Raises Refusal where a change of the literal would change a value that is computed from it."""
    if document.format not in ("python", "shell"):
        return
    from advisor.errors import InputError
    from advisor.source.reading import read

    try:
        new = read(document.path, carry_out(document.text, changes).encode("utf-8"), document.format)
    except (InputError, UnicodeEncodeError):
        raise Refusal("stands in a place where the new value cannot be written") from None
    expected = {value.path, *(other.path for other in fed_alike(document, value))}
    for key, old in document.values.items():
        found = new.values.get(key)
        if old.path in expected or isinstance(old.node, Mapping) or _holds_change(old.node, changes):
            continue
        if found is None or _plain(found.node) != _plain(old.node):
            raise Refusal(f"feeds {key} as well, which would change with it")


def _holds_change(node: Node, changes: tuple[Change, ...]) -> bool:
    """Whether the text of an unresolved call or expression is what changes: the setting inside it is a value of its own."""
    return isinstance(node, Unresolved) and any(node.span.start <= change.span.start < node.span.end for change in changes)


def _plain(node: Node) -> object:
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    if isinstance(node, Scalar):
        return repr(node.value)
    return node.text if isinstance(node, Unresolved) else None
