"""Front end for releases that no package index has: a CSV table of keys made from the project's tagged sources.

Columns: key_path (`section:dotted.path`, or the path alone), type, default (JSON, or `<expr: ...>`), required, choices (JSON),
first_version_seen, last_version_seen, default_changes (`version:old->new; ...`), extra_keys (`plugin NAME`).
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path

from advisor.dialects.releases import parsed

from .annotations import Annotation
from .modules import Modules
from .snapshot import Field, Json, Section, Snapshot

VERSION = r"(?:\d[\w.]*|main@\d+)"
CHANGE = re.compile(rf"(?:^|; )({VERSION}):(.*?)(?=; {VERSION}:|$)")
REQUIRED = ("<req>", "<required>")


class Nothing:
    """A wheel without files: names in annotations stay as they are."""

    names: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        raise KeyError(name)


def snapshots(path: Path, section: str, later: Snapshot | None = None) -> list[Snapshot]:
    """The releases of the table, oldest first; only those before `later`, whose types and choices are taken for keys that it has too.

    `section` is the section of paths that name none. The table states one type for all releases, the last one's.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    versions = sorted({version for row in rows for version in _versions(row)}, key=parsed)
    found = []
    for version in versions:
        if later is None or parsed(version) < parsed(later.version):
            held = [(row, _at(row, version)) for row in rows]
            found.append(Snapshot(version, _sections(held, section, later)))
    return found


def _versions(row: dict[str, str]) -> Iterable[str]:
    return [row["first_version_seen"], row["last_version_seen"], *(version for version, _ in CHANGE.findall(row["default_changes"]))]


def _at(row: dict[str, str], version: str) -> Field | None:
    if not parsed(row["first_version_seen"]) <= parsed(version) <= parsed(row["last_version_seen"]):
        return None
    annotation = Annotation(Modules(Nothing()), "", _annotation(row["type"]))
    choices = tuple(json.loads(row["choices"])) if row["choices"] else tuple(annotation.choices) or None
    if annotation.free and (annotation.choices or " | " in annotation.type.removesuffix(" | None")):
        choices = None  # the listed values are one member of a union that takes others
    plugin = row["extra_keys"].removeprefix("plugin ") if row["extra_keys"].startswith("plugin ") else None
    stated = "<req>" if row["required"] == "True" else row["default"]
    changes = CHANGE.findall(row["default_changes"])
    if changes:
        stated = changes[0][1].partition("->")[0]
        for since, change in changes:
            if parsed(since) <= parsed(version):
                stated = change.partition("->")[2]
    if stated in REQUIRED:
        return Field(annotation.type, None, "required", choices, plugin=plugin)
    if stated.startswith("<") or "${" in stated:
        return Field(annotation.type, None, "computed", choices, plugin=plugin)
    return Field(annotation.type, json.loads(stated), "value", choices, plugin=plugin)


def _annotation(text: str) -> ast.expr:
    try:
        return ast.parse(text or "Any", mode="eval").body
    except SyntaxError:
        return ast.Name("Any", ast.Load())


def _sections(held: list[tuple[dict[str, str], Field | None]], default: str, later: Snapshot | None) -> dict[str, Section]:
    fields: dict[str, dict[str, Field]] = {}
    for row, field in held:
        if field is not None:
            head, colon, rest = row["key_path"].partition(":")
            section, path = (head, rest) if colon else (default, head)
            fields.setdefault(section, {})[path] = _as_in(field, later, section, path)
    return {name: Section(found) for name, found in fields.items()}


def _as_in(field: Field, later: Snapshot | None, section: str, path: str) -> Field:
    known: Field | None = later.sections[section].fields.get(path) if later and section in later.sections else None
    default: Json = field.default
    return Field(known.type, default, field.state, known.choices, plugin=field.plugin) if known else field
