"""Megatron's way of training, worked out by hand: what is cut into parts, what is kept in float32, and how the loss is computed."""

from __future__ import annotations

import pytest

from advisor.memory.architecture import Architecture, expert_parameters, parameters
from advisor.memory.checkpoint import find_architecture
from advisor.memory.estimate import bare

GIB = 2**30
RUN: dict[str, object] = {
    "method": "sft",
    "batch.per_device": 1,
    "batch.accumulation": 4,
    "lengths.total": 8192,
    "model.dtype": "bfloat16",
    "precision.bf16": True,
    "optimizer.name": "adamw",
    "memory.attention": "flash_attention_2",
    "memory.packing": True,
    "memory.gradient_checkpointing": True,
    "parallel.megatron": True,
}


def model(name: str) -> Architecture:
    found = find_architecture(name, None)
    assert found is not None
    return found


def test_eighteen_bytes_a_parameter_without_data_parallelism() -> None:
    """Weights of 2 bytes, gradients of 4 in a buffer that is always there, float32 weights and two moments: 12."""
    shape = model("Qwen/Qwen2.5-7B")
    found = bare(RUN, shape, None, 1)
    kept = sum(found.components[name] for name in ("weights", "gradients", "optimizer"))
    assert kept == pytest.approx(18 * parameters(shape) / GIB, rel=1e-6)


def test_the_distributed_optimizer_cuts_only_the_states() -> None:
    shape = model("Qwen/Qwen2.5-7B")
    found = bare(RUN, shape, None, 4)
    assert found.components["weights"] + found.components["gradients"] == pytest.approx(6 * parameters(shape) / GIB, rel=1e-6)
    assert found.components["optimizer"] == pytest.approx(12 / 4 * parameters(shape) / GIB, rel=1e-6)


def test_states_of_experts_are_cut_by_the_gpus_that_share_an_expert() -> None:
    """Four groups of experts on four GPUs: an expert lies on one GPU, and so do its states; all else is shared by the four."""
    shape = model("Qwen/Qwen3-30B-A3B")
    experts = expert_parameters(shape) * shape.layers
    found = bare({**RUN, "parallel.expert": 4}, shape, None, 4)
    rest = parameters(shape) - experts
    assert found.components["optimizer"] == pytest.approx(12 * (experts / 4 + rest / 4) / GIB, rel=1e-3)
    alone = bare({**RUN, "parallel.expert": 2}, shape, None, 4)
    assert alone.components["optimizer"] == pytest.approx(12 * (experts / 2 / 2 + rest / 4) / GIB, rel=1e-3)


def test_logits_are_cut_by_tensor_parallelism_and_take_six_bytes() -> None:
    """Half-precision logits, and a float32 copy that becomes the softmax in place: 6 bytes for each of 8192 x 152064 / 2."""
    found = bare({**RUN, "lengths.total": 65536, "parallel.tensor": 2, "optimizer.name": "sgd"}, model("Qwen/Qwen2.5-7B"), None, 2)
    assert found.components["logits"] == pytest.approx(6 * 65536 * 152064 / 2 / GIB, rel=1e-6)


def test_sequence_parallelism_cuts_what_checkpointing_keeps() -> None:
    """The inputs of 28 layers and what the last norm keeps, each of 65536 x 3584 half-precision numbers, are cut in two; nothing else is
    alive while the loss is computed."""
    long = {**RUN, "lengths.total": 65536, "optimizer.name": "sgd"}
    one, two = (bare({**long, "parallel.tensor": size}, model("Qwen/Qwen2.5-7B"), None, size) for size in (1, 2))
    assert two.components["activations"] == pytest.approx(one.components["activations"] / 2, rel=0.01)
    assert one.components["activations"] >= 28 * 65536 * 3584 * 2 / GIB


def test_zero_3_widens_gradients_one_group_of_parameters_at_a_time() -> None:
    """7.6 billion parameters on two GPUs: half of them would be 14.2 GiB in float32, a group of a billion is 3.7."""
    settings = {**RUN, "parallel.megatron": False, "parallel.zero_stage": 3, "lengths.total": 256}
    shape = model("Qwen/Qwen2.5-7B")
    found = bare(settings, shape, None, 2)
    assert found.phases["optimizer"] == pytest.approx(
        sum(found.components[name] for name in ("weights", "optimizer", "gradients", "gathered", "overhead")) + 4e9 / GIB, rel=0.001
    )


def test_gradients_move_to_the_host_with_the_optimizer() -> None:
    """Of 7.6 billion gradients, 2 bytes each on 8 GPUs, none stays: what is left is one GPU's part of the head's."""
    settings = {**RUN, "parallel.megatron": False, "parallel.fsdp": True, "parallel.offload": "params", "lengths.total": 256}
    found = bare(settings, model("Qwen/Qwen2.5-7B"), None, 8)
    assert found.components["gradients"] <= 4 * 152064 * 3584 / 8 / GIB
    assert "optimizer" not in found.components


def test_whole_modules_learn_beside_adapters() -> None:
    """Embedding and head of 152064 x 3584 each: a copy of 2 bytes, a gradient of 2, two moments of 2."""
    adapters = {**RUN, "parallel.megatron": False, "peft.kind": "lora", "peft.rank": 8, "precision.bf16": False}
    shape = model("Qwen/Qwen2.5-7B")
    alone, both = bare(adapters, shape, None, 1), bare({**adapters, "peft.saved_modules": ["embed_tokens", "lm_head"]}, shape, None, 1)
    assert alone.trainable is not None
    assert both.trainable == alone.trainable + 2 * 152064 * 3584
    more = {name: both.components.get(name, 0.0) - alone.components.get(name, 0.0) for name in ("weights", "gradients", "optimizer")}
    assert sum(more.values()) == pytest.approx(8 * 2 * 152064 * 3584 / GIB, rel=0.01)


@pytest.mark.parametrize(("name", "width"), [("float32", 4), ("bfloat16", 2)])
def test_adapters_are_as_wide_as_is_said(name: str, width: int) -> None:
    settings = {**RUN, "parallel.megatron": False, "peft.kind": "qlora", "peft.rank": 64, "peft.dtype": name}
    found = bare(settings, model("Qwen/Qwen2.5-7B"), None, 1)
    assert found.trainable is not None
    assert found.components["optimizer"] == pytest.approx(2 * width * found.trainable / GIB)
