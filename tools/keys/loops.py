"""Loops over a literal table, written out: one body per row, with the row's values in place of the loop's names."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def unrolled(loop: ast.For) -> Iterator[list[ast.stmt]]:
    """The body once per row of a literal list of constants or of tuples of constants; any other loop's body once as it is."""
    rows = loop.iter.elts if isinstance(loop.iter, ast.Tuple | ast.List) else []
    names = [node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)]
    for row in rows:
        values: list[object] = [node.value for node in ast.walk(row) if isinstance(node, ast.Constant)]
        if len(values) == len(names):
            given = dict(zip(names, values, strict=True))
            yield [_Inserted(given).visit(ast.parse(ast.unparse(statement)).body[0]) for statement in loop.body]
    if not rows:
        yield loop.body


class _Inserted(ast.NodeTransformer):
    """Replaces the loop's names by one row, and `getattr(self, "key")` by `self.key`."""

    def __init__(self, given: dict[str, object]) -> None:
        self._given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self._given[node.id]) if node.id in self._given else node  # type: ignore[arg-type]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = node.args[1] if len(node.args) > 1 else None
        if ast.unparse(node.func) == "getattr" and isinstance(name, ast.Constant) and isinstance(name.value, str):
            return ast.Attribute(node.args[0], name.value, ast.Load())
        return node
