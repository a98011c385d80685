"""Plain data of dictionaries, lists and values: edited copies, and a comparison that takes `1` and `True` apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Step = Any
"""A key of a dictionary or an index of a list."""


def with_value(data: Any, path: Sequence[Step], value: Any) -> Any:
    """A copy with another value at the path; what is not on the path is shared, so that aliased data changes in one place only."""
    if not path:
        return value
    copy = _copy(data)
    step = path[0]
    copy[step] = with_value(copy.get(step) if isinstance(copy, dict) and len(path) == 1 else copy[step], path[1:], value)
    return copy


def without(data: Any, path: Sequence[Step]) -> Any:
    """A copy without the entry at the path."""
    copy = _copy(data)
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = without(copy[path[0]], path[1:])
    return copy


def with_key(data: Any, path: Sequence[Step], key: Step) -> Any:
    """A copy in which the last key of the path is another one."""
    copy = _copy(data)
    if len(path) == 1:
        copy[key] = copy.pop(path[0])
    else:
        copy[path[0]] = with_key(copy[path[0]], path[1:], key)
    return copy


def same(one: Any, other: Any) -> bool:
    """Equal in value and kind. An integer equals a float of the same value; NaN equals NaN."""
    return _same(one, other, set())


def _same(one: Any, other: Any, seen: set[tuple[int, int]]) -> bool:
    if isinstance(one, (dict, list, tuple)):
        if type(one) is not type(other) or len(one) != len(other):
            return False
        pair = (id(one), id(other))
        if pair in seen:
            return True
        seen.add(pair)
        if isinstance(one, dict):
            return all(key in other and _same(value, other[key], seen) for key, value in one.items())
        return all(_same(left, right, seen) for left, right in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or (one != one and other != other)
    return type(one) is type(other) and bool(one == other)


def _copy(data: Any) -> Any:
    return dict(data) if isinstance(data, dict) else list(data)
