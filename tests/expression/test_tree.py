from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from advisor.expression import ExpressionError, Type, dump, evaluate, load, parse

from .declared import ENVIRONMENT, looking_at


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("loss.beta", ("name", "loss.beta", "number")),
        ("not precision.bf16", ("not", ("name", "precision.bf16", "boolean"))),
        ("method not in ['dpo']", ("not", ("in", ("name", "method", "text"), ("const", ("dpo",))))),
        ("-1", ("const", -1)),
        ("0 < loss.beta <= 1", ("chain", ("const", 0), "lt", ("name", "loss.beta", "number"), "le", ("const", 1))),
        ("True and False and True", ("and", ("const", True), ("const", False), ("const", True))),
        ("default(method, 'dpo')", ("default", ("name", "method", "text"), ("const", "dpo"))),
        ("max(1, 2.5)", ("call", "max", ("const", 1), ("const", 2.5))),
    ],
)
def test_trees_are_nested_tuples_that_json_can_carry(source: str, tree: tuple[Any, ...]) -> None:
    expression = parse(source, ENVIRONMENT)

    assert expression.tree == tree
    assert load(json.loads(json.dumps(dump(expression)))) == expression


def test_the_deepest_expression_that_parses_can_be_stored() -> None:
    innermost = "method not in peft.targets"
    expression = parse("not " * 38 + innermost, ENVIRONMENT)

    assert load(dump(expression)) == expression


@pytest.mark.parametrize(
    "tree",
    [
        None,
        7,
        [],
        "name",
        ["nonsense"],
        ["name", "loss.beta"],
        ["name", "loss.beta", "colour"],
        ["const"],
        ["not", ["const", True], ["const", True]],
        ["and"],
        ["add", ["const", 1]],
        ["chain", ["const", 1], "lt"],
        ["chain", ["const", 1], "near", ["const", 2]],
        ["call"],
        [["const"], 1],
    ],
)
def test_a_stored_tree_that_is_damaged_is_refused(tree: Any) -> None:
    with pytest.raises(ExpressionError, match="damaged"):
        load(["x", "number", [], [], tree])


@pytest.mark.parametrize("data", [None, {}, [], ["x", "number", [], []], ["x", "colour", [], [], ["const", 1]]])
def test_stored_data_that_is_no_expression_is_refused(data: Any) -> None:
    with pytest.raises(ExpressionError, match="damaged"):
        load(data)


def test_a_stored_tree_nested_without_end_is_refused() -> None:
    tree: list[Any] = ["const", True]
    for _ in range(500):
        tree = ["not", tree]

    with pytest.raises(ExpressionError, match="damaged"):
        load(["x", "boolean", [], [], tree])


def test_stored_expressions_are_evaluated_without_the_parser() -> None:
    stored = json.dumps(dump(parse("loss.beta > 0.01 and method == 'dpo'", ENVIRONMENT)))
    program = (
        "import json, sys\n"
        "from advisor.expression import evaluate, load\n"
        "facts = {'loss.beta': 0.1, 'method': 'dpo'}\n"
        f"print(evaluate(load(json.loads({stored!r})), facts.__getitem__))\n"
        "print([name for name in sys.modules if name in ('advisor.expression.syntax', 'advisor.expression.checking', 'difflib')])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert shown.stdout.split("\n")[:2] == ["True", "[]"]


def test_loaded_expressions_keep_their_type_and_names() -> None:
    expression = load(dump(parse("has(loss.beta)", ENVIRONMENT)))

    assert expression.type is Type.BOOLEAN
    assert expression.names == {"loss.beta"}
    assert evaluate(expression, looking_at({})) is False
