"""Arguments of Python calls and items of dictionaries as they stand in the text, where the value may be a name that leads elsewhere."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import NamedTuple

from advisor.source.document import Document, Entry, Mapping, Span


class Member(NamedTuple):
    """The key and the expression behind it, both as written."""

    key: Span
    value: Span


def member(document: Document, entry: Entry) -> Member:
    """Where an entry stands. Raises nothing: outside Python the document tells."""
    if document.format == "python":
        for members in _calls(document.text).values():
            if entry.key_span.start in members:
                return members[entry.key_span.start]
    return Member(entry.key_span, entry.value.span)


def is_call(document: Document, mapping: Mapping) -> bool:
    """Whether a Python mapping is a call or a dictionary, rather than a module or a class."""
    return mapping.span in _calls(document.text)


@lru_cache(maxsize=2)
def _calls(text: str) -> dict[Span, dict[int, Member]]:
    """The named members of every call and dictionary, by where they start."""
    from advisor.source.python_text import Places, parse

    places = Places(text)
    calls: dict[Span, dict[int, Member]] = {}
    for node in ast.walk(parse("", text)):
        if isinstance(node, ast.Call):
            spans = [(places.span(keyword), keyword) for keyword in node.keywords if keyword.arg is not None]
            found = [Member(Span(span.start, span.start + len(keyword.arg or "")), places.span(keyword.value)) for span, keyword in spans]
        elif isinstance(node, ast.Dict):
            found = [Member(places.span(key), places.span(value)) for key, value in zip(node.keys, node.values, strict=True) if key]
        else:
            continue
        calls[places.span(node)] = {item.key.start: item for item in found}
    return calls
