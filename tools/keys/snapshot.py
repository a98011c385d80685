"""What one release of a framework accepts: sections of key paths, each with type, default and allowed values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class Field:
    """One key in one release.

    `state` tells what stands in `default`: a value; nothing, because one must be given (`required`), because it is computed at run
    time, or because the key is a `group` of others.
    `outdated` holds values of the key that the release still takes but warns about; `outdated_key` says so of the key itself.
    """

    type: str
    default: Json = None
    state: Literal["value", "required", "computed", "group"] = "value"
    choices: tuple[Json, ...] | None = None
    outdated_key: bool = False
    outdated: tuple[Json, ...] = ()
    plugin: str | None = None


@dataclass(frozen=True)
class Section:
    """One place where keys may stand: a configuration class, a recipe, a command. Paths are dotted; `[]` marks a list, `*` any name."""

    fields: dict[str, Field]
    bases: tuple[str, ...] = ()
    """Sections whose keys are taken too: a name of the same table, or `framework:name`."""
    module: str | None = None
    """The package that a class is imported from, as `trl.trainer`."""


@dataclass(frozen=True)
class Snapshot:
    """One release: its sections, and the versions of other frameworks that it asks for."""

    version: str
    sections: dict[str, Section]
    requires: dict[str, str] = field(default_factory=dict)
