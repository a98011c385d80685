"""YAML: libyaml's event stream composed into a document whose spans cover the values alone, without anchor, tag or comment."""

from __future__ import annotations

import re
from typing import Literal

import yaml

from advisor.errors import InputError
from advisor.source import yaml_scalars
from advisor.source.comments import hash_comments
from advisor.source.document import Document, Duplicate, Entry, Mapping, Node, Scalar, Sequence, Span, Unresolved
from advisor.source.limits import DEPTH, too_deep
from advisor.source.yaml_events import (
    ALIAS,
    DOCUMENT_START,
    MAPPING_END,
    MAPPING_START,
    SCALAR,
    SEQUENCE_END,
    Event,
    event_source,
    syntax_error,
    tab_warnings,
)
from advisor.source.yaml_sharing import Sharing

_PROPERTY = re.compile(r"!<[^>\s]*>|[&!][^\s,\[\]{}]*")
_GAP = re.compile(r"(?:[ \t\r\n]+|(?<=[ \t\r\n])#[^\r\n]*)*")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*")
_OWN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("map", "seq")}


def read_yaml(path: str, text: str, *, bom: bool = False) -> Document:
    """Reads the first YAML document of a text.

    Raises InputError: syntax, unrecognised (no mapping), too-large (nesting, aliases).
    """
    composer = _Composer(path, text)
    try:
        root = composer.first_document()
    except yaml.YAMLError as error:
        raise syntax_error(path, text, error) from None
    if not isinstance(root, Mapping):
        raise InputError("unrecognised", f"the file holds {_NAMES[type(root)]}, not key: value pairs", path=path, line=1, column=1)
    return Document(
        path=path,
        format="yaml",
        text=text,
        root=root,
        comments=hash_comments(text, composer.scalars, composer.end),
        duplicates=tuple(composer.duplicates.values()),
        bom=bom,
        warnings=(*composer.warnings, *tab_warnings(text)),
    )


class _Composer:
    """Turns events into nodes. Events rather than PyYAML's nodes: those recurse without bound in C and expand every alias."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.next = event_source(text)
        self.scalars: list[tuple[int, int]] = []
        self.duplicates: dict[tuple[str, ...], Duplicate] = {}
        self.warnings: list[str] = []
        self.sharing = Sharing(path)
        self.end = len(text)

    def first_document(self) -> Node:
        self.next()
        event = self.next()
        if type(event) is not DOCUMENT_START:
            raise InputError("unrecognised", "the file holds comments only: no settings", path=self.path)
        root = self._node(self.next(), (), 1)
        end = self.next()
        if type(self.next()) is DOCUMENT_START:
            self.end = end.end_mark.index
            line = self.text.count("\n", 0, self.end) + 1
            self.warnings.append(f"the file holds several YAML documents; only the first, up to line {line}, is read")
        return self.sharing.mark_anchors(root)

    def _node(self, event: Event, path: tuple[str, ...], depth: int) -> Node:
        if type(event) is SCALAR:
            node: Node = self._scalar(event)
        elif type(event) is ALIAS:
            return self.sharing.alias(event, depth)
        else:
            if depth > DEPTH:
                raise too_deep(self.path, event.start_mark.line + 1, event.start_mark.column + 1)
            self.sharing.opened(event.anchor)
            compose = self._mapping if type(event) is MAPPING_START else self._sequence
            node = self._tagged(event, compose(event, path, depth))
        if event.anchor is not None:
            self.sharing.anchored(event.anchor, node)
        return node

    def _scalar(self, event: Event) -> Scalar | Unresolved:
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor is not None or event.tag is not None:
            start = self._after_properties(start, end)
        text = event.value
        style = event.style
        if style == "|" or style == ">":
            header = _BLOCK_HEADER.match(self.text, start)
            end = start + len(self.text[start:end].rstrip())
            content = self.text.find("\n", start, end)
            # A comment may follow the header, so that only what comes after it is kept from the search for comments.
            self.scalars.append((header.end() if content < 0 and header else content, end))
        else:
            self.scalars.append((start, end))
        span = Span(start, end)
        if event.tag is not None and not (event.tag == "!" and style):
            try:
                value = yaml_scalars.tagged(text, event.tag)
            except KeyError:
                return Unresolved(span, self.text[start:end], f"the tag {_short(event.tag)} is none that YAML defines for a value")
            except ValueError:
                return Unresolved(span, self.text[start:end], f"{text!r} does not fit its tag {_short(event.tag)}")
            return Scalar(span, value, value, _STYLES[style])
        if style is None or style == "":
            core, legacy = yaml_scalars.plain(text)
            return Scalar(span, core, legacy, "plain")
        return Scalar(span, text, text, _STYLES[style])

    def _mapping(self, event: Event, path: tuple[str, ...], depth: int) -> Node:
        start = self._opening(event)
        end = start
        entries: dict[str, Entry] = {}
        merged: list[Entry] = []
        template = False
        while type(key_event := self.next()) is not MAPPING_END:
            key_node: Node | None = None
            if type(key_event) is SCALAR and key_event.anchor is None and key_event.tag is None and not key_event.style:
                key, key_span = key_event.value, Span(key_event.start_mark.index, key_event.end_mark.index)
                self.scalars.append(key_span)
            else:
                key_node = self._node(key_event, path, depth + 1)
                key, key_span = self._key(key_event, key_node)
            value_event = self.next()
            value = self._node(value_event, (*path, key), depth + 1)
            if not entries and not merged and not event.flow_style:
                start = key_span.start
            end = value_event.end_mark.index if type(value_event) is ALIAS else max(key_span.end, value.span.end)
            if type(key_node) is Mapping and self.text.startswith("{{", start):
                template = True
            if key == "<<" and (key_node is None or (type(key_node) is Scalar and key_node.style == "plain")):
                merged[:0] = self.sharing.merge(value, value_event, depth)
                continue
            if key in entries:
                self._duplicate((*path, key), entries.pop(key).key_span, key_span)
            entries[key] = Entry(key, key_span, value, "alias" if type(value_event) is ALIAS else None)
        if event.flow_style:
            end = key_event.end_mark.index
        if template:
            text = self.text[start:end]
            return Scalar(Span(start, end), text, text, "plain")
        for entry in merged:
            entries.setdefault(entry.key, entry)
        return Mapping(Span(start, end), tuple(entries.values()), bool(event.flow_style))

    def _sequence(self, event: Event, path: tuple[str, ...], depth: int) -> Sequence:
        start = self._opening(event)
        end = start
        items: list[Node] = []
        while type(item_event := self.next()) is not SEQUENCE_END:
            node = self._node(item_event, (*path, str(len(items))), depth + 1)
            end = item_event.end_mark.index if type(item_event) is ALIAS else node.span.end
            items.append(node)
        if event.flow_style:
            end = item_event.end_mark.index
        return Sequence(Span(start, end), tuple(items), bool(event.flow_style))

    def _opening(self, event: Event) -> int:
        start = event.start_mark.index
        if event.anchor is None and event.tag is None:
            return start
        return self._after_properties(start, len(self.text))

    def _tagged(self, event: Event, node: Node) -> Node:
        if event.tag is None or event.tag == "!" or event.tag in _OWN_TAGS:
            return node
        text = self.text[node.span.start : node.span.end]
        return Unresolved(node.span, text, f"the tag {_short(event.tag)} is none that YAML defines for a value")

    def _key(self, event: Event, node: Node) -> tuple[str, Span]:
        if type(event) is SCALAR:
            if type(node) is Unresolved and event.tag is not None:  # to a loader that knows the tag this is another key
                span = Span(event.start_mark.index, node.span.end)
                return self.text[span.start : span.end], span
            return event.value, node.span
        text = self.text[node.span.start : node.span.end]
        if type(event) is ALIAS:
            return text.strip("\"'"), Span(event.start_mark.index, event.end_mark.index)
        return text, node.span

    def _duplicate(self, path: tuple[str, ...], first: Span, last: Span) -> None:
        known = self.duplicates.get(path)
        self.duplicates[path] = Duplicate(path, known.first if known else first, last)

    def _after_properties(self, position: int, end: int) -> int:
        """The place of the value behind its anchor and tag."""
        while position < end and self.text[position] in "&!":
            for pattern in (_PROPERTY, _GAP):
                match = pattern.match(self.text, position, end)
                position = match.end() if match else position
        return position


_Style = Literal["plain", "single", "double", "block", "literal"]
_STYLES: dict[str | None, _Style] = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "block", ">": "block"}


_NAMES = {Sequence: "a list", Scalar: "a single value", Unresolved: "a single value"}


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
