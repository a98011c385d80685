"""Micro-batches sized by tokens: what goes through the model at once."""

from __future__ import annotations

import pytest

from advisor.memory.checkpoint import find_architecture
from advisor.memory.device import find_device
from advisor.memory.estimate import bare, estimate
from advisor.memory.settings import read

GIB = 2**30
VERL: dict[str, object] = {
    "method": "grpo",
    "batch.micro_tokens": 24000,
    "batch.mini": 512,
    "batch.devices": 8,
    "lengths.prompt": 1024,
    "lengths.completion": 3072,
    "model.dtype": "float32",
    "precision.bf16": True,
    "memory.gradient_checkpointing": True,
    "parallel.fsdp": True,
    "rollout.engine": "vllm",
    "rollout.engine_mode": "server",
}


def test_a_row_has_as_many_tokens_as_the_budget_gives() -> None:
    run = read(VERL)
    assert (run.batch, run.length, run.sequence, run.together) == (1, 24000, 4096, 64)
    assert run.attention == "flash"
    assert run.completion is None  # the logits of all tokens of a packed row are built
    assert run.accumulation == 2  # 64 samples are more than one micro-batch


def test_a_small_update_does_not_fill_the_budget() -> None:
    """16 samples on 8 devices: two of 4096 tokens each at most."""
    run = read({**VERL, "batch.mini": 16})
    assert (run.length, run.accumulation) == (8192, 1)


def test_a_budget_below_one_sample_is_one_sample_and_said() -> None:
    run = read({**VERL, "batch.micro_tokens": 2048})
    assert run.length == 4096
    assert any("hold no sample" in words for words in run.assumed)


def test_sequence_parallelism_puts_budgets_together() -> None:
    run = read({**VERL, "parallel.context": 2})
    assert run.length == 48000


def test_samples_still_count_where_no_tokens_are_given() -> None:
    run = read({**VERL, "batch.micro_tokens": None, "batch.micro": 4})
    assert (run.batch, run.length, run.together) == (4, 4096, None)


def test_logits_are_those_of_the_row_in_half_precision() -> None:
    """24000 tokens x 152064 x 2 bytes: the kernel turns them into their gradient in place."""
    shape = find_architecture("Qwen/Qwen2.5-0.5B", None)
    found = bare({**VERL, "lengths.completion": 1024}, shape, None, 8)
    assert found.components["logits"] == pytest.approx(24000 * 151936 * 2 / GIB)
    taxed = bare({**VERL, "lengths.completion": 1024, "loss.entropy_coefficient": 0.001}, shape, None, 8)
    assert taxed.components["logits"] == pytest.approx(24000 * 151936 * 16 / GIB)


def test_the_lower_bound_takes_short_samples() -> None:
    """Two samples of a thousand tokens may be all that a device gets, where the limit lets them have 8192."""
    shape = find_architecture("Qwen/Qwen2.5-0.5B", None)
    small, large = (bare({**VERL, "batch.mini": size}, shape, None, 8) for size in (16, 512))
    assert small.peak is not None and large.peak is not None
    assert small.peak.low < small.peak.expected - 2
    assert large.peak.low > small.peak.low


def test_a_smaller_budget_is_a_lever() -> None:
    settings = {**VERL, "batch.micro_tokens": 131072, "loss.entropy_coefficient": 0.001, "batch.mini": 4096}
    found = estimate(settings, find_architecture("Qwen/Qwen2.5-7B", None), find_device("h100-80gb"), 8)
    assert found.verdict != "fits"
    budgets = [lever.change["batch.micro_tokens"] for lever in found.levers if "batch.micro_tokens" in lever.change]
    assert budgets
    assert all(isinstance(size, int) and size < 131072 for size in budgets)
