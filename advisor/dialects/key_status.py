"""What can be said of a key in a release of a framework."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple


class Release(NamedTuple):
    """A version of a framework; not always the one asked about: a key of a TRL file may be gone since a release of transformers."""

    framework: str
    version: str


class Change(NamedTuple):
    """What a person wrote down of a change (`schemas/keys/overlay/`).

    `new` is the key, or for `value` the value, to write instead; `safe` says that it means the same. `values` pairs old values with new
    ones where the value changes with the name: a value that is not listed has no safe counterpart. `instead` is the nearest key of
    another meaning. `drop` says that deleting the key leaves the training as it is; `relied`, that runs differ by this default.
    """

    kind: Literal["renamed", "removed", "moved", "deprecated", "value", "default", "meaning"]
    key: str
    new: Any = None
    safe: bool = False
    values: tuple[tuple[Any, Any], ...] = ()
    value: Any = None
    instead: str | None = None
    drop: bool = False
    relied: bool = False
    version: str | None = None
    note: str | None = None
    source: str | None = None


class Known(NamedTuple):
    """The key is there. `since` is None where the oldest release known has it; `plugin` names what must be switched on for it.

    `free` marks a name inside a mapping that takes any: nothing is known of it.
    """

    since: Release | None = None
    plugin: str | None = None
    free: bool = False


class Deprecated(NamedTuple):
    """The key is there, and the framework warns of it since a release."""

    since: Release
    change: Change | None


class Removed(NamedTuple):
    """The key was there up to `last` and is not since `since`; no key of the same meaning is there instead."""

    since: Release
    last: str
    change: Change | None


class Renamed(NamedTuple):
    """The key was there up to `last`; since `since` its meaning is that of `change.new`, which the release has."""

    since: Release
    last: str
    change: Change


class NotYet(NamedTuple):
    """The key comes with a later release."""

    since: Release


class UnknownKey(NamedTuple):
    """No release has such a key here. `elsewhere` are sections that have it in this one; `KeyTable.alike` says what is spelt like it."""

    elsewhere: tuple[str, ...]


Status = Known | Deprecated | Removed | Renamed | NotYet | UnknownKey


class Default(NamedTuple):
    """What a key is worth when it is left out.

    `kind`: `value`; `required`, it may not be left out; `computed`, it depends on the machine or on other keys; `group`, it holds other
    keys; `unset`, a mark that a deprecated key was not given.
    """

    value: Any
    kind: Literal["value", "required", "computed", "group", "unset"]


class DefaultChange(NamedTuple):
    """A key that is worth something else since a release when it is left out."""

    key: str
    since: Release
    old: Default
    new: Default
    note: str | None = None


class Derived(NamedTuple):
    """How the framework works a value out when the key is left at `given`: an expression in its own keys."""

    value: str
    given: Any
    note: str | None
    source: str | None


class Choices(NamedTuple):
    """The values that a key takes. `checked` says when the framework finds out: `parse`, `start` after the model is loaded, `step` in
    the first training step, `never`. `outdated` are values that it takes with a warning."""

    values: tuple[Any, ...]
    checked: Literal["parse", "start", "step", "never"]
    outdated: tuple[Any, ...] = ()


class Range(NamedTuple):
    """Oldest and newest release, both included."""

    oldest: str
    newest: str
