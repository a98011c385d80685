"""What the framework's releases say of a file's keys: misspelt, removed, renamed, with a value that no release takes.

With a known version these are certain. Without one a file is dated by its keys: what is gone from the newest release is one remark, and
nothing is called broken for being old, and what it leaves to defaults that differ between the possible releases is another.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from advisor.configuration.fact import Place
from advisor.dialects.key_status import Change, Default, DefaultChange, NotYet, Range, Release, Removed, Renamed, UnknownKey
from advisor.dialects.keys import KeyTable
from advisor.dialects.releases import parsed
from advisor.expression.notation import text
from advisor.source.document import Scalar, Sequence

NEAR_KEY = 0.88
NEAR_VALUE = 0.75
"""Similarity (difflib's ratio) from which an unknown word counts as a misspelling of a known one: `learning_rte` is 0.96 from
`learning_rate`, `lora_rank` 0.84 from `local_rank`; values are few, so that `dpao` (0.75) can only be `dapo`."""
_NAMED = 6
"""Keys, classes or values named in one remark."""
_LOOKED_INTO = 200
"""Unknown keys of a file of which it is asked what they are spelt like; a file with more of them is another program's."""
_UNSTATED = {"required": "required", "computed": "worked out", "group": "a group"}


class KeyRemark(NamedTuple):
    """One thing to say of a key: the kind of observation, and its words."""

    kind: str
    place: Place | None
    details: Mapping[str, str]


def remarks(
    table: KeyTable, section: str, places: Mapping[str, Place], versions: Mapping[str, str], known: frozenset[str]
) -> Iterator[KeyRemark]:
    """Remarks on a run's keys. `places` are by the framework's own key; `known` are keys of other programs that read the same file."""
    given = {name: version for name, version in versions.items() if name} or None
    # A release that is known has all its keys and values in the table; one that is not may have others.
    sure = table.framework in versions
    old: list[tuple[Removed | Renamed, Place]] = []
    nowhere: list[tuple[str, UnknownKey]] = []
    for key, place in places.items():
        status = table.status(section, key, given)
        if isinstance(status, UnknownKey):
            nowhere.append((key, status))
        elif isinstance(status, (Removed, Renamed)):
            if status.since.framework in versions:
                yield _gone(status, place)
            else:
                old.append((status, place))
        elif isinstance(status, NotYet) and status.since.framework in versions:
            yield KeyRemark("not-yet-key", place, {"since": _release(status.since)})
        else:
            yield from _value(table, section, key, given, place, sure)
    unknown = {key: status for key, status in nowhere if key not in known}
    near = {key: table.alike(section, key, given) for key in list(unknown)[:_LOOKED_INTO]}
    yield from _undeclared(unknown, near, places, table.unknown_keys(given) or "", sure)
    left = [change for change in table.defaults_relied_on(section) if change.key not in places and change.since.framework not in versions]
    dated = table.versions_for(section, places) or {} if left or old else {}
    relied = [change for change in left if _within(change.since, dated.get(change.since.framework))]
    if relied:
        yield KeyRemark("default-changed", None, {"reason": "; ".join(_either(change) for change in relied)})
    if old:
        span = ", ".join(f"{name} {releases.oldest} to {releases.newest}" for name, releases in dated.items())
        for status, place in old:
            gone = _gone(status, place)
            yield gone._replace(kind="dated", details={**gone.details, "since": span or "no single release"})


def _within(since: Release, possible: Range | None) -> bool:
    """Whether a change lies between the releases that have all the file's keys."""
    return possible is None or parsed(possible.oldest) < parsed(since.version) <= parsed(possible.newest)


def _either(change: DefaultChange) -> str:
    since = f"unset ({change.note})" if change.new.value is None and change.note else _worth(change.new)
    return f"{change.key} is {_worth(change.old)} before {_release(change.since)} and {since} since"


def _worth(default: Default) -> str:
    return text(default.value) if default.kind == "value" and default.value is not None else _UNSTATED.get(default.kind, "unset")


def _undeclared(
    keys: Mapping[str, UnknownKey], near: Mapping[str, tuple[str, ...]], places: Mapping[str, Place], handling: str, sure: bool
) -> Iterator[KeyRemark]:
    """Keys that no release has here: spelt like another, or, where the release is known, those of other runs and the rest in one remark."""
    rest: list[str] = []
    for key, status in keys.items():
        place = places[key]
        if _misspelt(key, near.get(key, ())):
            yield KeyRemark("unknown-key", place, {"suggestion": near[key][0], "reason": handling})
        elif sure and handling in ("error", "ignored"):
            if status.elsewhere:
                yield KeyRemark("foreign-key", place, {"reason": _listed(status.elsewhere)})
            else:
                rest.append(key)
    if rest:
        yield KeyRemark("undeclared-keys", None, {"reason": _listed(rest)})


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:_NAMED]) + (" ..." if len(shown) > _NAMED else "")


def _misspelt(key: str, suggestions: tuple[str, ...]) -> bool:
    return bool(suggestions) and difflib.SequenceMatcher(None, key, suggestions[0]).ratio() >= NEAR_KEY


def _gone(status: Removed | Renamed, place: Place) -> KeyRemark:
    details = {"version": _release(status.since), "since": status.last, **_advice(status.change)}
    return KeyRemark("renamed-key" if isinstance(status, Renamed) else "removed-key", place, details)


def _advice(change: Change | None) -> dict[str, str]:
    if change is None:
        return {}
    advice = {"reason": change.note} if change.note else {}
    if isinstance(change.new, str):
        advice["replacement"] = change.new.rpartition(".")[2]
    if change.instead:
        advice["suggestion"] = change.instead
    # A rename whose values change with the name is no rename of the key alone.
    return {**advice, "safe": "yes" if change.safe and not change.values else "no"}


def _value(table: KeyTable, section: str, key: str, given: Mapping[str, str] | None, place: Place, sure: bool) -> Iterator[KeyRemark]:
    """A value of a kind that the key does not take, or a word that is none of its values but nearly one; with `sure`, any other word."""
    choices = table.choices(section, key, given)
    if choices is None:
        yield from _kind(table, section, key, given, place)
        return
    taken = [str(value) for value in (*choices.values, *choices.outdated)]
    items = place.node.items if isinstance(place.node, Sequence) else (place.node,)
    for item in items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str) or "${" in item.value:
            continue
        if choices.checked == "parse" and item.value == "no" in taken and item.legacy is False:
            yield KeyRemark("switch-word", place, {"written": item.value})
        elif item.value not in taken:
            yield from _word(item.value, taken, choices.checked, _renamed(table, section, key, item.value), place, sure)


def _renamed(table: KeyTable, section: str, key: str, value: object) -> Change | None:
    """What a person wrote down of a value that has another name in later releases."""
    return next((change for change in table.changes(section, key) if change.kind == "value" and change.value == value), None)


def _word(word: str, taken: list[str], checked: str, change: Change | None, place: Place, sure: bool) -> Iterator[KeyRemark]:
    near = difflib.get_close_matches(word, taken, 1, NEAR_VALUE)
    if change is not None and change.version is not None:
        if sure:
            yield KeyRemark("renamed-value", place, {"written": word, "version": change.version, "replacement": str(change.new)})
    # A longer or shorter word may be a value of a release that the table does not know.
    elif near and (sure or (word not in near[0] and near[0] not in word)):
        yield KeyRemark("choice", place, {"written": word, "reason": checked, "suggestion": near[0]})
    elif sure:
        yield KeyRemark("choice", place, {"written": word, "reason": checked, "taken": _listed(taken)})


def _kind(table: KeyTable, section: str, key: str, given: Mapping[str, str] | None, place: Place) -> Iterator[KeyRemark]:
    """A number with a point where the framework declares a whole one, or nothing where it declares something."""
    node = place.node
    if not isinstance(node, Scalar):
        return
    whole = isinstance(node.value, float) and node.value.is_integer()
    if not whole and (node.value is not None or _renamed(table, section, key, None) is not None):
        return
    declared = table.type(section, key, given)
    written = place.document.text[node.span.start : node.span.end]
    if whole and declared in ("int", "int | None"):
        yield KeyRemark("fraction", place, {"written": written, "expected": declared})
    elif not whole and declared in ("int", "float"):
        yield KeyRemark("nothing", place, {"written": written or "an empty value", "expected": declared})


def _release(release: Release) -> str:
    return f"{release.framework} {release.version}"
