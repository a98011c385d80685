"""Framework versions: comparing them, and finding the one that a configuration is written for."""

from __future__ import annotations

import re

PRERELEASES = {"dev": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "rc": 3}
RELEASE = (2, 0)


def ordinal(version: str) -> tuple[tuple[int, int], ...]:
    """A version as numbers that sort; `dev`, `a`, `b` and `rc` come before the release that they lead to, `post` after it."""
    parts = [_part(word) for word in re.findall(r"\d+|[a-z]+", version.lower().split("+")[0])]
    while parts and parts[-1] == RELEASE:
        parts.pop()
    return tuple(parts)


def _part(word: str) -> tuple[int, int]:
    if word.isdigit():
        return (2, int(word))
    return (3, 0) if word == "post" else (1, PRERELEASES.get(word, 0))


def compare(one: str, other: str) -> int:
    """-1, 0 or 1 as the first version is older than, the same as, or newer than the second."""
    first, second = ordinal(one), ordinal(other)
    length = max(len(first), len(second))
    a = first + (RELEASE,) * (length - len(first))
    b = second + (RELEASE,) * (length - len(second))
    return (a > b) - (a < b)


def release_of(version: str) -> str:
    """The release that a version leads to: `0.15.0.dev0` has what 0.15.0 has."""
    return re.split(r"\.?(?:dev|a|alpha|b|beta|rc)\d*", version, maxsplit=1)[0]
