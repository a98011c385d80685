"""Which expressions a Python name may stand for: every binding of every scope, found without running anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Binding = ast.expr | None
"""What a name is bound to; None where that is no expression to read: a loop, an import, an augmented assignment."""

_MUTATORS = frozenset({"append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "sort", "update"})
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a module, a class or a function."""

    parent: Scope | None
    is_class: bool = False
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    parameters: dict[str, Binding] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    """Names whose object is changed in place: `kwargs["x"] = 1`, `kwargs.update(...)`."""

    def bind(self, name: str, value: Binding) -> None:
        self.bindings.setdefault(name, []).append(value)

    def find(self, name: str) -> Scope | None:
        """The scope that a name belongs to, as Python looks it up: functions do not see the names of a class around them."""
        scope: Scope | None = self
        while scope is not None:
            if (name in scope.bindings or name in scope.parameters) and (scope is self or not scope.is_class):
                return scope
            scope = scope.parent
        return None


@dataclass(frozen=True, slots=True)
class Names:
    """The scopes of a module, and every call and class in it with the scope where it stands, in the order of the text."""

    module: Scope
    calls: list[tuple[ast.Call, Scope]]
    classes: list[tuple[ast.ClassDef, Scope]]


def names(module: ast.Module) -> Names:
    """Collects scopes, calls and classes. The walk keeps its own stack: no depth of nesting exhausts Python's."""
    top = Scope(None)
    calls: list[tuple[ast.Call, Scope]] = []
    classes: list[tuple[ast.ClassDef, Scope]] = []
    stack: list[tuple[ast.AST, Scope]] = [(statement, top) for statement in reversed(module.body)]
    while stack:
        node, scope = stack.pop()
        if isinstance(node, ast.Call):
            calls.append((node, scope))
            _mutation(node.func, scope)
        elif isinstance(node, ast.ClassDef):
            inner = Scope(scope, is_class=True)
            classes.append((node, inner))
            scope.bind(node.name, None)
            stack.extend((child, inner) for child in reversed(node.body))
            stack.extend((child, scope) for child in [*node.decorator_list, *node.bases, *node.keywords])
            continue
        elif isinstance(node, Function):
            stack.extend(_function(node, scope))
            continue
        else:
            _bind(node, scope, top)
        stack.extend((child, scope) for child in reversed(list(ast.iter_child_nodes(node))))
    calls.sort(key=lambda item: (item[0].lineno, item[0].col_offset, -(item[0].end_lineno or 0), -(item[0].end_col_offset or 0)))
    return Names(top, calls, classes)


def dotted(node: ast.expr) -> str | None:
    """`trl.DPOConfig` of such an expression; None where it is no plain chain of names."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _function(node: Function, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    outer: Scope | None = scope
    while outer is not None and outer.is_class:
        outer = outer.parent
    inner = Scope(outer)
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[Binding] = [None] * (len(positional) - len(arguments.defaults))
    for argument, default in zip(positional, [*defaults, *arguments.defaults], strict=True):
        inner.parameters[argument.arg] = default
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        inner.parameters[argument.arg] = default
    for collector in (arguments.vararg, arguments.kwarg):
        if collector is not None:
            inner.parameters[collector.arg] = None
    if isinstance(node, ast.Lambda):
        yield node.body, inner
    else:
        scope.bind(node.name, None)
        yield from ((child, inner) for child in reversed(node.body))
        yield from ((child, scope) for child in node.decorator_list)
    yield from ((default, scope) for default in [*arguments.defaults, *arguments.kw_defaults] if default is not None)


def _bind(node: ast.AST, scope: Scope, top: Scope) -> None:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _bind_target(target, value, scope)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            _bind_target(target, value, scope)
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
            _bind_target(target, None, scope)
        case ast.withitem(optional_vars=ast.expr() as target):
            _bind_target(target, None, scope)
        case ast.Delete(targets=targets):
            for target in targets:
                _bind_target(target, None, scope)
        case ast.Global(names=shared) | ast.Nonlocal(names=shared):
            for name in shared:
                outer = None if isinstance(node, ast.Global) or scope.parent is None else scope.parent.find(name)
                (outer or top).bind(name, None)
        case _:
            for name in _bound_names(node):
                scope.bind(name, None)


def _bound_names(node: ast.AST) -> list[str]:
    """Names that a node binds to something other than an expression."""
    match node:
        case (
            ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            return [name]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name.partition(".")[0] for alias in aliases]
        case _:
            return []


def _bind_target(target: ast.expr, value: Binding, scope: Scope) -> None:
    match target:
        case ast.Name(id=name):
            scope.bind(name, value)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            match value:
                case ast.Tuple(elts=values) | ast.List(elts=values) if len(values) == len(targets) and not _starred(targets, values):
                    for inner, part in zip(targets, values, strict=True):
                        _bind_target(inner, part, scope)
                case _:
                    for inner in targets:
                        _bind_target(inner, None, scope)
        case ast.Starred(value=inner):
            _bind_target(inner, None, scope)
        case ast.Subscript(value=ast.Name(id=name)) | ast.Attribute(value=ast.Name(id=name)):
            _change(name, scope)
        case _:
            pass


def _starred(targets: list[ast.expr], values: list[ast.expr]) -> bool:
    return any(isinstance(part, ast.Starred) for part in [*targets, *values])


def _mutation(function: ast.expr, scope: Scope) -> None:
    match function:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if attribute in _MUTATORS:
            _change(name, scope)
        case _:
            pass


def _change(name: str, scope: Scope) -> None:
    # The name may be bound further down or in an outer scope, so that the mark is left on all that could own it.
    current: Scope | None = scope
    while current is not None:
        current.changed.add(name)
        current = current.parent
