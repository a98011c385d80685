"""What a Python expression is worth when only its text is read: literals, their names, arithmetic over them. All else is unresolved."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import NamedTuple

from advisor.errors import InputError
from advisor.source.document import Atom, Entry, Mapping, Node, Scalar, Sequence, Span, Unresolved
from advisor.source.limits import DEPTH, SHARED_NODES, too_deep
from advisor.source.python_names import Scope
from advisor.source.python_text import Places


class Resolved(NamedTuple):
    """A node and how it came about: `computed` by arithmetic, or a `default` that a caller may override."""

    node: Node
    computed: bool = False
    default: bool = False

    def entry(self, key: str, key_span: Span) -> Entry:
        return Entry(key, key_span, self.node, "computed" if self.computed else None, self.default)


Number = int | float
_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_MAGNITUDE = 1e18
_EXPONENT = 64
_REASONS: dict[type[ast.expr], str] = {
    ast.Attribute: "an attribute",
    ast.Await: "an awaited call",
    ast.BoolOp: "a logical expression",
    ast.Call: "the result of a call",
    ast.Compare: "a comparison",
    ast.IfExp: "a conditional expression",
    ast.JoinedStr: "a formatted string",
    ast.Lambda: "a function",
    ast.Subscript: "an element of something else",
    ast.Starred: "unpacked values",
}


class Resolver:
    """Turns expressions into nodes. Values reached through names keep the span of the literal, so that an edit changes the constant."""

    def __init__(self, path: str, places: Places) -> None:
        self.path = path
        self.places = places
        self._names: dict[tuple[Scope, str], Resolved | None] = {}
        self._budget = SHARED_NODES

    def resolve(self, expression: ast.expr, scope: Scope, depth: int = 1) -> Resolved:
        """The value of an expression. Raises InputError (too-large) for nesting or names of names without end."""
        match expression:
            case ast.Constant(value=value):
                return self._constant(expression, value)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=int() | float() as value)) if not isinstance(
                value, bool
            ):
                number = -value if isinstance(expression.op, ast.USub) else value
                return Resolved(Scalar(self.places.span(expression), number, number, "literal"))
            case ast.Name(id=name):
                return self._name(expression, name, scope, depth)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                self._check(depth, expression)
                parts = [self.resolve(item, scope, depth + 1) for item in items]
                sequence = Sequence(self.places.span(expression), tuple(part.node for part in parts), True)
                return Resolved(sequence, any(part.computed for part in parts), any(part.default for part in parts))
            case ast.Dict():
                self._check(depth, expression)
                return Resolved(self._dictionary(expression, scope, depth))
            case ast.Call(func=ast.Name(id="dict")) if not expression.args and scope.find("dict") is None:
                return Resolved(self.arguments(expression, scope, depth))
            case ast.BinOp() | ast.UnaryOp():
                return self._arithmetic(expression, scope, depth)
            case _:
                return self.unresolved(expression, _REASONS.get(type(expression), "an expression"))

    def arguments(self, call: ast.Call, scope: Scope, depth: int = 1) -> Mapping:
        """The arguments of a call: keywords by name, positional ones by number, unpacked mappings by their keys where those are known."""
        self._check(depth, call)
        entries: dict[str, Entry] = {}
        for index, argument in enumerate(call.args):
            entries[str(index)] = self.resolve(argument, scope, depth + 1).entry(str(index), self.places.span(argument))
        for keyword in call.keywords:
            span = self.places.span(keyword)
            resolved = self.resolve(keyword.value, scope, depth + 1)
            if keyword.arg is not None:
                entries[keyword.arg] = resolved.entry(keyword.arg, Span(span.start, span.start + len(keyword.arg)))
            elif isinstance(resolved.node, Mapping):
                entries.update((entry.key, entry) for entry in resolved.node.entries)
            else:
                text = self.places.written(keyword)
                entries[text] = Entry(text, span, Unresolved(span, text, "unpacked arguments that are not written here"))
        return Mapping(self.places.span(call), tuple(entries.values()), not _on_own_lines(call))

    def unresolved(self, expression: ast.expr, reason: str) -> Resolved:
        return Resolved(Unresolved(self.places.span(expression), self.places.written(expression), reason))

    def _constant(self, expression: ast.Constant, value: object) -> Resolved:
        if isinstance(value, (bool, int, float, str)) or value is None:
            atom: Atom = value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            return Resolved(Scalar(self.places.span(expression), atom, atom, "literal"))
        return self.unresolved(expression, "a constant that is no setting")

    def _dictionary(self, expression: ast.Dict, scope: Scope, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        for key, value in zip(expression.keys, expression.values, strict=True):
            resolved = self.resolve(value, scope, depth + 1)
            if key is None:
                if isinstance(resolved.node, Mapping):
                    entries.update((entry.key, entry) for entry in resolved.node.entries)
                    continue
                name, span = f"**{self.places.written(value)}", self.places.span(value)
            else:
                name = str(key.value) if isinstance(key, ast.Constant) else self.places.written(key)
                span = self.places.span(key)
            entries[name] = resolved.entry(name, span)
        return Mapping(self.places.span(expression), tuple(entries.values()), True)

    def _name(self, expression: ast.Name, name: str, scope: Scope, depth: int) -> Resolved:
        owner = scope.find(name)
        if owner is None:
            return self.unresolved(expression, f"{name} is assigned nowhere in this file")
        bindings = owner.bindings.get(name, [])
        if len(bindings) + (name in owner.parameters) > 1:
            return self.unresolved(expression, f"{name} is assigned in several places")
        value = bindings[0] if bindings else owner.parameters[name]
        if value is None:
            return self.unresolved(expression, f"{name} is {'a parameter' if not bindings else 'no constant'}")
        key = (owner, name)
        if key not in self._names:
            if depth > DEPTH:
                return self.unresolved(expression, "too many names stand between it and its value")
            self._names[key] = None
            at = owner if bindings else owner.parent or owner
            self._names[key] = self.resolve(value, at, depth + 1)
        found = self._names[key]
        if found is None:
            return self.unresolved(expression, f"{name} is defined by itself")
        if isinstance(found.node, Unresolved):
            return self.unresolved(expression, found.node.reason)
        if name in owner.changed and isinstance(found.node, (Mapping, Sequence)):
            return self.unresolved(expression, f"{name} is changed after its definition")
        self._spend(found.node, expression, depth)
        return found if bindings else found._replace(default=True)

    def _arithmetic(self, expression: ast.BinOp | ast.UnaryOp, scope: Scope, depth: int) -> Resolved:
        if depth > DEPTH:
            return self.unresolved(expression, "an expression of too many parts")
        operands = [expression.operand] if isinstance(expression, ast.UnaryOp) else [expression.left, expression.right]
        resolved = [self.resolve(operand, scope, depth + 1) for operand in operands]
        values = [part.node.value for part in resolved if isinstance(part.node, Scalar)]
        numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
        result: Number | None = None
        if len(numbers) == len(operands):
            result = _negated(expression, numbers[0]) if isinstance(expression, ast.UnaryOp) else _calculated(expression.op, *numbers)
        if result is None:
            return self.unresolved(expression, "an expression")
        scalar = Scalar(self.places.span(expression), result, result, "literal")
        return Resolved(scalar, computed=True, default=any(part.default for part in resolved))

    def _check(self, depth: int, expression: ast.expr) -> None:
        if depth > DEPTH:
            raise too_deep(self.path, expression.lineno, expression.col_offset + 1)

    def _spend(self, node: Node, expression: ast.expr, depth: int) -> None:
        if isinstance(node, (Scalar, Unresolved)):
            return
        self._check(depth, expression)
        self._budget -= len(node.items if isinstance(node, Sequence) else node.entries)
        if self._budget < 0:
            message = f"names of names expand to more than {SHARED_NODES:,} values"
            raise InputError("too-large", message, path=self.path, line=expression.lineno, column=expression.col_offset + 1)
        children = (
            node.items if isinstance(node, Sequence) else [entry.value for entry in node.entries] if isinstance(node, Mapping) else ()
        )
        for child in children:
            self._spend(child, expression, depth + 1)


def _calculated(symbol: ast.operator, left: Number, right: Number) -> Number | None:
    function = _OPERATORS.get(type(symbol))
    if function is None or abs(left) > _MAGNITUDE or abs(right) > _MAGNITUDE:
        return None
    if isinstance(symbol, ast.Pow) and abs(right) > _EXPONENT:
        return None
    try:
        result = function(left, right)
    except (ArithmeticError, ValueError):
        return None
    return result if isinstance(result, (int, float)) and abs(result) < _MAGNITUDE else None


def _negated(expression: ast.UnaryOp, operand: Number) -> Number | None:
    if isinstance(expression.op, ast.USub):
        return -operand
    return operand if isinstance(expression.op, ast.UAdd) else None


def _on_own_lines(call: ast.Call) -> bool:
    """Whether every argument stands on lines of its own, so that a line can be put between two of them."""
    last = call.func.end_lineno or call.lineno
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    for argument in sorted(arguments, key=lambda part: (part.lineno, part.col_offset)):
        if argument.lineno <= last:
            return False
        last = argument.end_lineno or argument.lineno
    return bool(arguments) and (call.end_lineno or 0) > last
