"""Solving for the largest value that fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.memory.checkpoint import find_architecture
from advisor.memory.device import find_device
from advisor.memory.estimate import bare
from advisor.memory.levers import largest, solve

SFT: dict[str, object] = {
    "method": "sft",
    "batch.per_device": 1,
    "lengths.total": 1024,
    "model.dtype": "bfloat16",
    "memory.gradient_checkpointing": True,
    "memory.attention": "sdpa",
    "optimizer.name": "adamw_torch_fused",
}
SHAPE = find_architecture("Qwen/Qwen2.5-0.5B", None)
A10 = find_device("a10-24gb")


@given(st.integers(1, 5000), st.integers(1, 4096))
def test_the_search_finds_the_limit(limit: int, most: int) -> None:
    assert largest(lambda value: value <= limit, most) == min(limit, most)


def test_nothing_fits() -> None:
    assert largest(lambda value: False, 100) is None


@pytest.mark.parametrize("name", ["batch.per_device", "lengths.total"])
def test_the_largest_value_fits_and_the_next_does_not(name: str) -> None:
    assert SHAPE is not None
    best = solve(SFT, SHAPE, A10, 1, name)
    assert best is not None
    assert bare({**SFT, name: best}, SHAPE, A10, 1).verdict == "fits"
    assert bare({**SFT, name: best + 1}, SHAPE, A10, 1).verdict != "fits"


def test_a_model_too_large_for_any_batch() -> None:
    shape = find_architecture("meta-llama/Meta-Llama-3-8B", None)
    assert shape is not None
    assert solve(SFT, shape, A10, 1, "batch.per_device") is None


@pytest.mark.parametrize(("name", "word"), [("optimizer.name", "cannot solve"), ("rollout.group_size", "does not change")])
def test_what_cannot_be_solved_for(name: str, word: str) -> None:
    assert SHAPE is not None
    with pytest.raises(InputError, match=word):
        solve(SFT, SHAPE, A10, 1, name)
