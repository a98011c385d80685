"""Front end: training recipes that read their keys one by one, and the components that a configuration names (torchtune)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import yaml

from .annotations import Annotation
from .modules import Computed, Modules
from .snapshot import Field, Section
from .wheels import Wheel

COMPONENT = "_component_"
OPEN = "dict"


def sections(wheel: Wheel, layout: dict[str, Any]) -> dict[str, Section]:
    """One section per recipe of `layout["registry"]`, one per component that the recipes' own configurations name.

    A recipe's keys are those that its program reads, and those that its configurations hold. There are no defaults but those that the
    program states: what it reads without one is required. The keys inside a component are the component's parameters.
    """
    modules = Modules(wheel)
    found: dict[str, Section] = {}
    components: set[str] = set()
    for name, program, files in _registry(modules, layout["registry"]):
        fields = _read(modules, f"recipes/{program}") if f"recipes/{program}" in wheel.names else {}
        for file in files:
            held = yaml.safe_load(wheel.text(f"recipes/configs/{file}")) if f"recipes/configs/{file}" in wheel.names else {}
            for key, value in held.items():
                fields.setdefault(key, Field(OPEN if isinstance(value, dict) else "Any"))
            components |= set(_components(held))
        found[name] = Section(fields)
    for path in sorted(components):
        if function := _function(modules, path):
            found[path] = Section(_parameters(modules, *function))
    return found


def _registry(modules: Modules, dotted: str) -> Iterator[tuple[str, str, list[str]]]:
    """Name, program and configuration files of each recipe."""
    module = modules[dotted]
    for node in ast.walk(module.tree) if module else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Recipe":
            given = {item.arg: item.value for item in node.keywords}
            texts = [item.value for item in ast.walk(given["configs"]) if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            yield ast.literal_eval(given["name"]), ast.literal_eval(given["file_path"]), [text for text in texts if text.endswith(".yaml")]


def _read(modules: Modules, path: str) -> dict[str, Field]:
    """Keys that a program reads from its configuration: `cfg.key` needs it, `cfg.get("key", default)` does not."""
    fields: dict[str, Field] = {}
    module = modules[path.removesuffix(".py").replace("/", ".")]
    for node in ast.walk(module.tree) if module else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_config(node.func.value) and node.func.attr == "get":
            key = ast.literal_eval(node.args[0]) if isinstance(node.args[0], ast.Constant) else None
            default = modules.value("", node.args[1]) if len(node.args) > 1 else None
            if isinstance(key, str):
                known = not isinstance(default, Computed) and default is not None
                fields[key] = Field(type(default).__name__ if known else "Any", None if isinstance(default, Computed) else default)
    for node in ast.walk(module.tree) if module else ():
        if isinstance(node, ast.Attribute) and _is_config(node.value) and node.attr not in ("get", "pop", "items", "keys"):
            fields.setdefault(node.attr, Field("Any", None, "required"))
    return fields


def _is_config(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "cfg"


def _components(tree: Any) -> Iterator[str]:
    for key, value in tree.items() if isinstance(tree, dict) else ():
        if key == COMPONENT and isinstance(value, str):
            yield value
        yield from _components(value)


def _function(modules: Modules, path: str) -> tuple[str, ast.FunctionDef] | None:
    """The module and definition that a component's path means: a function, or the constructor of a class."""
    module, _, name = path.rpartition(".")
    for _ in range(len(path)):
        here = modules[module]
        if here is None:
            return None
        for node in here.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return module, node
        if name in here.classes:
            inits = [item for item in here.classes[name].body if isinstance(item, ast.FunctionDef) and item.name == "__init__"]
            return (module, inits[0]) if inits else None
        if name not in here.imports or here.imports[name] == (module, name):
            return None
        module, name = here.imports[name]
    return None


def _parameters(modules: Modules, module: str, function: ast.FunctionDef) -> dict[str, Field]:
    given = function.args
    named = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(named) - len(given.defaults)) + list(given.defaults) + list(given.kw_defaults)
    fields: dict[str, Field] = {}
    for argument, default in zip([*named, *given.kwonlyargs], defaults, strict=True):
        if argument.arg in ("self", "cls"):
            continue
        annotation = Annotation(modules, module, argument.annotation) if argument.annotation else None
        kind, choices = (annotation.type, tuple(annotation.choices) or None) if annotation else ("Any", None)
        value = modules.value(module, default) if default is not None else None
        if default is None:
            fields[argument.arg] = Field(kind, None, "required", choices)
        elif isinstance(value, Computed):
            fields[argument.arg] = Field(kind, None, "computed", choices)
        else:
            fields[argument.arg] = Field(kind, value, "value", choices)
    return fields
