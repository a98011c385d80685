"""Bounds that keep a hostile or broken file from costing more than a refusal."""

from __future__ import annotations

from advisor.errors import InputError

DEPTH = 100
"""Levels of nested values. Real configurations stay below ten; a reader that recursed without bound would crash."""

SHARED_NODES = 20_000
"""Values that YAML aliases and merge keys may add. Ten lines of aliases of aliases otherwise stand for billions."""


def too_deep(path: str, line: int, column: int) -> InputError:
    message = f"values are nested more than {DEPTH} levels deep; is this a configuration?"
    return InputError("too-large", message, path=path, line=line, column=column)
