"""A pack that somebody else wrote: read with limits, validated, built, and refused with the place and a hint where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.configuration.catalogue import catalogue
from advisor.errors import InputError
from advisor.resources import data
from advisor.rulebook.finding import Reference
from advisor.rulebook.library import bands, references
from advisor.rulebook.pack import PackError, build_bands, build_rule
from advisor.rulebook.rule import Band, Rule
from advisor.source.document import Document, Node, Scalar
from advisor.source.document import Mapping as Section
from advisor.source.document import Sequence as Items
from advisor.source.reading import read

LARGEST = 1 << 20
"""Bytes. A pack is written by hand; a larger file is something else, or an attack."""

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Pack:
    name: str
    rules: tuple[Rule, ...]
    written: tuple[Mapping[str, Any], ...]
    """The rules as their author wrote them, examples included."""
    bands: Mapping[str, Band]
    references: Mapping[str, Reference]


def read_pack(path: str) -> Pack:
    """Read a pack. Raises InputError with file, line, column, rule and a hint for the first mistake."""
    content = Path(path).read_bytes() if Path(path).is_file() else None
    if content is not None and len(content) > LARGEST:
        raise InputError("pack", f"a pack holds at most {LARGEST // 1024} kB, this one {len(content) // 1024}", path=path)
    document = read(path, content, "yaml")
    raw = plain(document.root)
    _validate(document, raw)
    own_bands = {band.name: band for band in build_bands(raw.get("bands", {}))}
    own_references = {key: Reference(key, entry["title"], entry.get("url")) for key, entry in raw.get("references", {}).items()}
    known_bands, known_references = {**bands(), **own_bands}, {**references(), **own_references}
    rules = []
    for index, entry in enumerate(raw["rules"]):
        try:
            rule = build_rule(entry, raw["pack"])
        except PackError as error:
            raise _at(document, ("rules", index, *error.steps), error.detail, error.offset) from None
        for steps, word, known in _names(entry, known_bands, known_references):
            if word not in known:
                raise _at(document, ("rules", index, *steps), f"rule {rule.id}: {word!r} is unknown{_near(word, known)}")
        rules.append(rule)
    return Pack(raw["pack"], tuple(rules), tuple(raw["rules"]), own_bands, own_references)


def plain(node: Node) -> Any:
    """A node as plain data, as YAML 1.2 reads it."""
    if isinstance(node, Section):
        return {entry.key: plain(entry.value) for entry in node.entries}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None


def _names(entry: Mapping[str, Any], own_bands: Any, own_references: Any) -> Iterator[tuple[Steps, str, Any]]:
    """Every name that a rule uses outside of expressions, with where it stands and what is known."""
    for field in ("of",):
        if field in entry:
            yield (field,), entry[field], catalogue()
    for index, name in enumerate(entry.get("related", ())):
        yield ("related", index), name, catalogue()
    for name in entry.get("assume", {}):
        yield ("assume", name), name, catalogue()
    for number, fix in enumerate(entry.get("fixes", ())):
        for name in fix.get("set", {}):
            yield ("fixes", number, "set", name), name, catalogue()
    if "band" in entry:
        yield ("band",), entry["band"], own_bands
    for index, key in enumerate(entry["references"]):
        yield ("references", index), key, own_references


def _validate(document: Document, raw: Any) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(data("schemas", "rule-pack.schema.json").read_bytes())
    errors = sorted(Draft202012Validator(schema).iter_errors(raw), key=lambda error: (len(error.absolute_path), str(error.absolute_path)))
    if errors:
        error = errors[0]
        steps = tuple(error.absolute_path)
        entry = raw["rules"][steps[1]] if len(steps) > 1 and steps[0] == "rules" else None
        rule = "" if entry is None else f"rule {entry.get('id', steps[1]) if isinstance(entry, dict) else steps[1]}: "
        raise _at(document, steps, rule + _said(error.validator, error.message, schema, error.instance))


def _said(validator: str, message: str, schema: Any, instance: Any) -> str:
    """A schema's complaint, with a suggestion where a field is misspelt."""
    if validator == "additionalProperties" and isinstance(instance, dict):
        fields = {name for part in ("rule", "band", "fix", "case", "example") for name in schema["$defs"][part].get("properties", {})}
        unknown = next((name for name in instance if name not in fields | set(schema["properties"])), None)
        if unknown is not None:
            return f"unknown field {unknown!r}{_near(unknown, fields)}"
    return message


def _near(word: str, known: Any) -> str:
    import difflib

    close = difflib.get_close_matches(str(word), [str(name) for name in known], 1)
    return f", did you mean {close[0]!r}?" if close else ""


def _at(document: Document, steps: Sequence[str | int], message: str, offset: int = 0) -> InputError:
    """The complaint with the place of the value that the steps lead to, or of what holds it."""
    node: Node = document.root
    start = node.span.start
    for step in steps:
        if isinstance(node, Section):
            entry = next((entry for entry in node.entries if entry.key == step), None)
            if entry is None:
                break
            node, start = entry.value, entry.value.span.start if isinstance(entry.value, Scalar) else entry.key_span.start
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            start = node.span.start
    if isinstance(node, Scalar):
        # Within one line of plain or quoted text a column of the expression is a column of the file.
        start += (offset + (node.style in ("single", "double"))) if node.style != "block" else 0
    line, column = document.position(min(start, len(document.text)))
    return InputError("pack", message, path=document.path, line=line, column=column)
