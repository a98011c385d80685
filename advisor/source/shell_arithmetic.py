"""Integer arithmetic of the shell: `$((a * b))`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

_NAME = re.compile(r"\$?\{?([A-Za-z_]\w*)\}?")
_ALLOWED = re.compile(r"[\d\s+*/%()-]{1,200}")
_LIMIT = 10**15


def evaluate(expression: str, number: Callable[[str], tuple[int, bool] | None]) -> tuple[int, bool] | None:
    """The value of an expression over integers, and whether a default took part; None where a part is unknown or the result absurd."""
    defaults = False
    known = True

    def replacement(match: re.Match[str]) -> str:
        nonlocal defaults, known
        found = number(match[1])
        if found is None:
            known = False
            return "0"
        defaults = defaults or found[1]
        return f"({found[0]})"

    text = _NAME.sub(replacement, expression)
    if not known or not _ALLOWED.fullmatch(text) or re.search(r"\b0\d|\*\*|//", text):
        return None
    try:
        result = _evaluated(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None
    return (result, defaults) if abs(result) < _LIMIT else None


def _evaluated(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluated(operand)
        case ast.BinOp(left=left, op=symbol, right=right):
            return _calculated(symbol, _evaluated(left), _evaluated(right))
        case _:
            raise ValueError


def _calculated(symbol: ast.operator, left: int, right: int) -> int:
    match symbol:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            # The shell cuts towards zero.
            quotient = abs(left) // abs(right)
            return quotient if (left < 0) == (right < 0) else -quotient
        case ast.Mod():
            return abs(left) % abs(right) * (-1 if left < 0 else 1)
        case _:
            raise ValueError
