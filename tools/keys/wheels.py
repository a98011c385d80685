"""Released packages as read-only sets of source files."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Collection, KeysView
from functools import cached_property
from pathlib import Path
from typing import Protocol

PYTHONS = ("3.12", "3.11", "3.10", "3.9")
"""Interpreters to ask for in turn: a few releases were built for one interpreter only, which matters not when nothing is run."""


class Sources(Protocol):
    """Text files by path."""

    @property
    def names(self) -> Collection[str]: ...

    def text(self, name: str) -> str: ...


class Wheel:
    """The text files of one wheel, read from the archive on demand and never imported."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = zipfile.ZipFile(path)

    @cached_property
    def _members(self) -> dict[str, str]:
        """Archive members by the path that they are installed to: some wheels keep their modules under `NAME.data/purelib/`."""
        return {re.sub(r"^[^/]+\.data/(purelib|platlib)/", "", name): name for name in self._archive.namelist()}

    @property
    def names(self) -> KeysView[str]:
        return self._members.keys()

    def text(self, name: str) -> str:
        return self._archive.read(self._members[name]).decode("utf-8", errors="replace")

    def requires(self, package: str) -> str | None:
        """The version specifier that the metadata gives for a package outside any extra; None where it is not asked for."""
        metadata = next(name for name in self.names if name.endswith(".dist-info/METADATA"))
        for line in self.text(metadata).splitlines():
            match = re.match(rf"Requires-Dist: {re.escape(package)}(?:\[[^]]*\])?\s*(?:\(([^)]*)\)|([^;(]*))$", line, re.IGNORECASE)
            if match:
                return re.sub(r"\s", "", match[1] or match[2] or "")
        return None


def download(package: str, version: str, cache: Path) -> Wheel:
    """The wheel of one release, from the cache or through pip; nothing of it is installed. Raises `LookupError` where there is none."""
    found = cached(package, version, cache)
    for python in PYTHONS if found is None else ():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version", python]
        subprocess.run([*command, "--dest", str(cache), f"{package}=={version}"], check=False, capture_output=True)
        found = cached(package, version, cache)
        if found:
            break
    if found is None:
        raise LookupError(f"{package} {version}: pip finds no wheel")
    return Wheel(found)


def cached(package: str, version: str, cache: Path) -> Path | None:
    stem = package.replace("-", "_")
    return next(iter(sorted(cache.glob(f"{stem}-{version}-*.whl"))), None)
