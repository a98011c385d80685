"""The data files that the estimate rests on: `schemas/` beside the package in a checkout, inside it when installed."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent


def table_path(name: str) -> Path:
    """Where the data file `name` of `schemas/` lies. Raises FileNotFoundError for a broken installation."""
    for folder in (_PACKAGE / "_data" / "schemas", _PACKAGE.parent / "schemas"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"the data file schemas/{name} is missing from this installation")


@lru_cache(maxsize=8)
def mapping(name: str) -> dict[str, Any]:
    """A YAML data file as a mapping; read once."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with table_path(name).open(encoding="utf-8") as file:
        loaded = yaml.load(file, Loader=loader)
    assert isinstance(loaded, dict)
    return loaded


@lru_cache(maxsize=4)
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV data file; lines that begin with # are comments."""
    with table_path(name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(line for line in file if not line.startswith("#")))
