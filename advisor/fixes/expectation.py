"""What a parser should find in the new text, given what it found in the old one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.fixes.edit import Applied
from advisor.fixes.feeding import fed_alike
from advisor.fixes.plan import new_name, path_of
from advisor.fixes.tree import Step, with_key, with_value, without
from advisor.source.document import Document, Mapping, Node, Sequence


def expected_data(
    document: Document,
    data: Any,
    applied: list[Applied],
    as_key: Callable[[str], Step] | None,
    as_value: Callable[[Applied], Any],
    root: tuple[Step, ...] = (),
) -> Any:
    """The old data with the edits made in it, without a look at the new text.

    `as_key` turns a key as written into what the parser makes of it (None: the reader's own name for it), `as_value` an edit into its
    value; `root` leads to the document's root.
    """
    renames: list[tuple[tuple[Step, ...], Step]] = []
    for one in applied:
        edit = one.edit
        value = document.values.get(edit.key)
        if value is not None and edit.op == "set":
            for other in fed_alike(document, value):
                data = with_value(data, (*root, *_steps(document, other.path, as_key)), as_value(one))
        if value is not None:
            path = (*root, *_steps(document, value.path, as_key))
        else:
            parent, _, name = edit.key.rpartition(".") if document.format != "shell" else ("", "", edit.key)
            path = (*root, *_steps(document, path_of(document, parent) or (), as_key), name)
        if edit.op == "delete":
            data = without(data, path)
        elif edit.op != "rename" or edit.value is not None:
            data = with_value(data, path, as_value(one))
        if edit.op == "rename":
            renames.append((path, new_name(edit, path[-1]) if document.format == "shell" else edit.new_key))
    for path, key in sorted(renames, key=lambda rename: -len(rename[0])):
        data = with_key(data, path, key)
    return data


def spelled_boolean(one: Applied) -> Any:
    """The value of an edit as YAML 1.2 reads it: `yes`, the file's own way to say true, is a string there."""
    value = one.edit.value
    if isinstance(value, bool) and one.new is not None and one.new.lower() in ("yes", "no", "on", "off"):
        return one.new
    return value


def _steps(document: Document, path: tuple[str, ...], as_key: Callable[[str], Step] | None) -> list[Step]:
    steps: list[Step] = []
    node: Node = document.root
    for part in path:
        if isinstance(node, Sequence):
            steps.append(int(part))
            node = node.items[int(part)]
        else:
            assert isinstance(node, Mapping)
            entry = next(entry for entry in node.entries if entry.key == part)
            steps.append(as_key(document.text[entry.key_span.start : entry.key_span.end]) if as_key else part)
            node = entry.value
    return steps
