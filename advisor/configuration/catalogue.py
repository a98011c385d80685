"""Every canonical name with its declaration, without the cost of Pydantic.

The Pydantic models of `methods.py` are the one source. Building them costs some 150 ms, more than all the rest of a lint, so their
declarations are exported to `schemas/canonical.json` (by `export.py`; a test holds the two together) and read from there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

from advisor.resources import data

Kind = Literal["number", "integer", "boolean", "text", "list"]
Value = bool | int | float | str | tuple[Any, ...]


class Declared(NamedTuple):
    """What is known of a canonical name before any file is read."""

    name: str
    kind: Kind
    title: str
    unit: str | None = None
    above: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None
    option: str | None = None
    """The command-line option that supplies the value where a file does not."""
    methods: tuple[str, ...] | None = None
    """Methods whose configuration holds the name; None: all."""

    @property
    def bounds(self) -> str:
        """The bounds in words, e.g. `above 0`, `0 to 1`; empty where there are none."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum:g} to {self.maximum:g}"
        if self.above is not None and self.maximum is not None:
            return f"above {self.above:g}, at most {self.maximum:g}"
        if self.above is not None:
            return f"above {self.above:g}"
        if self.minimum is not None:
            return f"at least {self.minimum:g}"
        return f"at most {self.maximum:g}" if self.maximum is not None else ""


@cache
def catalogue() -> Mapping[str, Declared]:
    """All canonical names, in the order of the contract."""
    stored = json.loads(data("schemas", "canonical.json").read_bytes())
    declared = {}
    for name, entry in stored.items():
        for field in ("choices", "methods"):
            if field in entry:
                entry[field] = tuple(entry[field])
        declared[name] = Declared(name=name, **entry)
    return declared


def numeric(value: object) -> float | None:
    """The number that a value is; a switch is none, though Python counts with it."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def fit(declared: Declared, value: object) -> Value | None:
    """The value as its declared type, or None where it is of another.

    Whole floats are integers (`4.0`), integers are numbers, 0 and 1 are switches, a single text is a list of one; a text is never taken
    for a number here, since what a loader makes of `"5e-7"` is the dialect's matter.
    """
    kind = declared.kind
    if kind == "boolean":
        # Command lines and loaders take 1 and 0 for a switch (`string_to_bool` of transformers, Pydantic, OmegaConf).
        return bool(value) if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)) else None
    if kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        if kind == "integer" and isinstance(value, float):
            return int(value) if math.isfinite(value) and value.is_integer() else None
        return value
    if kind == "text":
        return value if isinstance(value, str) else None
    if isinstance(value, (tuple, list)):
        return tuple(value)
    return (value,) if isinstance(value, str) else None


def within(declared: Declared, value: Value) -> bool:
    """Whether a value of the declared type lies within the bounds that hold by definition."""
    if declared.choices is not None:
        return value in declared.choices
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return True
    if not math.isfinite(value):
        return False
    return (
        (declared.above is None or value > declared.above)
        and (declared.minimum is None or value >= declared.minimum)
        and (declared.maximum is None or value <= declared.maximum)
    )
