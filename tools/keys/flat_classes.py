"""Front end: configuration classes whose keys stand side by side in one file (TRL, transformers, LLaMA-Factory, ms-swift)."""

from __future__ import annotations

from typing import Any

from .classes import bases, declared
from .modules import ClassAt, Modules
from .snapshot import Section
from .wheels import Wheel


def sections(wheel: Wheel, layout: dict[str, Any]) -> dict[str, Section]:
    """One section per class named in `layout["classes"]`; the fields of bases in the same package are its own.

    `layout["prefer"]` lists the packages to look for a class in, best first: a class may stand in several places at once.
    With `layout["merge"]` all classes become one section of that name, the first one's fields winning, built on `layout["bases"]`.
    """
    modules = Modules(wheel)
    found = {name: at for name in layout["classes"] if (at := _locate(modules, name, layout["prefer"]))}
    named = set(found)
    result: dict[str, Section] = {}
    for name, at in found.items():
        shared = [item.node.name for item in bases(modules, at).own[:-1] if item.node.name in named and layout.get("layered")]
        below = {key for base in shared for key in declared(modules, found[base])}
        fields = {key: item.field for key, item in declared(modules, at).items() if key not in below}
        outside = [base for base in bases(modules, at).foreign if base.partition(":")[0] in layout.get("foreign", ())]
        result[name] = Section(fields, (*shared, *outside), at.module.rpartition(".")[0])
    return _merged(result, layout) if "merge" in layout else result


def _locate(modules: Modules, name: str, prefer: list[str]) -> ClassAt | None:
    for package in prefer:
        for module in modules.holding(name, package):
            return modules.find_class(module, name)
    return None


def _merged(parts: dict[str, Section], layout: dict[str, Any]) -> dict[str, Section]:
    fields = {key: field for part in reversed(parts.values()) for key, field in part.fields.items()}
    return {layout["merge"]: Section(fields, tuple(layout["bases"]))}
