"""Where the data files are: inside the installed package, or beside it in a plain checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
MARK = "rlhf-lint-data"
"""A file of this name stands in each data folder, so that an unrelated folder beside the package is never taken for it."""


def data(*parts: str) -> Path:
    """The path of a data file or folder, e.g. `data("schemas", "keys", "trl.json")`.

    Raises `FileNotFoundError` where the top folder is missing; whether the file is there is not looked at.
    """
    return _root(parts[0]).joinpath(*parts[1:])


@cache
def _root(folder: str) -> Path:
    for root in (PACKAGE / "_data" / folder, PACKAGE.parent / folder):
        if (root / MARK).is_file():
            return root
    raise FileNotFoundError(f"the data folder {folder!r} is not installed with {PACKAGE}")
