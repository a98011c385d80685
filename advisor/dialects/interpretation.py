"""What the framework makes of one written value: the number behind `5e-7`, the word behind a switch, or why nobody can tell."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from advisor.configuration.catalogue import Declared, Value, fit, within
from advisor.dialects.table import Loader
from advisor.source.document import Atom, Node, Scalar, Sequence, Unresolved

DEFERRED = frozenset({"auto", "default", "???"})
"""Words by which frameworks leave a value to themselves or to a later override."""


class Reading(NamedTuple):
    """A value, or none: `unknown` then says why, and None with neither is an explicit null."""

    value: Value | None = None
    unknown: str | None = None
    trouble: Literal["type", "bounds", "notation", "quoted"] | None = None
    """What is wrong with how the value is written: of another type, impossible, read as text by YAML 1.1, a number in quotes."""


def interpret(node: Node, declared: Declared, loader: Loader) -> Reading:
    """Read a node as the declared value, the way the dialect's loader does."""
    if isinstance(node, Scalar):
        return _scalar(node, declared, loader)
    if isinstance(node, Unresolved):
        return Reading(unknown=node.reason)
    if isinstance(node, Sequence):
        return _sequence(node, declared, loader)
    return Reading(unknown="a section stands where a value belongs", trouble="type")


def _sequence(node: Sequence, declared: Declared, loader: Loader) -> Reading:
    items = [item.value for item in node.items if isinstance(item, Scalar)]
    if len(items) != len(node.items):
        return Reading(unknown="a list of other things than plain values")
    if declared.kind == "list":
        return Reading(tuple(items))
    if declared.kind == "text":
        # TRL takes several losses at once; the first is the objective, the others are terms beside it.
        return Reading(str(items[0])) if items else Reading()
    return Reading(unknown=f"a list stands where {article(declared.kind)} belongs", trouble="type")


def _scalar(node: Scalar, declared: Declared, loader: Loader) -> Reading:
    value: Atom = node.value
    if value is None:
        return Reading()
    if isinstance(value, str) and (value.strip().lower() in DEFERRED or "${" in value or value.startswith("{{")):
        return Reading(unknown=f"{value.strip()!r} is filled in later")
    if declared.kind == "list" and isinstance(value, str) and "," in value:
        return Reading(tuple(part.strip() for part in value.split(",") if part.strip()))
    if declared.kind in ("text", "list"):
        word = fit(declared, value if isinstance(value, str) else str(value).lower())
        if word is not None and not within(declared, word):
            # Frameworks have values of their own for most words; that ours has none for it says nothing about the file.
            return Reading(unknown=f"{word!r} is none of {declared.bounds}")
        return Reading(word)
    if isinstance(value, str):
        return _from_text(value, node, declared, loader)
    fitting = fit(declared, value)
    if fitting is None:
        return Reading(unknown=f"{node_text(value)} stands where {article(declared.kind)} belongs", trouble="type")
    if not within(declared, fitting):
        return _impossible(node, declared)
    differs = node.style == "plain" and isinstance(node.legacy, str)
    return Reading(fitting, trouble="notation" if differs and loader in ("casts", "floats", "keeps", "unknown") else None)


def _from_text(text: str, node: Scalar, declared: Declared, loader: Loader) -> Reading:
    """Text where a number or a switch belongs."""
    if text.strip().lower() in ("none", "null", ""):
        return Reading()
    if declared.kind == "boolean":
        word = text.strip().lower()
        if word in ("true", "yes", "on", "1"):
            return Reading(True)
        return Reading(False) if word in ("false", "no", "off", "0") else Reading(unknown=f"{text!r} is no switch", trouble="type")
    number = parsed_number(text)
    fitting = None if number is None else fit(declared, number)
    if fitting is None:
        return Reading(unknown=f"{text!r} stands where {article(declared.kind)} belongs", trouble="type")
    if not within(declared, fitting):
        return _impossible(node, declared)
    return Reading(fitting, trouble=None if loader in ("casts", "floats") else "quoted")


def _impossible(node: Scalar, declared: Declared) -> Reading:
    """A value that cannot be: nothing is worked out from it, so that there is one finding and not one for all that follows."""
    return Reading(unknown=f"{node_text(node.value)} is impossible for {article(declared.kind)} {declared.bounds}", trouble="bounds")


def parsed_number(text: str) -> int | float | None:
    """The number that a text holds, or None."""
    word = text.strip()
    if not re.fullmatch(r"[-+]?(\d[\d_]*\.?[\d_]*|\.\d+)([eE][-+]?\d+)?", word):
        return None
    number = float(word.replace("_", ""))
    return int(number) if number.is_integer() and "e" not in word.lower() and "." not in word else number


def article(kind: str) -> str:
    return {"integer": "a whole number", "boolean": "true or false", "number": "a number", "text": "a word"}.get(kind, kind)


def node_text(value: Atom) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
