"""The number of parameters that a model's name tells: `Qwen/Qwen2.5-7B-Instruct`, `gpt2-xl`, `Mixtral-8x7B`."""

from __future__ import annotations

import re
from functools import cache

from advisor.resources import data, load_yaml

SIZE = re.compile(r"(?<![a-z0-9.])(?:(?P<experts>\d+)x)?(?P<number>0_\d|\d+(?:\.\d+)?)(?P<unit>[bm])(?![a-z0-9])", re.IGNORECASE)
"""A size in a name, e.g. `7B`, `360M`, `1.5b`, `0_5b`, `8x7B`. `A3B` (active parameters) does not match: a letter precedes the number.
An underscore is a point only after 0: `llama3_1_8b` is release 3.1 of 8B."""

UNITS = {"b": 1e9, "m": 1e6}


def parameters_from_name(name: str) -> float | None:
    """Total parameters, or None where the name does not tell.

    The last part of a path counts first, since folders are often named after another model. A mixture of experts written as
    `8x7B` shares its attention, so the product overstates it; names in `schemas/model_sizes.yaml` come before the pattern.
    """
    for part in reversed([part for part in re.split(r"[\\/]", name.lower()) if part]):
        named = _named().search(part)
        if named is not None:
            return _sizes()[named[0]]
        match = SIZE.search(part)
        if match is not None:
            return float(match["number"].replace("_", ".")) * UNITS[match["unit"]] * int(match["experts"] or 1)
    return None


@cache
def _sizes() -> dict[str, float]:
    known = load_yaml(data("schemas", "model_sizes.yaml"))
    return {str(name): float(size) for name, size in known.items()}


@cache
def _named() -> re.Pattern[str]:
    """The names of the table as whole words, longer ones before those that they begin with."""
    names = sorted(_sizes(), key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, names))})(?![a-z0-9])")
