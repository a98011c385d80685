"""The Pydantic declarations as plain data: `python -m advisor.configuration.export` writes `schemas/canonical.json`."""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from advisor.configuration.methods import FAMILIES, METHODS
from advisor.resources import data


def declarations() -> dict[str, dict[str, Any]]:
    """Canonical name -> its declaration as stored in `schemas/canonical.json`."""
    found: dict[str, dict[str, Any]] = {}
    holders: dict[str, set[str]] = {}
    for method in METHODS:
        for name, field in _fields(FAMILIES[method], ""):
            found.setdefault(name, _entry(field))
            holders.setdefault(name, set()).add(method)
    for name, entry in found.items():
        if holders[name] != set(METHODS):
            entry["methods"] = [method for method in METHODS if method in holders[name]]
    return dict(sorted(found.items(), key=lambda pair: ("." in pair[0], pair[0])))


def rendered() -> str:
    lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in declarations().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _fields(annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def _entry(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    bounds: dict[str, Any] = {}
    for constraint in field.metadata:
        for ours, theirs in (("above", "gt"), ("minimum", "ge"), ("maximum", "le")):
            if getattr(constraint, theirs, None) is not None:
                bounds[ours] = getattr(constraint, theirs)
    entry = {"kind": _kind(field.annotation), "title": field.title, "unit": extra.get("unit"), **bounds}
    entry |= {"choices": extra.get("enum"), "option": extra.get("option")}
    return {key: content for key, content in entry.items() if content is not None}


def _kind(annotation: Any) -> str:
    alternatives = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    if any(typing.get_origin(alternative) is list for alternative in alternatives):
        return "list"
    return {bool: "boolean", int: "integer", float: "number", str: "text"}[alternatives[0]]


if __name__ == "__main__":
    data("schemas", "canonical.json").write_text(rendered(), encoding="utf-8")
    sys.stdout.write(f"{len(declarations())} names\n")
