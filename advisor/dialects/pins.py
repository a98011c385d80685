"""Which releases a project uses: pinned in a lock or requirements file beside the configuration or above it, else installed here.

Files are searched for `name == version` and never resolved. Nothing above the repository is looked at; without one, only the
configuration's own directory.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

LARGEST = 16 << 20
"""Bytes. A lock file of a large project has some megabytes."""
_NAME = r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]\n]*\])?[ \t]*===?[ \t]*(?P<version>\d[\w.!+]*)"
_EXACT = re.compile(rf"(?m)^[ \t]*-?[ \t]*[\"']?{_NAME}(?!\S*\*)")
_QUOTED = re.compile(rf"[\"']{_NAME}(?=[\s\"',;])")
_LOCKED = re.compile(r'(?m)^name = "(?P<name>[^"\n]+)"\s*\nversion = "(?P<version>[^"\n]+)"')
_PIPFILE = re.compile(r'"(?P<name>[A-Za-z0-9][\w.-]*)":\s*\{[^{}]*?"version":\s*"==(?P<version>[^"]+)"')
_CONDA = re.compile(r"(?m)^[ \t]*-[ \t]*(?P<name>[A-Za-z0-9][\w.-]*)==?(?P<version>\d[\w.]*)")
FILES = {
    "uv.lock": _LOCKED,
    "poetry.lock": _LOCKED,
    "pylock.toml": _LOCKED,
    "Pipfile.lock": _PIPFILE,
    "environment.yml": _CONDA,
    "environment.yaml": _CONDA,
    "pyproject.toml": _QUOTED,
    "setup.cfg": _EXACT,
}
"""File -> how it pins, the most exact first; requirements files come before pyproject.toml."""
_REQUIREMENTS = re.compile(r"(?:.*[-_.])?(?:requirements|constraints).*\.txt$")
_INSTALLED = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)\.dist-info$")


class Pin(NamedTuple):
    version: str
    source: str
    """Where it was found, in words."""


def releases(path: str, framework: str, others: Iterable[str]) -> Mapping[str, Pin]:
    """The releases of a framework and of the packages under it that a configuration's project uses; what nobody tells is left out.

    What is installed here counts only where the framework itself is: otherwise runs happen elsewhere.
    """
    names = dict.fromkeys((framework, *others))
    pinned = _pinned(str(Path(path).resolve().parent)) if path != "-" else {}
    found = {name: pinned[key] for name in names if (key := normal(name)) in pinned}
    installed = _installed(tuple(names)) if len(found) < len(names) else {}
    return {**installed, **found} if framework in installed else found


@cache
def _pinned(folder: str) -> Mapping[str, Pin]:
    """Of a directory and those above it within the repository; the nearest file that names a package counts."""
    here = Path(folder)
    folders = [here, *here.parents]
    top = next((index for index, parent in enumerate(folders) if (parent / ".git").exists()), 0)
    found: dict[str, Pin] = {}
    for parent in folders[: top + 1]:
        for file in _files(parent):
            for name, pin in _pins(file, Path(os.path.relpath(file, here)).as_posix()):
                found.setdefault(name, pin)
    return found


def _files(folder: Path) -> Iterator[Path]:
    try:
        there = sorted(os.listdir(folder))  # noqa: PTH208 - names alone, as cheap as can be
    except OSError:
        return
    locks = [name for name in FILES if name in there]
    requirements = [name for name in there if _REQUIREMENTS.match(name)]
    last = [name for name in locks if name in ("pyproject.toml", "setup.cfg")]
    yield from (folder / name for name in (*(name for name in locks if name not in last), *requirements, *last))


def _pins(file: Path, shown: str) -> Iterator[tuple[str, Pin]]:
    try:
        if file.stat().st_size > LARGEST:
            return
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for match in FILES.get(file.name, _EXACT).finditer(text):
        line = text.count("\n", 0, match.start("version")) + 1
        yield normal(match["name"]), Pin(match["version"], f"pinned in {shown}:{line}")


@cache
def _installed(names: tuple[str, ...]) -> Mapping[str, Pin]:
    """What stands beside this program: nothing in an environment of a hook's own."""
    wanted = {normal(name): name for name in names}
    found: dict[str, Pin] = {}
    for folder in sys.path:
        if not folder.endswith(("site-packages", "dist-packages")):
            continue
        try:
            entries = os.listdir(folder)  # noqa: PTH208
        except OSError:
            continue
        for entry in entries:
            match = _INSTALLED.match(entry)
            name = wanted.get(normal(match["name"])) if match else None
            if match and name is not None:
                found.setdefault(name, Pin(match["version"], "installed here"))
    return found


def normal(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
