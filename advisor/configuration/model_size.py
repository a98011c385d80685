"""The number of parameters that a model's name tells: `Qwen/Qwen2.5-7B-Instruct`, `gpt2-xl`, `Mixtral-8x7B`."""

from __future__ import annotations

import re

from advisor.resources import data, load_yaml

SIZE = re.compile(r"(?<![a-z0-9.])(?:(?P<experts>\d+)x)?(?P<number>0_\d|\d+(?:\.\d+)?)(?P<unit>[bm])(?![a-z0-9])", re.IGNORECASE)
"""A size in a name, e.g. `7B`, `360M`, `1.5b`, `0_5b`, `8x7B`. `A3B` (active parameters) does not match: a letter precedes the number.
An underscore is a point only after 0: `llama3_1_8b` is release 3.1 of 8B."""


def parameters_from_name(name: str) -> float | None:
    """Total parameters, or None where the name does not tell.

    The last part of a path counts first, since folders are often named after another model. A mixture of experts written as
    `8x7B` shares its attention, so the product overstates it; names in `schemas/model_sizes.yaml` come before the pattern.
    """
    known = load_yaml(data("schemas", "model_sizes.yaml"))
    for part in reversed([part for part in re.split(r"[\\/]", name) if part]):
        lowered = part.lower()
        exact = next((size for word, size in known.items() if re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", lowered)), None)
        if exact is not None:
            return float(exact)
        match = SIZE.search(lowered)
        if match is not None:
            size = float(match["number"].replace("_", ".")) * (1e9 if match["unit"] == "b" else 1e6)
            return size * int(match["experts"] or 1)
    return None
