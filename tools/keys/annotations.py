"""Type annotations in one spelling, and the values that they allow."""

from __future__ import annotations

import ast

from .modules import FOLLOW, Computed, Modules
from .snapshot import Json

UNIONS = ("Optional", "Union")
WRAPPERS = ("Annotated", "NotRequired", "Required", "Final")
LISTS = ("list", "List", "Sequence", "tuple", "Tuple", "set", "Set", "Iterable", "conlist", "MinLenType", "SetList")
MAPPINGS = ("dict", "Dict", "Mapping", "MutableMapping")
CLOSED = ("bool", "int", "float", "None")
"""Plain types that no word belongs to."""
OPAQUE = ("Callable", "type", "Type", "ClassVar")


class Annotation:
    """One annotation of one module, read through strings, aliases, `Optional`, `Literal` and enumerations."""

    def __init__(self, modules: Modules, module: str, node: ast.expr) -> None:
        self._modules = modules
        self.choices: list[Json] = []
        self.free = False
        """Beside the choices stands any text, or a type of another package that may be more of them."""
        parts = self._parts(module, node, 0)
        words = [word for word in dict.fromkeys(parts) if word != "None"]
        self.type = " | ".join(words + (["None"] if "None" in parts else [])) or "Any"

    def _parts(self, module: str, node: ast.expr, depth: int) -> list[str]:
        if depth > FOLLOW:
            return [ast.unparse(node)]
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return self._parts(module, ast.parse(node.value, mode="eval").body, depth + 1)
            return ["None" if node.value is None else "Any"]
        if isinstance(node, ast.BinOp):
            return self._parts(module, node.left, depth) + self._parts(module, node.right, depth)
        if isinstance(node, ast.Subscript):
            return self._subscript(module, node, depth)
        if isinstance(node, ast.Name):
            return self._name(module, node, depth)
        self.free = True
        return [ast.unparse(node).rpartition(".")[2]]

    def _subscript(self, module: str, node: ast.Subscript, depth: int) -> list[str]:
        outer = ast.unparse(node.value).rpartition(".")[2]
        inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if outer == "Literal":
            return self._literal(module, inner)
        if outer in WRAPPERS:
            return self._parts(module, inner[0], depth + 1)
        if outer in UNIONS:
            parts = [part for item in inner for part in self._parts(module, item, depth + 1)]
            return parts + (["None"] if outer == "Optional" else [])
        if outer in LISTS or outer in MAPPINGS:
            name = "dict" if outer in MAPPINGS else "list"
            items = [item for item in inner if not (isinstance(item, ast.Constant) and item.value is Ellipsis)]
            before = list(self.choices)
            words = [" | ".join(dict.fromkeys(self._parts(module, item, depth + 1))) for item in items]
            if name == "dict":
                self.choices = before
            return [f"{name}[{', '.join(dict.fromkeys(words) if name == 'list' else words)}]"]
        return [outer]

    def _literal(self, module: str, inner: list[ast.expr]) -> list[str]:
        values = [self._modules.value(module, item) for item in inner]
        known = [value for value in values if not isinstance(value, Computed)]
        self.choices += [value for value in known if value not in self.choices and value is not None]
        return ["None" if value is None else type(value).__name__ for value in known]

    def _name(self, module: str, node: ast.Name, depth: int) -> list[str]:
        members = self._modules.enumeration(module, node.id)
        if members:
            self.choices += [value for value in members.values() if value not in self.choices]
            return list(dict.fromkeys(type(value).__name__ for value in members.values()))
        alias = self._modules.constant(module, node.id)
        if alias and isinstance(alias[1], ast.Subscript | ast.BinOp):
            return self._parts(*alias, depth + 1)
        self.free |= node.id not in CLOSED
        return [{"List": "list", "Dict": "dict", "Tuple": "list"}.get(node.id, node.id)]


def references(modules: Modules, module: str, node: ast.expr, mark: str = "") -> list[tuple[str, ast.ClassDef, str]]:
    """Classes of the package that an annotation names, each with the path mark of its container: `[]` for a list, `.*` for a mapping."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return references(modules, module, ast.parse(node.value, mode="eval").body, mark)
    if isinstance(node, ast.BinOp):
        return references(modules, module, node.left, mark) + references(modules, module, node.right, mark)
    if isinstance(node, ast.Name):
        found = modules.find_class(module, node.id)
        if found:
            return [] if modules.enumeration(module, node.id) else [(found.module, found.node, mark)]
        alias = modules.constant(module, node.id)
        return references(modules, *alias, mark) if alias and isinstance(alias[1], ast.Subscript | ast.BinOp) else []
    if not isinstance(node, ast.Subscript):
        return []
    outer = ast.unparse(node.value).rpartition(".")[2]
    inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if outer == "Literal" or outer in OPAQUE:
        return []
    inner = inner[:1] if outer == "Annotated" else inner[1:] if outer in MAPPINGS else inner
    mark += "[]" if outer in LISTS else ".*" if outer in MAPPINGS else ""
    return [found for item in inner for found in references(modules, module, item, mark)]
