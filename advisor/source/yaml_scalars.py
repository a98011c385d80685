"""What a YAML scalar means, by the YAML 1.2 core schema and by YAML 1.1 as PyYAML reads it. The two differ on `5e-7`, `yes` and `017`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from advisor.source.document import Atom

_NULL = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_CORE_WORDS: dict[str, Atom] = {**_NULL, **_BOOL}
_LEGACY_WORDS: dict[str, Atom] = {
    **_CORE_WORDS,
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), False),
}
_INFINITY = r"(?P<infinity>[-+]?\.(?:inf|Inf|INF))|(?P<nan>\.(?:nan|NaN|NAN))"
_CORE = re.compile(
    r"(?P<decimal>[-+]?[0-9]+(?:_[0-9]+)*)"
    r"|(?P<octal>0o[0-7]+)|(?P<hex>0x[0-9a-fA-F]+)"
    r"|(?P<real>[-+]?(?:\.[0-9]+|[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    rf"|{_INFINITY}"
)
_LEGACY = re.compile(
    r"(?P<binary>[-+]?0b[01_]+)|(?P<octal>[-+]?0[0-7_]+)|(?P<decimal>[-+]?(?:0|[1-9][0-9_]*))|(?P<hex>[-+]?0x[0-9a-fA-F_]+)"
    r"|(?P<sexagesimal>[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)"
    r"|(?P<real>[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)"
    r"|(?P<sexagesimal_real>[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)"
    rf"|{_INFINITY}"
)
_NUMERIC_START = frozenset("0123456789+-.")
_NUMBER_LENGTH = 400
"""Longer digit strings name no setting, and Python refuses to convert them above 4300."""


@lru_cache(4096)
def plain(text: str) -> tuple[Atom, Atom]:
    """The values of a plain scalar: by YAML 1.2, and by YAML 1.1. Dates stay text."""
    if text[:1] in _NUMERIC_START and text:
        if len(text) > _NUMBER_LENGTH:
            return text, text
        return _number(text, _CORE), _number(text, _LEGACY)
    return _CORE_WORDS.get(text, text), _LEGACY_WORDS.get(text, text)


def tagged(text: str, tag: str) -> Atom:
    """The value of a scalar with one of YAML's own tags. Raises ValueError where the text does not fit, KeyError for any other tag."""
    return _TAGS[tag](text)


def _number(text: str, pattern: re.Pattern[str]) -> Atom:
    match = pattern.fullmatch(text)
    if match is None:
        return text
    try:
        return _CONVERSIONS[str(match.lastgroup)](text.replace("_", ""))
    except ValueError:
        return text


def _radix(base: int) -> Callable[[str], int]:
    return lambda text: int(text, base)


def _octal(text: str) -> int:
    return int(text.replace("o", ""), 8)


def _infinity(text: str) -> float:
    return float(text.replace(".", ""))


def _sexagesimal(text: str) -> int:
    total = 0
    for part in text.lstrip("+-").split(":"):
        total = total * 60 + int(part)
    return -total if text[0] == "-" else total


def _sexagesimal_real(text: str) -> float:
    total = 0.0
    for part in text.lstrip("+-").split(":"):
        total = total * 60 + float(part)
    return -total if text[0] == "-" else total


_CONVERSIONS: dict[str, Callable[[str], Atom]] = {
    "decimal": int,
    "binary": _radix(2),
    "octal": _octal,
    "hex": _radix(16),
    "real": float,
    "infinity": _infinity,
    "nan": _infinity,
    "sexagesimal": _sexagesimal,
    "sexagesimal_real": _sexagesimal_real,
}


def _tagged_bool(text: str) -> bool:
    value = _LEGACY_WORDS.get(text.lower())
    if not isinstance(value, bool):
        raise ValueError(text)
    return value


def _tagged_int(text: str) -> int:
    value = _number(text, _LEGACY)
    if not isinstance(value, int):
        value = _number(text, _CORE)
    if not isinstance(value, int):
        raise ValueError(text)
    return value


def _tagged_float(text: str) -> float:
    value = _number(text, _LEGACY)
    if not isinstance(value, (int, float)):
        value = _number(text, _CORE)
    if not isinstance(value, (int, float)):
        raise ValueError(text)
    return float(value)


def _tagged_null(text: str) -> None:
    return None


_TAGS: dict[str, Callable[[str], Atom]] = {
    "!": str,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": _tagged_int,
    "tag:yaml.org,2002:float": _tagged_float,
    "tag:yaml.org,2002:bool": _tagged_bool,
    "tag:yaml.org,2002:null": _tagged_null,
}
