from __future__ import annotations

import warnings

import pytest

from advisor.expression import Environment, ExpressionError, Function, Type, parse

from .declared import ENVIRONMENT

WRITTEN_OUT = "lists hold numbers or texts written out"
OTHERWISE = "there are names, literals,"


@pytest.mark.parametrize(
    ("source", "column", "message", "hint"),
    [
        # names
        ("optimizer.lerning_rate < 1", 1, "unknown name `optimizer.lerning_rate`", "did you mean optimizer.learning_rate?"),
        ("1 < beta", 5, "unknown name `beta`", "did you mean loss.beta?"),
        ("learning_rate > 1", 1, "unknown name `learning_rate`", "did you mean critic.learning_rate or optimizer.learning_rate?"),
        ("batch > 1", 1, "unknown name `batch`", "say which: batch.accumulation, batch.devices, batch.per_device"),
        ("flux", 1, "unknown name `flux`", "only declared names are known"),
        ("precision.bf16 == true", 19, "unknown name `true`", "did you mean True?"),
        ("method == 'é' and lossbeta > 1", 19, "unknown name `lossbeta`", "did you mean loss.beta?"),
        ("  (loss.beta >\n   betta)", 19, "unknown name `betta`", "did you mean loss.beta?"),
        # types
        ("method < 3", 1, "cannot compare a text with a number", "compare values of one type"),
        ("1 < loss.beta == 'x'", 5, "cannot compare a number with a text", "compare values of one type"),
        ("method < 'dpo'", 1, "a text has no order", "compare it with `==` or `!=`"),
        ("precision.bf16 < True", 1, "a boolean has no order", "compare it with `==` or `!=`"),
        ("1 + precision.bf16", 5, "`precision.bf16` is a boolean, a number is needed", "write `1 if ... else 0`"),
        ("loss.beta and precision.bf16", 1, "`loss.beta` is a number, a boolean is needed", "compare it with a value"),
        ("not method", 5, "`method` is a text, a boolean is needed", "compare it with a value"),
        ("method + 'x'", 1, "`method` is a text, a number is needed", "write a number here"),
        ("1 if loss.beta else 2", 6, "`loss.beta` is a number, a boolean is needed", "compare it with a value"),
        ("1 if precision.bf16 else 'x'", 26, "`'x'` is a text, a number is needed", "write a number here"),
        # lists
        ("method in 'dpo'", 11, "`in` looks into a list, and `'dpo'` is a text", "write `contains(text, part)`, or a list: [...]"),
        ("loss.beta in 3", 14, "`in` looks into a list, and `3` is a number", "write a list: [...]"),
        ("method in [1, 2]", 1, "cannot find a text in a list of numbers", "compare values of one type"),
        ("precision.bf16 in [1]", 1, "a list holds numbers or texts, never a boolean", "look for a number or a text"),
        ("method in []", 11, "nothing is in an empty list", "write the values to look for"),
        ("method in ['dpo', 1]", 19, "the list holds numbers and texts", "write a list of one kind"),
        ("method in ['dpo' 'ipo']", 12, "a text stands between one pair of plain quotes", "is a comma missing between two texts?"),
        ("loss.beta in [loss.beta]", 15, "`loss.beta` cannot stand in a list", WRITTEN_OUT),
        ("loss.beta in [True]", 15, "`True` cannot stand in a list", WRITTEN_OUT),
        ("peft.targets == 'q'", 1, "cannot compare a list with a text", "write `in` to look for a value in a list"),
        ("0 < 1 in [1]", 1, "`in` cannot be chained with another comparison", "join two comparisons with `and`"),
        # calls
        ("maximum(1, 2)", 1, "unknown function `maximum`", "only declared names are known"),
        ("startwith(method, 'd')", 1, "unknown function `startwith`", "did you mean startswith?"),
        ("sqrt(1, 2)", 1, "`sqrt` takes 1 argument, 2 given", "write `sqrt(number)`"),
        ("max(1)", 1, "`max` takes 2 or more arguments, 1 given", "write `max(number, number, ...)`"),
        ("max(1, 2, method)", 11, "`method` is a text, a number is needed", "write a number here"),
        ("max(1, b=2)", 10, "arguments have no names here", "write the arguments in their order"),
        ("len(3)", 5, "a number has no length", "`len` takes a text or a list"),
        ("key(method)", 5, "`key` needs a literal here", "write the value itself, not a name or a computation"),
        ("has(1)", 5, "`has` takes a name first", "write `has(name)`"),
        ("has(lossbeta)", 5, "unknown name `lossbeta`", "did you mean loss.beta?"),
        ("known()", 1, "`known` takes 1 argument, 0 given", "write `known(name)`"),
        ("default(loss.beta, 'x')", 20, "`'x'` is a text, a number is needed", "write a number here"),
        ("default(loss.beta, 2 * 3)", 20, "`default` needs a literal second", "write `default(name, literal)`"),
        ("loss.beta(1)", 1, "unknown function `loss.beta`", "only declared names are known"),
        # what Python has and the language has not
        ("loss.beta ** 2", 1, "`loss.beta ** 2` is not part of the language", "write `pow(base, exponent)`"),
        ("1 | 2", 1, "`1 | 2` is not part of the language", "write `or`"),
        ("~1", 1, "`~1` is not part of the language", "write `not`"),
        ("loss.beta is 1", 1, "`loss.beta is 1` is not part of the language", "write `==`"),
        ("loss.beta == None", 14, "None is no value", "ask with `has(name)`"),
        ("f'{method}'", 1, "`f'{method}'` is not part of the language", "write a plain text"),
        ("r'a'", 1, "a text stands between one pair of plain quotes", "is a comma missing between two texts?"),
        ("'''a'''", 1, "a text stands between one pair of plain quotes", "is a comma missing between two texts?"),
        ("b'a'", 1, "`b'a'` is not part of the language", OTHERWISE),
        ("1j", 1, "`1j` is not part of the language", OTHERWISE),
        ("peft.targets[0]", 1, "`peft.targets[0]` is not part of the language", OTHERWISE),
        ("lambda: 1", 1, "`lambda: 1` is not part of the language", OTHERWISE),
        ("[x for x in method]", 1, "`[x for x in method]` is not part of the language", OTHERWISE),
        ("(yield)", 2, "`yield` is not part of the language", OTHERWISE),
        ("{1: 2}", 1, "`{1: 2}` is not part of the language", "write a list of literals"),
        ("().__class__", 1, "a dot can only stand inside a name", "write names such as `optimizer.learning_rate`"),
        ("max(1, 2).real", 1, "a dot can only stand inside a name", "write names such as `optimizer.learning_rate`"),
        # spelling
        ("", 1, "the expression is empty", "write a condition or a value"),
        (" \n ", 1, "the expression is empty", "write a condition or a value"),
        ("loss.beta <", 12, "the expression ends too early", "write the operand that is missing"),
        ("1 if precision.bf16", 3, "`if` without `else`", "write `a if condition else b`"),
        ("precision.bf16 && precision.fp16", 16, "`&&` is no operator here", "write `and`"),
        ("precision.bf16 || precision.fp16", 16, "`||` is no operator here", "write `or`"),
        ("!precision.bf16", 1, "`!` is no operator here", "write `not`"),
        ("loss.beta = 1", 11, "`=` is no operator here", "write `==` to compare"),
        ("method == 'dpo", 11, "a text is never closed", "end it with '"),
        ("(loss.beta > 1", 1, "`(` is never closed", "close the bracket"),
        ("loss.beta) > 1", 10, "`)` closes nothing", "remove it, or open the bracket before it"),
        ("method == ')' and (1]", 21, "`]` closes nothing", "remove it, or open the bracket before it"),
        ("loss.beta > 1 # or not", 15, "a comment cannot stand in an expression", "remove it"),
        ("loss.beta > (1) # or not", 17, "a comment cannot stand in an expression", "remove it"),
        (r"method == '\d'", 12, "a backslash has no meaning here", "texts take no escapes"),
        ("1 + \x00", 5, "a character that cannot be seen stands in the expression", "remove it"),
        ("1 +\u00a02", 4, "a character that cannot be seen stands in the expression", "remove it"),
        ("\ud800", 1, "a character that cannot be seen stands in the expression", "remove it"),
    ],
)
def test_what_is_wrong_is_said_with_its_column_and_what_to_write(source: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source, ENVIRONMENT)

    error = caught.value
    assert (error.column, error.message) == (column, message)
    assert error.hint is not None
    assert error.hint.startswith(hint) if hint == OTHERWISE else error.hint == hint


def test_the_text_of_an_error_holds_all_three() -> None:
    with pytest.raises(ExpressionError, match=r"^column 5: unknown name `beta` \(did you mean loss.beta\?\)$"):
        parse("1 < beta", ENVIRONMENT)


def sum_of(terms: int) -> str:
    return "+".join(["1"] * terms)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("(" * 5000, "the expression is longer than 2000 characters"),
        ("-" * 100_000 + "1", "the expression is longer than 2000 characters"),
        ("(" * 900 + "1" + ")" * 900, "the expression is nested deeper than 40 levels"),
        ("[" * 900 + "]" * 900, "the expression is nested deeper than 40 levels"),
        ("-" * 1999 + "1", "the expression is nested deeper than 40 levels"),
        ("not " * 499 + "True", "the expression is nested deeper than 40 levels"),
        ("1 if True else " * 130 + "1", "the expression is nested deeper than 40 levels"),
        (sum_of(41), "the expression is nested deeper than 40 levels"),
        (f"max({', '.join(['1'] * 200)})", "the expression has more than 200 parts"),
        ("a" + ".a" * 999, "unknown name `a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a...`"),
        ("9" * 2000, "the number is too large"),
        ("1000000000000000000", "the number is too large"),
        ("1e999", "the number is too large"),
        (f"'{'x' * 501}'", "the text is longer than 500 characters"),
        ("9**9**9", "`9**9**9` is not part of the language"),
    ],
)
def test_work_is_bounded_whatever_a_pack_says(source: str, message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ExpressionError) as caught:
            parse(source, ENVIRONMENT)

    assert caught.value.message == message
    assert caught.value.hint


@pytest.mark.parametrize(
    "source",
    [sum_of(40), "(" * 40 + "1" + ")" * 40, f"max({', '.join(['1'] * 199)})", "999999999999999999", f"'{'x' * 500}'", "1" + " " * 1999],
)
def test_the_limits_themselves_are_allowed(source: str) -> None:
    parse(source, ENVIRONMENT)


def test_python_would_warn_about_this_and_the_reader_is_spared() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse("1if True else 2", ENVIRONMENT).type is Type.NUMBER


def test_the_place_of_an_expression_can_ask_for_a_type() -> None:
    assert parse("loss.beta > 0", ENVIRONMENT, Type.BOOLEAN).type is Type.BOOLEAN
    assert parse("loss.beta", ENVIRONMENT, Type.ANY).type is Type.NUMBER
    with pytest.raises(ExpressionError) as caught:
        parse(" loss.beta", ENVIRONMENT, Type.BOOLEAN)

    assert (caught.value.column, caught.value.message) == (2, "`loss.beta` is a number, a boolean is needed")


def test_an_expression_knows_what_it_speaks_of() -> None:
    expression = parse("has(loss.beta) and key('a') and max(batch.devices, 1) in [1, 2]", ENVIRONMENT)

    assert expression.names == {"loss.beta", "batch.devices"}
    assert expression.functions == {"key", "max"}
    assert expression.type is Type.BOOLEAN


@pytest.mark.parametrize(
    ("names", "functions"),
    [
        ({"loss.beta": Type.ANY}, {}),
        ({}, {"max": Function((Type.NUMBER,), Type.NUMBER, abs)}),
        ({}, {"has": Function((Type.NUMBER,), Type.NUMBER, abs)}),
        ({}, {"first": Function((Type.LIST,), Type.ANY, min)}),
        ({}, {"all": Function((), Type.BOOLEAN, all, variadic=True)}),
    ],
)
def test_declarations_that_cannot_hold_are_refused(names: dict[str, Type], functions: dict[str, Function]) -> None:
    with pytest.raises(ValueError, match=r"needs a|built in|variadic"):
        Environment(names, functions)
