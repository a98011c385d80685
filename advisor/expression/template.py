"""Message templates: text with fields, each an expression and the notation in which its value is written.

    "learning rate {optimizer.learning_rate:rate} is above {high:rate} for {model.parameters:size} parameters"

`{{` and `}}` stand for the braces themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from advisor.expression.environment import Environment
from advisor.expression.evaluation import evaluate
from advisor.expression.failure import ExpressionError
from advisor.expression.notation import KINDS, written
from advisor.expression.parsing import parse
from advisor.expression.steps import Functions, Lookup
from advisor.expression.tree import Expression, dump, load
from advisor.expression.value import Type

LONGEST: Final = 4000
MOST_FIELDS: Final = 40


@dataclass(frozen=True, slots=True)
class Field:
    """One `{expression:kind}` of a template; `kind` is one of `notation.KINDS`."""

    expression: Expression
    kind: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was checked: plain texts and fields in their order."""

    source: str
    parts: tuple[str | Field, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names that the fields speak of."""
        return frozenset().union(*[part.expression.names for part in self.parts if isinstance(part, Field)])


def parse_template(template: str, environment: Environment) -> Template:
    """Return the checked template, or raise ExpressionError with the column in `template`."""
    if len(template) > LONGEST:
        raise ExpressionError(f"the message is longer than {LONGEST} characters", LONGEST + 1, "say it in fewer words")
    parts = tuple(_parts(template, environment))
    if sum(isinstance(part, Field) for part in parts) > MOST_FIELDS:
        raise ExpressionError(f"the message has more than {MOST_FIELDS} fields", 1, "say it in fewer words")
    return Template(template, parts)


def render(template: Template, lookup: Lookup, functions: Functions | None = None) -> str:
    """Return the message for these facts; a field whose value is UNKNOWN reads `?`."""
    return "".join(
        part if isinstance(part, str) else written(evaluate(part.expression, lookup, functions), part.kind) for part in template.parts
    )


def dump_template(template: Template) -> list[Any]:
    """Return `[source, parts]`, made of what JSON holds; a part is a text or `[kind, expression]`."""
    return [template.source, [part if isinstance(part, str) else [part.kind, dump(part.expression)] for part in template.parts]]


def load_template(data: Any) -> Template:
    """Return the template that `dump_template` stored. Raises ExpressionError where the data is no such thing."""
    try:
        source, parts = data
        return Template(str(source), tuple(part if isinstance(part, str) else _loaded(*part) for part in parts))
    except (TypeError, ValueError):
        raise ExpressionError("a stored message is damaged", 1, "build the stored rules again from their packs") from None


def _loaded(kind: str, expression: Any) -> Field:
    if kind not in KINDS:
        raise ValueError(kind)
    return Field(load(expression), kind)


def _parts(template: str, environment: Environment) -> Iterator[str | Field]:
    plain = ""
    place = 0
    while place < len(template):
        character = template[place]
        if character in "{}" and template[place : place + 2] == 2 * character:
            plain += character
            place += 2
        elif character == "}":
            raise ExpressionError("`}` closes no field", place + 1, "write `}}` for the brace itself")
        elif character == "{":
            if plain:
                yield plain
            plain = ""
            colon, end = _extent(template, place)
            yield _field(template, place + 1, colon, end, environment)
            place = end + 1
        else:
            plain += character
            place += 1
    if plain:
        yield plain


def _extent(template: str, start: int) -> tuple[int, int]:
    """Where the expression of the field at `start` ends, and where the field does. Quoted colons and braces belong to the expression."""
    quote = ""
    colon = None
    for place in range(start + 1, len(template)):
        character = template[place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and colon is None:
            quote = character
        elif character == ":" and colon is None:
            colon = place
        elif character == "}":
            return place if colon is None else colon, place
    raise ExpressionError("`{` opens a field that is never closed", start + 1, "close it with `}`, or write `{{` for the brace itself")


def _field(template: str, start: int, colon: int, end: int, environment: Environment) -> Field:
    try:
        expression = parse(template[start:colon], environment)
    except ExpressionError as error:
        raise ExpressionError(error.message, start + error.column, error.hint) from None
    kind = template[colon + 1 : end].strip()
    if not kind:
        if colon < end:
            raise ExpressionError("the notation is missing after `:`", colon + 2, _known_kinds())
        kind = "number" if expression.type is Type.NUMBER else "text"
    if kind not in KINDS:
        raise ExpressionError(f"unknown notation `{kind[:40]}`", colon + 2, _known_kinds())
    if kind == "number" and expression.type is Type.BOOLEAN:
        kind = "text"
    if kind != "text" and expression.type is not Type.NUMBER:
        raise ExpressionError(f"a {expression.type.value} cannot be written as a {kind}", colon + 2, "leave the notation out")
    return Field(expression, kind)


def _known_kinds() -> str:
    return f"there are {', '.join(KINDS)}"
