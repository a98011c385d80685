"""What OmegaConf's interpolations point at."""

from __future__ import annotations

from advisor.configuration.native import merged
from advisor.dialects.composition import interpolated
from advisor.source.document import Scalar, Unresolved
from advisor.source.reading import read


def values(text: str) -> dict[str, object]:
    places = interpolated(merged([read("run.yaml", text.encode())])).places
    return {key: place.node.value for key, place in places.items() if isinstance(place.node, Scalar)}


def test_a_section_may_be_taken_over_whole() -> None:
    found = values("actor:\n  optimizer: {lr: 1.0e-6, eps: 1.0e-8}\ncritic:\n  optimizer: ${actor.optimizer}\n")
    assert found["critic.optimizer.lr"] == 1e-6
    assert found["critic.optimizer.eps"] == 1e-8


def test_values_within_a_section_taken_over_are_resolved() -> None:
    found = values("rate: 2.0e-6\na: {lr: '${rate}', steps: 5}\nb: ${a}\n")
    assert (found["b.lr"], found["b.steps"]) == (2e-6, 5)


def test_a_section_that_takes_itself_over_ends() -> None:
    places = interpolated(merged([read("run.yaml", b"a:\n  lr: 1.0e-6\n  again: ${a}\nb: ${b}\n")])).places
    assert places["a.lr"].node == Scalar(places["a.lr"].node.span, 1e-6, 1e-6, "plain")
    assert isinstance(places["b"].node, Unresolved)
