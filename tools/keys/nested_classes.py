"""Front end: one Pydantic model with others inside it, and the models that plug-ins add to its top level (Axolotl)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .annotations import Annotation, references
from .classes import declared, is_model
from .modules import ClassAt, Modules
from .snapshot import Field, Section
from .wheels import Wheel

DEEPEST = 6


def sections(wheel: Wheel, layout: dict[str, Any]) -> dict[str, Section]:
    """The section `layout["section"]`: the model `layout["root"]` from the package `layout["prefer"]`, nested models as dotted paths.

    Models of packages whose files match `layout["plugins"]` (its first group is the plug-in's name) add keys that need that plug-in.
    """
    modules = Modules(wheel)
    module = next(modules.holding(layout["root"], layout["prefer"]))
    root = modules.find_class(module, layout["root"])
    assert root is not None
    fields = expanded(modules, root)
    for plugin, at in _plugins(wheel, modules, layout["plugins"]):
        for path, field in expanded(modules, at).items():
            fields.setdefault(path, replace(field, plugin=plugin))
    return {layout["section"]: Section(fields)}


def expanded(modules: Modules, at: ClassAt, prefix: str = "", above: tuple[str, ...] = ()) -> dict[str, Field]:
    """Fields by dotted path, models inside models expanded; of several models in one place (a union) the first states a shared key."""
    fields: dict[str, Field] = {}
    for name, item in declared(modules, at).items():
        # Where a union also takes any text, Pydantic holds no word against the listed ones.
        free = item.field.choices and Annotation(modules, item.module, item.annotation).free
        fields[prefix + name] = replace(item.field, choices=None) if free else item.field
        for module, node, mark in references(modules, item.module, item.annotation):
            inner = ClassAt(module, node)
            if len(above) < DEEPEST and node.name not in above and is_model(modules, inner):
                below = expanded(modules, inner, f"{prefix}{name}{mark}.", (*above, node.name))
                fields |= {path: field for path, field in below.items() if path not in fields}
    return fields


def _plugins(wheel: Wheel, modules: Modules, pattern: str) -> Iterator[tuple[str, ClassAt]]:
    """Models that a plug-in's package declares: what its `get_input_args` returns, and classes that are named `...Args`."""
    for path in sorted(wheel.names):
        match = re.fullmatch(pattern, path)
        text = wheel.text(path) if match else ""
        package = path.rpartition("/")[0].replace("/", ".")
        names = re.findall(r"^class (\w+Args)\b", text, re.MULTILINE)
        names += re.findall(rf'return "{re.escape(package)}(?:\.\w+)*\.(\w+)"', text) if "def get_input_args" in text else []
        for name in names:
            at = next((at for module in modules.holding(name, package + ".") if (at := modules.find_class(module, name))), None)
            if match and at and is_model(modules, at):
                yield match[1], at
