"""The type checker: from Python's syntax tree to a tree of the language, in which every operand has the type that it needs."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from advisor.expression.environment import Environment
from advisor.expression.functions import BUILTINS, FORMS, Function
from advisor.expression.scope import Scope, Typed, near, short
from advisor.expression.syntax import Syntax
from advisor.expression.tree import Expression, Tree
from advisor.expression.value import LARGEST_INTEGER, Type

LONGEST_TEXT: Final = 500

_BINARY: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
}
_COMPARE: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
_SPELLING: Final = {"true": "True", "false": "False"}


def check(syntax: Syntax, environment: Environment, expects: Type | None) -> Expression:
    """Return the checked expression. Raises ExpressionError at the first node that does not fit."""
    scope = Scope(syntax, environment)
    if expects is None or expects is Type.ANY:
        tree, kind = _check(scope, syntax.body)
    else:
        tree, kind = _wanted(scope, syntax.body, expects)
    return Expression(syntax.source, tree, kind, frozenset(scope.names), frozenset(scope.functions))


def _check(scope: Scope, node: ast.expr) -> Typed:
    handler = _HANDLERS.get(type(node))
    if handler is None:
        scope.refuse(node, node)
    return handler(scope, node)


def _wanted(scope: Scope, node: ast.expr, kind: Type) -> Typed:
    typed = _check(scope, node)
    if typed.type is not kind and kind is not Type.ANY:
        scope.fail(node, f"`{scope.shown(node)}` is a {typed.type.value}, a {kind.value} is needed", _conversion(typed.type, kind))
    return typed


def _conversion(found: Type, wanted: Type) -> str:
    if wanted is Type.BOOLEAN:
        return "compare it with a value"
    if found is Type.BOOLEAN and wanted is Type.NUMBER:
        return "write `1 if ... else 0`"
    return f"write a {wanted.value} here"


def _constant(scope: Scope, node: ast.Constant) -> Typed:
    value = node.value
    if isinstance(value, bool):
        return Typed(("const", value), Type.BOOLEAN)
    if isinstance(value, (int, float)):
        if value >= LARGEST_INTEGER if isinstance(value, int) else math.isinf(value):
            scope.fail(node, "the number is too large", "integers stay below 1e18, others finite")
        return Typed(("const", value), Type.NUMBER)
    if isinstance(value, str):
        written = scope.syntax.segment(node)
        if written[0] not in "'\"" or written[0] in written[1:-1]:
            scope.fail(node, "a text stands between one pair of plain quotes", "is a comma missing between two texts?")
        if len(value) > LONGEST_TEXT:
            scope.fail(node, f"the text is longer than {LONGEST_TEXT} characters", "shorten it")
        return Typed(("const", value), Type.TEXT)
    if value is None:
        scope.fail(node, "None is no value", "ask with `has(name)`")
    return scope.refuse(node, node)


def _name(scope: Scope, node: ast.expr) -> Typed:
    name = scope.dotted(node)
    kind = scope.environment.names.get(name)
    if kind is None:
        spelt = _SPELLING.get(name.lower())
        hint = f"did you mean {spelt}?" if spelt else near(name, scope.environment.names)
        scope.fail(node, f"unknown name `{short(name)}`", hint)
    scope.names.add(name)
    return Typed(("name", name, kind.value), kind)


def _list(scope: Scope, node: ast.List | ast.Tuple) -> Typed:
    values: list[Any] = []
    kinds: set[Type] = set()
    for item in node.elts:
        typed = _check(scope, item)
        if typed.tree[0] != "const" or typed.type not in (Type.NUMBER, Type.TEXT):
            scope.fail(item, f"`{scope.shown(item)}` cannot stand in a list", "lists hold numbers or texts written out")
        values.append(typed.tree[1])
        kinds.add(typed.type)
        if len(kinds) > 1:
            scope.fail(item, "the list holds numbers and texts", "write a list of one kind")
    return Typed(("const", tuple(values)), Type.LIST)


def _boolean(scope: Scope, node: ast.BoolOp) -> Typed:
    kind = "and" if isinstance(node.op, ast.And) else "or"
    return Typed((kind, *[_wanted(scope, part, Type.BOOLEAN).tree for part in node.values]), Type.BOOLEAN)


def _unary(scope: Scope, node: ast.UnaryOp) -> Typed:
    if isinstance(node.op, ast.Not):
        return Typed(("not", _wanted(scope, node.operand, Type.BOOLEAN).tree), Type.BOOLEAN)
    if not isinstance(node.op, ast.USub):
        scope.refuse(node, node.op)
    tree = _wanted(scope, node.operand, Type.NUMBER).tree
    return Typed(("const", -tree[1]) if tree[0] == "const" else ("neg", tree), Type.NUMBER)


def _binary(scope: Scope, node: ast.BinOp) -> Typed:
    kind = _BINARY.get(type(node.op))
    if kind is None:
        scope.refuse(node, node.op)
    return Typed((kind, _wanted(scope, node.left, Type.NUMBER).tree, _wanted(scope, node.right, Type.NUMBER).tree), Type.NUMBER)


def _compare(scope: Scope, node: ast.Compare) -> Typed:
    operands = [node.left, *node.comparators]
    if isinstance(node.ops[0], (ast.In, ast.NotIn)) and len(node.ops) == 1:
        tree: Tree = ("in", *_membership(scope, *operands))
        return Typed(tree if isinstance(node.ops[0], ast.In) else ("not", tree), Type.BOOLEAN)
    typed = [_check(scope, operand) for operand in operands]
    kinds = []
    for place, comparison in enumerate(node.ops):
        if isinstance(comparison, (ast.In, ast.NotIn)):
            scope.fail(node, "`in` cannot be chained with another comparison", "join two comparisons with `and`")
        kind = _COMPARE.get(type(comparison))
        if kind is None:
            scope.refuse(node, comparison)
        left, right = typed[place].type, typed[place + 1].type
        if left is not right:
            hint = "write `in` to look for a value in a list" if Type.LIST in (left, right) else "compare values of one type"
            scope.fail(operands[place], f"cannot compare a {left.value} with a {right.value}", hint)
        if kind not in ("eq", "ne") and left is not Type.NUMBER:
            scope.fail(operands[place], f"a {left.value} has no order", "compare it with `==` or `!=`")
        kinds.append(kind)
    if len(kinds) == 1:
        return Typed((kinds[0], typed[0].tree, typed[1].tree), Type.BOOLEAN)
    links = [part for kind, operand in zip(kinds, typed[1:], strict=True) for part in (kind, operand.tree)]
    return Typed(("chain", typed[0].tree, *links), Type.BOOLEAN)


def _membership(scope: Scope, item: ast.expr, values: ast.expr) -> tuple[Tree, Tree]:
    left, right = _check(scope, item), _check(scope, values)
    if right.type is not Type.LIST:
        hint = "write `contains(text, part)`, or a list: [...]" if right.type is Type.TEXT else "write a list: [...]"
        scope.fail(values, f"`in` looks into a list, and `{scope.shown(values)}` is a {right.type.value}", hint)
    if left.type not in (Type.NUMBER, Type.TEXT):
        scope.fail(item, f"a list holds numbers or texts, never a {left.type.value}", "look for a number or a text")
    if right.tree[0] == "const":
        if not right.tree[1]:
            scope.fail(values, "nothing is in an empty list", "write the values to look for")
        held = Type.TEXT if isinstance(right.tree[1][0], str) else Type.NUMBER
        if held is not left.type:
            scope.fail(item, f"cannot find a {left.type.value} in a list of {held.value}s", "compare values of one type")
    return left.tree, right.tree


def _choice(scope: Scope, node: ast.IfExp) -> Typed:
    condition = _wanted(scope, node.test, Type.BOOLEAN)
    then = _check(scope, node.body)
    otherwise = _wanted(scope, node.orelse, then.type)
    return Typed(("if", condition.tree, then.tree, otherwise.tree), then.type)


def _call(scope: Scope, node: ast.Call) -> Typed:
    name = scope.dotted(node.func)
    if node.keywords:
        scope.fail(node.keywords[0].value, "arguments have no names here", "write the arguments in their order")
    if name in FORMS:
        return _form(scope, node, name)
    function = scope.environment.function(name)
    if function is None:
        scope.fail(node.func, f"unknown function `{short(name)}`", near(name, [*BUILTINS, *FORMS, *scope.environment.functions]))
    scope.functions.add(name)
    least = len(function.parameters)
    if len(node.args) < least or (len(node.args) > least and not function.variadic):
        many = f"{least} or more arguments" if function.variadic else _arguments(least)
        scope.fail(node, f"`{name}` takes {many}, {len(node.args)} given", f"write `{_signature(name, function)}`")
    operands = [_argument(scope, part, name, function, place) for place, part in enumerate(node.args)]
    return Typed(("call", name, *operands), function.result)


def _argument(scope: Scope, node: ast.expr, name: str, function: Function, place: int) -> Tree:
    place = min(place, len(function.parameters) - 1)
    typed = _wanted(scope, node, function.parameters[place])
    if place in function.literal and typed.tree[0] != "const":
        scope.fail(node, f"`{name}` needs a literal here", "write the value itself, not a name or a computation")
    if name == "len" and typed.type not in (Type.TEXT, Type.LIST):
        scope.fail(node, f"a {typed.type.value} has no length", "`len` takes a text or a list")
    return typed.tree


def _form(scope: Scope, node: ast.Call, form: str) -> Typed:
    count = 2 if form == "default" else 1
    written = "default(name, literal)" if form == "default" else f"{form}(name)"
    if len(node.args) != count:
        scope.fail(node, f"`{form}` takes {_arguments(count)}, {len(node.args)} given", f"write `{written}`")
    if not isinstance(node.args[0], (ast.Name, ast.Attribute)):
        scope.fail(node.args[0], f"`{form}` takes a name first", f"write `{written}`")
    name = _name(scope, node.args[0])
    if form != "default":
        return Typed((form, name.tree), Type.BOOLEAN)
    literal = _wanted(scope, node.args[1], name.type)
    if literal.tree[0] != "const":
        scope.fail(node.args[1], "`default` needs a literal second", f"write `{written}`")
    return Typed((form, name.tree, literal.tree), name.type)


def _arguments(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


def _signature(name: str, function: Function) -> str:
    return f"{name}({', '.join(kind.value for kind in function.parameters)}{', ...' if function.variadic else ''})"


_HANDLERS: Final[Mapping[type[ast.expr], Callable[[Scope, Any], Typed]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _name,
    ast.List: _list,
    ast.Tuple: _list,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.Call: _call,
}
