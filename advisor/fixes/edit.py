"""What travels through a fix: the edits that are wanted, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from advisor.source.document import Atom, Span

Operation = Literal["set", "insert", "rename", "delete"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One wanted change, in the file's own terms."""

    op: Operation
    key: str
    """The native dotted key as in `Document.values`; for `insert` the key to create."""
    value: Atom | tuple[Atom, ...] = None
    """What `set` and `insert` write. With `rename`, None leaves the value as it is."""
    new_key: str | None = None
    """`rename`: the last part of the key afterwards."""
    because: str = ""
    """Goes into the comment: "low for 1B in 900 steps"."""
    rule: str = ""
    """Goes into the comment in brackets, by which the comment is recognised as ours: "LRN102"."""
    beside: str | None = None
    """`insert`: key of the sibling after which the line goes; None for the last sibling of the parent mapping."""


class Applied(NamedTuple):
    """An edit whose wish the new text fulfils; `changed` is False where the old text already did."""

    edit: Edit
    old: str | None
    """The value as it was written; None where there was none."""
    new: str | None
    """The value as it is written now; None after `delete`."""
    changed: bool
    also: tuple[str, ...] = ()
    """Further keys that have the new value now, as the same variable feeds them."""


class Refused(NamedTuple):
    """An edit that is left to the person who wrote the file, and why, in words for them."""

    edit: Edit
    reason: str


class Change(NamedTuple):
    """A replacement in the old text. An empty span inserts."""

    span: Span
    text: str
    part: Literal["value", "key", "comma", "comment", "line"]


@dataclass(frozen=True, slots=True)
class Spliced:
    text: str
    applied: tuple[Applied, ...]
    refused: tuple[Refused, ...]
    changes: tuple[Change, ...]
    """Every replacement made in the old text, ascending and without overlap: outside them both texts are equal."""


class Refusal(Exception):  # noqa: N818 - an answer, not an error: it never leaves this package
    """Says why an edit cannot be made, in words that follow the key's name."""


class UnsoundEdit(Exception):  # noqa: N818 - named for what happened
    """The spliced text does not read back as intended: a defect of this program. Nothing may be written."""
