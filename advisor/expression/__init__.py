"""The small typed, three-valued language in which rules, recognition and derived values are written.

Python expression syntax over declared facts; work is bounded by the size of the expression, and what the facts do not settle is UNKNOWN.
"""

from __future__ import annotations

from advisor.expression.environment import Environment
from advisor.expression.evaluation import evaluate, missing
from advisor.expression.failure import ExpressionError
from advisor.expression.functions import BUILTINS, Function
from advisor.expression.parsing import parse
from advisor.expression.partial import FALSE, TRUE, condition_of, open_parts, residue
from advisor.expression.template import Template, dump_template, load_template, parse_template, render
from advisor.expression.tree import Expression, Tree, dump, load
from advisor.expression.value import ABSENT, UNKNOWN, Absent, Nothing, Result, Type, Unknown, Value

__all__ = [
    "ABSENT",
    "BUILTINS",
    "FALSE",
    "TRUE",
    "UNKNOWN",
    "Absent",
    "Environment",
    "Expression",
    "ExpressionError",
    "Function",
    "Nothing",
    "Result",
    "Template",
    "Tree",
    "Type",
    "Unknown",
    "Value",
    "condition_of",
    "dump",
    "dump_template",
    "evaluate",
    "load",
    "load_template",
    "missing",
    "open_parts",
    "parse",
    "parse_template",
    "render",
    "residue",
]
