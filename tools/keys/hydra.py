"""Front end: composed YAML configurations that ship with the package, types joined from the dataclasses that they name (verl)."""

from __future__ import annotations

import re
from typing import Any

import yaml

from .classes import Declared, declared
from .modules import Modules
from .snapshot import Field, Json, Section
from .wheels import Wheel

MUST = "???"
TARGET = "_target_"


def sections(wheel: Wheel, layout: dict[str, Any]) -> dict[str, Section]:
    """One section per entry of `layout["files"]`: its name, and the files below `layout["folder"]` to take it from, best first."""
    modules = Modules(wheel)
    found: dict[str, Section] = {}
    for name, files in layout["files"].items():
        path = next((path for file in files if (path := f"{layout['folder']}/{file}") in wheel.names), None)
        if path:
            fields: dict[str, Field] = {}
            _flatten(modules, yaml.safe_load(wheel.text(path)), "", fields)
            found[name] = Section(fields)
    return found


def _flatten(modules: Modules, tree: dict[str, Any], prefix: str, fields: dict[str, Field]) -> None:
    """Leaves by dotted path; keys of the named dataclass that the file leaves out are added, since `+key=` may set them."""
    types = _declared(modules, tree.get(TARGET))
    for name, value in tree.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and value:
            _flatten(modules, value, f"{path}.", fields)
        elif name not in (TARGET, "defaults", "hydra"):
            fields[path] = _leaf(value, types.get(name))
    for name, item in types.items():
        if name not in tree and name != TARGET:
            fields.setdefault(f"{prefix}{name}", item.field)


def _leaf(value: Any, item: Declared | None) -> Field:
    kind = item.field.type if item else _guess(value)
    choices = item.field.choices if item else None
    if value == MUST:
        return Field(kind, None, "required", choices)
    if isinstance(value, str) and "${" in value:
        return Field(kind, None, "computed", choices)
    return Field(kind, _number(value), "value", choices)


def _number(value: Json) -> Json:
    """`1e-6` is text to PyYAML and a number to the framework's own loader."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+", value) else value


def _guess(value: Any) -> str:
    """The type that a value suggests where no class declares one; a null or a reference tells nothing."""
    if value is None or (isinstance(value, str) and (value == MUST or "${" in value)):
        return "Any"
    return type(_number(value)).__name__


def _declared(modules: Modules, target: Any) -> dict[str, Declared]:
    if not isinstance(target, str) or "." not in target:
        return {}
    module, _, name = target.rpartition(".")
    at = modules.find_class(module, name)
    return declared(modules, at) if at else {}
