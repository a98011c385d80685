"""Refusals with their place, and the bounds that keep a hostile or broken file from costing more than a refusal."""

from __future__ import annotations

from advisor.errors import InputError, Kind

DEPTH = 100
"""Levels of nested values. Real configurations stay below ten; a reader that recursed without bound would crash."""

SHARED_NODES = 20_000
"""Values that YAML aliases and merge keys may add. Ten lines of aliases of aliases otherwise stand for billions."""


def refusal(path: str, text: str, offset: int, message: str, kind: Kind = "syntax") -> InputError:
    """An error at an offset of a text, in code points."""
    start = text.rfind("\n", 0, offset) + 1
    return InputError(kind, message, path=path, line=text.count("\n", 0, offset) + 1, column=offset - start + 1)


def too_deep(path: str, line: int, column: int) -> InputError:
    message = f"values are nested more than {DEPTH} levels deep; is this a configuration?"
    return InputError("too-large", message, path=path, line=line, column=column)


def too_deep_at(path: str, text: str, offset: int) -> InputError:
    place = refusal(path, text, offset, "")
    return too_deep(path, place.line or 1, place.column or 1)
