"""Front end: `add_argument` calls of command-line programs (OpenRLHF)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from .loops import unrolled
from .modules import Computed, Modules
from .snapshot import Field, Json, Section
from .wheels import Wheel

FLAGS = {"store_true": False, "store_false": True}


def sections(wheel: Wheel, layout: dict[str, Any]) -> dict[str, Section]:
    """One section per program whose file matches `layout["programs"]`, named by the first group; keys are options without dashes."""
    modules = Modules(wheel)
    found: dict[str, Section] = {}
    for path in sorted(wheel.names):
        if match := re.fullmatch(layout["programs"], path):
            found[match[1]] = Section(_options(modules, path.removesuffix(".py").replace("/", ".")))
    return found


def _options(modules: Modules, dotted: str) -> dict[str, Field]:
    module = modules[dotted]
    options: dict[str, Field] = {}
    for call in _calls(module.tree) if module else ():
        names = [name for item in call.args if isinstance(name := modules.value(dotted, item), str)]
        if names and names[0].startswith("-"):
            options[max(names, key=len).lstrip("-")] = _option(modules, dotted, call)
    return options


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """`add_argument` calls, those in a loop over names once for each name."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
        yield node
    inner = [statement for body in unrolled(node) for statement in body] if isinstance(node, ast.For) else ast.iter_child_nodes(node)
    for child in inner:
        yield from _calls(child)


def _option(modules: Modules, dotted: str, call: ast.Call) -> Field:
    given = {item.arg: item.value for item in call.keywords if item.arg}
    action = modules.value(dotted, given["action"]) if "action" in given else None
    name = ast.unparse(given["type"]) if "type" in given else "bool" if action in FLAGS else "str"
    default: Json | Computed = FLAGS.get(action) if isinstance(action, str) else None
    if "default" in given:
        default = modules.value(dotted, given["default"])
    listed = modules.value(dotted, given["choices"]) if "choices" in given else None
    choices = tuple(listed) if isinstance(listed, list) else None
    kind = f"list[{name}]" if "nargs" in given else name
    if isinstance(default, Computed):
        return Field(kind, None, "computed", choices)
    required = "required" in given and modules.value(dotted, given["required"]) is True
    return Field(kind, default, "required" if required else "value", choices)
