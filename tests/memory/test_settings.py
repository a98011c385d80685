"""Canonical settings as a run: what counts, what is refused, what is assumed in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.memory.settings import read

DPO: dict[str, object] = {"method": "dpo", "batch.per_device": 2, "lengths.total": 1024, "model.dtype": "bfloat16"}
GRPO: dict[str, object] = {
    "method": "grpo",
    "batch.per_device": 8,
    "lengths.prompt": 512,
    "lengths.completion": 256,
    "model.dtype": "bfloat16",
}


@pytest.mark.parametrize(
    ("change", "reference"),
    [
        ({}, "separate"),
        ({"reference.precompute": True}, "precomputed"),
        ({"peft.kind": "lora"}, "shared"),
        ({"peft.kind": "lora", "reference.model": "other/model"}, "separate"),
        ({"peft.kind": "lora", "reference.model": "own/model", "model.name": "own/model"}, "shared"),
        ({"method": "simpo"}, "none"),
        ({"method": "sft"}, "none"),
    ],
)
def test_the_reference_model(change: dict[str, object], reference: str) -> None:
    assert read({**DPO, **change}).reference == reference


@pytest.mark.parametrize(("coefficient", "reference"), [(None, "none"), (0.0, "none"), (0.04, "separate")])
def test_grpo_has_a_reference_only_with_a_divergence_to_it(coefficient: float | None, reference: str) -> None:
    assert read({**GRPO, "kl.coefficient": coefficient}).reference == reference


def test_lengths_of_an_online_method_add_up() -> None:
    run = read(GRPO)
    assert (run.length, run.completion) == (768, 256)


def test_an_unknown_prompt_length_is_assumed_in_words() -> None:
    run = read({**GRPO, "lengths.prompt": None})
    assert run.length == 512
    assert any("lengths.prompt" in words for words in run.assumed)


@pytest.mark.parametrize(
    ("written", "attention"),
    [("sdpa", "sdpa"), (None, "sdpa"), ("eager", "eager"), ("flash_attention_2", "flash"), ("kernels-community/flash-attn3", "flash")],
)
def test_attention(written: str | None, attention: str) -> None:
    assert read({**DPO, "memory.attention": written}).attention == attention


def test_packed_batches_need_no_mask() -> None:
    assert read({**DPO, "memory.packing": True}).attention == "flash"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"batch.per_device": None}, "batch.per_device"),
        ({"lengths.total": None}, "lengths.total"),
        ({"batch.per_device": -1}, "batch.per_device"),
        ({"batch.per_device": 1.5}, "whole number"),
        ({"lengths.total": float("nan")}, "lengths.total"),
        ({"lengths.total": 10**12}, "no run"),
        ({"parallel.zero_stage": 4}, "stages 0 to 3"),
        ({"method": "dance"}, "dance"),
        ({"method": None}, "method"),
        ({**GRPO, "rollout.engine": "vllm", "rollout.engine_memory": 90}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(change: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        read({**DPO, **change})


NAMES = [
    "batch.per_device",
    "lengths.total",
    "peft.kind",
    "peft.targets",
    "parallel.zero_stage",
    "parallel.offload",
    "precision.bf16",
    "memory.attention",
    "rollout.engine",
    "rollout.engine_memory",
    "reference.model",
    "optimizer.name",
    "precision.quantization",
    "model.dtype",
]
WORDS = st.sampled_from(["", "none", "auto", "4bit", "cpu", "zzz", "-1", "\0", "1e999"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.lists(WORDS, max_size=3))


@given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.sampled_from(["dpo", "grpo", "ppo", "sft", "reward"]))
def test_any_values_give_a_run_or_an_input_error(settings: dict[str, object], method: str) -> None:
    try:
        run = read({**DPO, **settings, "method": method})
    except InputError as error:
        assert error.message
    else:
        assert run.batch >= 1
        assert run.length >= 1
