"""Python modules of a wheel as syntax trees: names followed through imports, constants and enumerations read as values."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from .snapshot import Json
from .wheels import Sources

FOLLOW = 8
"""Imports followed before a name is given up; re-exports of the packages read here are at most four deep."""
OPERATORS: dict[type[ast.operator], Callable[[Json, Json], Json]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


class Computed(NamedTuple):
    """An expression that no literal stands for; kept as source."""

    source: str


class ClassAt(NamedTuple):
    module: str
    node: ast.ClassDef


class Module:
    """One parsed module: its classes, the names that it imports and the constants that it binds."""

    def __init__(self, dotted: str, is_package: bool, tree: ast.Module) -> None:
        self.classes: dict[str, ast.ClassDef] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        self.stars: list[str] = []
        self.constants: dict[str, ast.expr] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, node)
            elif isinstance(node, ast.ImportFrom):
                source = absolute(dotted, is_package, node)
                for alias in node.names:
                    if alias.name == "*":
                        self.stars.append(source)
                    else:
                        self.imports[alias.asname or alias.name] = (source, alias.name)
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                self.constants[statement.targets[0].id] = statement.value
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
                self.constants[statement.target.id] = statement.value
        self.tree = tree


def absolute(dotted: str, is_package: bool, node: ast.ImportFrom) -> str:
    """The module that an import statement names, relative imports resolved."""
    parts = dotted.split(".")
    if not node.level:
        return node.module or ""
    kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])


class Modules:
    """All modules of a wheel, parsed when first asked for."""

    def __init__(self, wheel: Sources) -> None:
        self._wheel = wheel
        self._parsed: dict[str, Module | None] = {}

    def __getitem__(self, dotted: str) -> Module | None:
        if dotted not in self._parsed:
            self._parsed[dotted] = self._parse(dotted)
        return self._parsed[dotted]

    def _parse(self, dotted: str) -> Module | None:
        base = dotted.replace(".", "/")
        for name, is_package in ((f"{base}.py", False), (f"{base}/__init__.py", True)):
            if name in self._wheel.names:
                return Module(dotted, is_package, ast.parse(self._wheel.text(name)))
        return None

    def holding(self, name: str, under: str = "") -> Iterator[str]:
        """Modules that define a class of this name, below a package; by text, so that only those are parsed."""
        pattern = re.compile(rf"^class {re.escape(name)}\b", re.MULTILINE)
        prefix = under.replace(".", "/")
        for path in sorted(self._wheel.names):
            if path.endswith(".py") and path.startswith(prefix) and pattern.search(self._wheel.text(path)):
                yield path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def find_class(self, module: str, name: str, depth: int = 0) -> ClassAt | None:
        """The class that a name means in a module, through imports and re-exports; None where it is from another package."""
        here = self[module]
        if here is None or depth > FOLLOW:
            return None
        if name in here.classes:
            return ClassAt(module, here.classes[name])
        if name not in here.imports:
            through = (self.find_class(source, name, depth + 1) for source in here.stars)
            return next((found for found in through if found), None)
        source, original = here.imports[name]
        found = self.find_class(source, original, depth + 1)
        if found or self[source] is None or self[f"{source}.{original}"] is not None:
            return found
        lazily = next(self.holding(original, source + "."), None)
        return self.find_class(lazily, original, depth + 1) if lazily else None

    def constant(self, module: str, name: str, depth: int = 0) -> tuple[str, ast.expr] | None:
        here = self[module]
        if here is None or depth > FOLLOW:
            return None
        if name in here.constants:
            return module, here.constants[name]
        if name in here.imports:
            return self.constant(*here.imports[name], depth + 1)
        return None

    def enumeration(self, module: str, name: str) -> dict[str, Json] | None:
        """Members of an enumeration by name; None where the name is no enumeration of this package."""
        found = self.find_class(module, name)
        if found is None or not any("Enum" in ast.unparse(base) for base in found.node.bases):
            return None
        members: dict[str, Json] = {}
        for node in found.node.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                value = self.value(found.module, node.value)
                members[node.targets[0].id] = node.targets[0].id.lower() if isinstance(value, Computed) else value
        return members

    def value(self, module: str, node: ast.expr) -> Json | Computed:
        """What an expression is worth: a literal, a constant, an enumeration's member, arithmetic of those; else its source."""
        try:
            return plain(ast.literal_eval(node))
        except (ValueError, TypeError, SyntaxError):
            pass
        known: Json | Computed = Computed(ast.unparse(node))
        if isinstance(node, ast.Name) and (constant := self.constant(module, node.id)):
            known = self.value(*constant)
        elif isinstance(node, ast.Attribute):
            known = self._member(module, node)
        elif isinstance(node, ast.Call):
            known = self._built(module, node)
        elif isinstance(node, ast.List | ast.Tuple):
            items = [self.value(module, item) for item in node.elts]
            known = known if any(isinstance(item, Computed) for item in items) else plain(items)
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
            texts = [self.value(module, part) for part in parts]
            known = known if any(isinstance(text, Computed) for text in texts) else "".join(map(str, texts))
        elif isinstance(node, ast.IfExp) and isinstance(node.test, ast.Compare) and isinstance(node.test.ops[0], ast.Eq):
            left, right = self.value(module, node.test.left), self.value(module, node.test.comparators[0])
            if not isinstance(left, Computed) and not isinstance(right, Computed):
                known = self.value(module, node.body if left == right else node.orelse)
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            left, right = self.value(module, node.left), self.value(module, node.right)
            if not isinstance(left, Computed) and not isinstance(right, Computed):
                known = OPERATORS[type(node.op)](left, right)
        return known

    def _member(self, module: str, node: ast.Attribute) -> Json | Computed:
        inner = node.value if node.attr == "value" and isinstance(node.value, ast.Attribute) else node
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            members = self.enumeration(module, inner.value.id)
            if members and inner.attr in members:
                return members[inner.attr]
        return Computed(ast.unparse(node))

    def _built(self, module: str, node: ast.Call) -> Json | Computed:
        name = ast.unparse(node.func)
        empty: dict[str, Json] = {"str": "", "int": 0, "float": 0.0, "list": [], "dict": {}, "set": []}
        if name in empty and not node.args and not node.keywords:
            return empty[name]
        if name in ("list", "sorted") and len(node.args) == 1:
            return self.value(module, node.args[0])
        return Computed(ast.unparse(node))


def plain(value: object) -> Json:
    """A Python literal as JSON has it: tuples and sets become lists, names of mappings become strings."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    raise ValueError(f"no JSON value: {value!r}")
