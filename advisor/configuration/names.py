"""The canonical names as the rule language types them, shared by dialect tables and rules."""

from __future__ import annotations

from functools import cache

from advisor.configuration.catalogue import catalogue
from advisor.expression import Type

KINDS = {"number": Type.NUMBER, "integer": Type.NUMBER, "boolean": Type.BOOLEAN, "text": Type.TEXT, "list": Type.LIST}

SOURCE_NAMES = ("source.dialect", "source.format", "source.loader", "source.framework")
"""What is known of the file itself."""


@cache
def methods() -> frozenset[str]:
    """The canonical names of training methods."""
    return frozenset(catalogue()["method"].choices or ())


@cache
def fact_types() -> dict[str, Type]:
    """Every canonical name, and what is known of the file, with its type in the rule language."""
    return {**{name: KINDS[declared.kind] for name, declared in catalogue().items()}, **dict.fromkeys(SOURCE_NAMES, Type.TEXT)}
