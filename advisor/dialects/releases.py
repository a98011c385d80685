"""Versions of one framework in order, and what changed in which of them."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from typing import Any

from advisor.errors import InputError

_COMPARED = re.compile(r"(==|!=|<=|>=|<|>|~=)([^,]+)")
_VERSION = re.compile(r"v?\d+(\.\d+)*([-._]?(post|rc|dev|a|b|alpha|beta)[-._]?\d*)*(\+.*)?$|main\b.*", re.IGNORECASE)


def parsed(version: str) -> tuple[int, ...]:
    """A version as numbers that compare; `1.16` equals `1.16.0`, a pre-release its release, and `main...` is newer than all.

    Raises `InputError` where the text is no version.
    """
    if not _VERSION.match(version):
        raise InputError("usage", f"{version!r} is no version; write it like 1.16.0")
    if version.startswith("main"):
        return (10**9,)
    release = re.split(r"(?:[-._]?(?:rc|dev|alpha|beta|a|b)[-._]?\d*|\+)", version, maxsplit=1, flags=re.IGNORECASE)[0]
    numbers = [int(number) for number in re.findall(r"\d+", release)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


class Releases:
    """The releases that a table was made from, oldest first. One between two of them counts as the earlier one."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._index = {name: index for index, name in enumerate(names)}

    def position(self, version: str | None) -> int:
        """Index of a release: the last one not newer than `version`, the newest for None, the oldest for anything before it."""
        if version is None:
            return len(self.names) - 1
        found = self._index.get(version)
        if found is None:
            found = bisect.bisect_right([parsed(name) for name in self.names], parsed(version)) - 1
        return max(found, 0)

    def newest(self, asked: str | None) -> str:
        """The newest release that meets a requirement such as `>=4.46.0,<4.47.0`; the newest of all where none does."""
        return next((name for name in reversed(self.names) if meets(name, asked or "")), self.names[-1])

    def life(self, entry: dict[str, Any]) -> tuple[int, int]:
        """Indices of the first release that has a key or section, and of the first later one that has not."""
        until = entry.get("until")
        since = entry.get("since")
        return (self._index[since] if since else 0), (self._index[until] if until else len(self.names))

    def has(self, entry: dict[str, Any], position: int) -> bool:
        since, until = self.life(entry)
        gaps = entry.get("gaps", ())
        return since <= position < until and not any(self._index[low] <= position < self._index[high] for low, high in gaps)

    def within(self, interval: Sequence[str | None] | None, position: int) -> bool:
        """Whether a release lies in [since] or [since, until]; a `since` of None is the beginning. Nothing lies in no interval."""
        if not interval:
            return False
        begun = interval[0] is None or self.position(interval[0]) <= position
        return begun and (len(interval) < 2 or interval[1] is None or position < self.position(interval[1]))

    def at(self, changes: Sequence[Sequence[Any]], position: int) -> Sequence[Any]:
        """The change that holds in a release; the first of a history has no version, it holds from the beginning on."""
        held = changes[0]
        for change in changes[1:]:
            if self._index[change[0]] <= position:
                held = change
        return held


def meets(version: str, asked: str) -> bool:
    """Whether a version satisfies a requirement of comparisons joined by commas; an empty one is met by all."""
    mine = parsed(version)
    for operator, bound in _COMPARED.findall(asked):
        other = parsed(bound.strip().removesuffix(".*"))
        holds = {"==": mine == other, "!=": mine != other, "<": mine < other, ">": mine > other, "<=": mine <= other, ">=": mine >= other}
        if not holds.get(operator, mine >= other):
            return False
    return True
