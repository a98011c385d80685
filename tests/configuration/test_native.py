"""Several files of one run, merged as OmegaConf merges them."""

from __future__ import annotations

from advisor.configuration.native import merged
from advisor.source.document import Scalar
from advisor.source.reading import read


def keys(*texts: str, parents: tuple[str, ...] = ()) -> dict[str, object]:
    documents, above = ([read(f"{number}.yaml", text.encode()) for number, text in enumerate(each)] for each in (texts, parents))
    places = merged(documents, above).places
    return {key: place.node.value for key, place in places.items() if isinstance(place.node, Scalar)}


def test_sections_are_joined() -> None:
    assert keys("a: {x: 1, y: 2}\n", "a: {y: 3}\n") == {"a.x": 1, "a.y": 3}


def test_a_list_replaces_a_list() -> None:
    parent = "schedule:\n- {name: warm, factor: 0.1}\n- {name: cosine}\n"
    assert keys("schedule:\n- {name: constant}\n", parents=(parent,)) == {"schedule.0.name": "constant"}


def test_a_single_value_replaces_a_section() -> None:
    assert keys("a: {x: 1, y: {z: 2}}\nb: 1\n", "a: null\n") == {"a": None, "b": 1}


def test_keys_that_only_begin_alike_stay() -> None:
    assert keys("lr: 1\nlr_min: {x: 2}\n", "lr: 3\n") == {"lr": 3, "lr_min.x": 2}
