"""Which settings file speaks for a file: the nearest one up the tree, and never one above the repository or the home directory."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

NAMES = ("rlhf-lint.toml", ".rlhf-lint.toml")
PYPROJECT = "pyproject.toml"
SECTION = "[tool.rlhf-lint"


def settings_file(path: str) -> str | None:
    """The settings file for a path (`-` is the working directory), or None."""
    # No Path object: this is asked for every file of a sweep. A link is judged where it stands.
    return _nearest(os.getcwd() if path == "-" else os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH109, PTH120


@cache
def _nearest(folder: str) -> str | None:
    here = Path(folder)
    for name in NAMES:
        if (here / name).is_file():
            return str(here / name)
    if _has_section(here / PYPROJECT):
        return str(here / PYPROJECT)
    if here.parent == here or (here / ".git").exists() or folder == os.path.expanduser("~"):  # noqa: PTH111
        return None
    return _nearest(str(here.parent))


def _has_section(path: Path) -> bool:
    try:
        return SECTION in path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
