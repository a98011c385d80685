"""From a framework's name to its table: which releases, which front end."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from . import spreadsheet
from .snapshot import Section, Snapshot
from .table import build
from .unfold import ordered
from .wheels import Wheel, download


class Framework(NamedTuple):
    """One entry of `frameworks.yaml`. `front` is the module of this package that reads the wheel."""

    name: str
    package: str
    licence: str
    front: str
    layout: dict[str, Any]
    versions: list[str]
    requires: tuple[str, ...] = ()
    source: str = "released wheels"

    @property
    def about(self) -> dict[str, Any]:
        return {"framework": self.name, "package": self.package, "licence": self.licence, "source": self.source}


def frameworks() -> dict[str, Framework]:
    loaded = yaml.load(Path(__file__).with_name("frameworks.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    return {name: Framework(name, **given) for name, given in loaded.items()}


def snapshot(framework: Framework, version: str, cache: Path) -> Snapshot:
    """What one release accepts. Downloads its wheel into `cache` where it is not there yet."""
    wheel = download(framework.package, version, cache)
    front = importlib.import_module(f".{framework.front}", __package__)
    sections: dict[str, Section] = front.sections(wheel, framework.layout)
    return Snapshot(version, sections, requirements(wheel, framework.requires))


def requirements(wheel: Wheel, names: Sequence[str]) -> dict[str, str]:
    return {name: asked for name in names if (asked := wheel.requires(name)) is not None}


def extracted(
    framework: Framework, cache: Path, versions: Sequence[str], kept: Sequence[Snapshot] = (), table: Path | None = None
) -> dict[str, Any]:
    """The key table of a framework.

    `versions` are read from released wheels. `kept` are releases known from the table as it was, of which those are taken that are not
    read again. `table` is a CSV file of releases that have no wheel (`spreadsheet.py`), put in before the others.
    """
    read = [snapshot(framework, version, cache) for version in versions]
    if table:
        read += spreadsheet.snapshots(table, framework.layout.get("section", ""), read[0] if read else None)
    names = {held.version for held in read}
    return build(ordered([*read, *(held for held in kept if held.version not in names)]), framework.about)
