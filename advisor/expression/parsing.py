"""From source text to a checked expression."""

from __future__ import annotations

from advisor.expression.environment import Environment
from advisor.expression.tree import Expression
from advisor.expression.value import Type


def parse(source: str, environment: Environment, expects: Type | None = None) -> Expression:
    """Return the checked expression, or raise ExpressionError with the column and what to write instead.

    Names and functions must be declared in `environment`; `expects` is the type that the place of the expression asks for.
    """
    # Stored expressions are evaluated without the parser, which costs more to import than they do to run.
    from advisor.expression.checking import check
    from advisor.expression.syntax import read

    text = read(source)
    return check(text, environment, expects)
