"""Which files a call means: named files as they are, directories searched for configurations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SUFFIXES = (".yaml", ".yml", ".json", ".toml", ".py", ".sh")
PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv", "site-packages", "build", "dist"})
"""Directories that hold nobody's own configurations; hidden ones are passed over too."""


class Target(NamedTuple):
    path: str
    named: bool
    """Named on the command line; a file found in a directory may be something else than a configuration."""


def targets(paths: Sequence[str]) -> Iterator[Target]:
    """The files of a call, directories in a stable order."""
    for path in paths:
        if path != "-" and os.path.isdir(path):  # noqa: PTH112 - asked for every file of a sweep
            for found in _found(path):
                yield Target(found, False)
        else:
            yield Target(path, True)


def _found(directory: str) -> Iterator[str]:
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in PASSED_OVER)
        yield from (os.path.join(folder, name) for name in sorted(files) if name.endswith(SUFFIXES) and not name.startswith("."))  # noqa: PTH118
