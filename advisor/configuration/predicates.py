"""The words in which tables and rules speak of a file: which keys it has, what stands there, what it calls and how it is named.

They are functions of the rule language (`advisor.expression`), so recognising a dialect, choosing a method, reading a key and judging
a combination of keys that has no canonical name use the same predicates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial

from advisor.configuration.names import fact_types
from advisor.configuration.native import Native
from advisor.configuration.version import compare, release_of
from advisor.expression import UNKNOWN, Environment, Function, Result, Type
from advisor.source.document import Scalar, Sequence, Unresolved


@cache
def environment() -> Environment:
    """What dialect tables may use: these predicates, the canonical facts read so far, and `value`, the native value at hand."""
    return Environment(names={**fact_types(), "value": Type.NUMBER}, functions=signatures())


def signatures() -> Mapping[str, Function]:
    """The predicates of no run, for what they take and give."""
    bound = Predicates()
    return {name: bound[name] for name in PREDICATES}


class Predicates(dict[str, Function]):
    """The predicates over one run's keys, each made when it is first called: a run needs few of them."""

    def __init__(self, native: Native | None = None, versions: Mapping[str, str] | None = None) -> None:
        self._native = native if native is not None else Native({}, ())
        self._versions = versions or {}

    def __missing__(self, name: str) -> Function:
        parameters, result, call = PREDICATES[name]
        about = self._versions if name in _OF_RELEASES else self._native
        function = self[name] = Function(parameters, result, partial(call, about))
        return function


def _number(native: Native, key: str) -> Result:
    place = native.find(key)
    if place is None or not isinstance(place.node, Scalar):
        return UNKNOWN
    value = place.node.value
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return UNKNOWN
    return UNKNOWN if isinstance(value, bool) or value is None else value


def _text(native: Native, key: str) -> Result:
    """The text at a key in lower case, a list as its items joined by spaces; empty where the key is absent or null."""
    place = native.find(key)
    if place is None:
        return ""
    if isinstance(place.node, Unresolved):
        return UNKNOWN
    if isinstance(place.node, Sequence):
        return " ".join(str(item.value).lower() for item in place.node.items if isinstance(item, Scalar))
    if isinstance(place.node, Scalar) and place.node.value is not None:
        return str(place.node.value).lower()
    return ""


def _truth(native: Native, key: str) -> Result:
    """Whether a switch is on: absent, null, false, 0, an empty text and `none` are off."""
    place = native.find(key)
    if place is None:
        return False
    if isinstance(place.node, Unresolved):
        return UNKNOWN
    if isinstance(place.node, Scalar):
        value = place.node.value
        return value.lower() not in ("", "none", "null", "false", "no", "off", "0") if isinstance(value, str) else bool(value)
    return True


def _says(native: Native, pattern: str, word: str) -> Result:
    """Whether a value under a key of that pattern holds a word: `says('*algorithm*', 'grpo')`."""
    return any(word in _words(place.node) for place in native.matching(pattern))


def _words(node: object) -> list[str]:
    if isinstance(node, Sequence):
        return [word for item in node.items for word in _words(item)]
    return re.split(r"[^a-z0-9+]+", str(node.value).lower()) if isinstance(node, Scalar) else []


def _length(native: Native, key: str) -> Result:
    """The number of items of a list, or of a text that separates them by commas: `CUDA_VISIBLE_DEVICES=0,1,2`."""
    place = native.find(key)
    if place is not None and isinstance(place.node, Sequence):
        return len(place.node.items)
    if place is not None and isinstance(place.node, Scalar) and place.node.value not in (None, ""):
        return str(place.node.value).strip(",").count(",") + 1
    return UNKNOWN


def _numbers(native: Native, key: str) -> Result:
    """Whether every item of a list is a number, to a YAML 1.1 loader too: in `[1e0, "2.0"]` none is."""
    place = native.find(key)
    if place is None or not isinstance(place.node, Sequence):
        return UNKNOWN
    items = [item for item in place.node.items if isinstance(item, Scalar)]
    return len(items) == len(place.node.items) and not any(isinstance(item.value, str) or isinstance(item.legacy, str) for item in items)


def _since(versions: Mapping[str, str], framework: str, version: str) -> Result:
    known = versions.get(framework)
    return UNKNOWN if known is None else compare(release_of(known), version) >= 0


def _has(native: Native, key: str) -> Result:
    """Whether a key is there."""
    return native.has(key)


def _count(native: Native, keys: tuple[str, ...]) -> Result:
    """How many of these keys are there."""
    return sum(native.has(key) for key in keys)


def _leaves(native: Native, words: tuple[str, ...]) -> Result:
    """How many of these words are the last part of a key."""
    return sum(word in native.last_words for word in words)


def _calls(native: Native, pattern: str) -> Result:
    """Whether something of that name is called, or run."""
    return native.calls(pattern)


def _path_has(native: Native, word: str) -> Result:
    """Whether the file's path holds a word."""
    return word in native.path_words


def _mentions(native: Native, words: str) -> Result:
    """Whether the text holds these words."""
    return native.mentions(words)


def _versioned(versions: Mapping[str, str], framework: str) -> Result:
    """Whether the release of a framework is known."""
    return framework in versions


_KEY, _WORDS, _TWO = (Type.TEXT,), (Type.LIST,), (Type.TEXT, Type.TEXT)
PREDICATES: Mapping[str, tuple[tuple[Type, ...], Type, Callable[..., Result]]] = {
    "key": (_KEY, Type.BOOLEAN, _has),
    "count": (_WORDS, Type.NUMBER, _count),
    "leaves": (_WORDS, Type.NUMBER, _leaves),
    "number": (_KEY, Type.NUMBER, _number),
    "text": (_KEY, Type.TEXT, _text),
    "truth": (_KEY, Type.BOOLEAN, _truth),
    "length": (_KEY, Type.NUMBER, _length),
    "numbers": (_KEY, Type.BOOLEAN, _numbers),
    "calls": (_KEY, Type.BOOLEAN, _calls),
    "says": (_TWO, Type.BOOLEAN, _says),
    "path_has": (_KEY, Type.BOOLEAN, _path_has),
    "mentions": (_KEY, Type.BOOLEAN, _mentions),
    "since": (_TWO, Type.BOOLEAN, _since),
    "versioned": (_KEY, Type.BOOLEAN, _versioned),
}
_OF_RELEASES = frozenset({"since", "versioned"})
"""Those that ask for the releases in use; the others ask for the keys."""
