"""Which keys and values a class still takes but warns about: read from the checks that its instances run on themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from .loops import unrolled
from .modules import Computed, Modules
from .snapshot import Json

WORDS = re.compile(r"deprecat|no longer supported|has been renamed|has been removed|will be removed|will be remove ", re.IGNORECASE)


class Outdated(NamedTuple):
    keys: set[str]
    values: dict[str, list[Json]]


class Warned(NamedTuple):
    """A warning or error: the condition just above it, and its words without what is formatted into them."""

    condition: ast.expr | None
    message: str


def outdated_in(modules: Modules, classes: list[ast.ClassDef]) -> Outdated:
    """Keys and values that `__post_init__` methods and validators of these classes call deprecated.

    A key counts where the innermost condition asks whether it was set; a value where the condition compares the key with it.
    """
    found = Outdated(set(), {})
    for node in classes:
        for function in node.body:
            if isinstance(function, ast.FunctionDef) and (function.name == "__post_init__" or _validates(function)):
                for warned in _warnings(function.body, None):
                    if WORDS.search(warned.message) and warned.condition is not None:
                        _judge(modules, warned, found)
    return found


def _validates(function: ast.FunctionDef) -> bool:
    return any("validator" in ast.unparse(decorator) for decorator in function.decorator_list)


def _warnings(body: list[ast.stmt], condition: ast.expr | None) -> Iterator[Warned]:
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _warnings(statement.body, statement.test)
            yield from _warnings(statement.orelse, None)
        elif isinstance(statement, ast.For):
            for written in unrolled(statement):
                yield from _warnings(written, condition)
        elif isinstance(statement, ast.With | ast.Try):
            yield from _warnings(statement.body, condition)
        elif (isinstance(statement, ast.Raise) and statement.exc is not None) or _is_warning(statement):
            yield Warned(condition, _words(statement))


def _is_warning(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and "warn" in ast.unparse(call.func).rpartition(".")[2]


def _words(statement: ast.stmt) -> str:
    strings = [node.value for node in ast.walk(statement) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return " ".join(strings)


def _judge(modules: Modules, warned: Warned, found: Outdated) -> None:
    assert warned.condition is not None
    tests = warned.condition.values if isinstance(warned.condition, ast.BoolOp) else [warned.condition]
    asked = [(place.start(), key) for test in tests if (key := _asked(test)) and (place := re.search(rf"\b{key}\b", warned.message))]
    found.keys.update(key for _, key in sorted(asked)[:1])  # the first one named is the old one, others are what to use instead
    for test in tests if not asked else ():
        compared = _compared(modules, test)
        if compared is not None:
            found.values.setdefault(compared[0], []).append(compared[1])


def _own(node: ast.expr) -> str | None:
    """The key that an expression reads: `self.key`, or `data["key"]` and `data.get("key")` in a validator."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    argument = node.slice if isinstance(node, ast.Subscript) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        argument = node.args[0]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _asked(test: ast.expr) -> str | None:
    """The key whose being set a condition asks for: `self.k`, `self.k is not None`, `self.k != -1`, `self.k > 0`, `"k" in data`."""
    if not isinstance(test, ast.Compare):
        return _own(test)
    if isinstance(test.ops[0], ast.In) and isinstance(test.left, ast.Constant) and isinstance(test.left.value, str):
        return None if isinstance(test.comparators[0], ast.Attribute) else test.left.value
    return _own(test.left) if isinstance(test.ops[0], ast.IsNot | ast.NotEq | ast.Gt) else None


def _compared(modules: Modules, test: ast.expr) -> tuple[str, Json] | None:
    """Key and value of `self.k == value`, `value in self.k`, `self.k is None`."""
    if not isinstance(test, ast.Compare):
        return None
    left, right = test.left, test.comparators[0]
    if isinstance(test.ops[0], ast.In):
        left, right = right, left
        if not isinstance(left, ast.Attribute):
            return None
    elif not isinstance(test.ops[0], ast.Eq | ast.Is):
        return None
    key, value = _own(left), modules.value("", right)
    return None if key is None or isinstance(value, Computed) or not isinstance(left, ast.Attribute) else (key, value)
