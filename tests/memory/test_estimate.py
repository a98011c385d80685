"""Estimates of runs that people write: peaks worked out by hand, verdicts, and what must not happen."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from advisor.memory.architecture import Architecture
from advisor.memory.checkpoint import find_architecture
from advisor.memory.device import find_device
from advisor.memory.estimate import bare, estimate

GIB = 2**30
H100 = find_device("h100-80gb")
LLAMA_8B = 8_030_261_248
DPO: dict[str, object] = {
    "method": "dpo",
    "batch.per_device": 1,
    "batch.accumulation": 16,
    "lengths.total": 2048,
    "model.dtype": "bfloat16",
    "memory.gradient_checkpointing": True,
    "memory.attention": "flash_attention_2",
    "optimizer.name": "adamw_torch_fused",
    "memory.fused_loss": False,
}


def model(name: str) -> Architecture:
    found = find_architecture(name, None)
    assert found is not None
    return found


def test_full_dpo_of_8b_in_bfloat16_by_hand() -> None:
    """Weights, reference and gradients at 2 bytes, two moments at 2 bytes: 10 bytes a parameter are 74.8 GiB; with tensors of one layer and
    overhead it is more than an H100 offers, and nothing but fewer bytes a parameter helps."""
    found = bare(DPO, model("meta-llama/Meta-Llama-3-8B"), H100, 1)
    assert found.peak is not None
    states = 10 * LLAMA_8B / GIB
    assert sum(found.components[name] for name in ("weights", "reference", "gradients", "optimizer")) == pytest.approx(states, rel=0.001)
    assert states + 1 < found.peak.expected < states + 8
    assert found.verdict in ("tight", "does-not-fit")


def test_float32_weights_double_it() -> None:
    found = bare({**DPO, "model.dtype": "float32", "precision.bf16": True}, model("meta-llama/Meta-Llama-3-8B"), H100, 1)
    assert found.peak is not None
    assert found.components["weights"] == pytest.approx(4 * LLAMA_8B / GIB)
    assert found.peak.low > 140
    assert found.verdict == "does-not-fit"


def test_components_add_up_to_the_expected_peak() -> None:
    for method in ("sft", "dpo", "kto", "reward", "grpo", "ppo"):
        settings = {**DPO, "method": method, "lengths.prompt": 1024, "lengths.completion": 1024}
        found = bare(settings, model("Qwen/Qwen2.5-0.5B"), H100, 1)
        assert found.peak is not None
        assert sum(found.components.values()) == pytest.approx(found.peak.expected)
        assert found.peak.expected == pytest.approx(max(value for value in found.phases.values() if value))
        assert found.phase is not None
        assert found.phases[found.phase] == pytest.approx(found.peak.expected)
        assert found.peak.low <= found.peak.expected <= found.peak.high


def test_qlora_of_7b_fits_a_consumer_card() -> None:
    """Linear layers at half a byte: 7.6 billion parameters of which 6.5 in linear layers are 3.1 GiB, embeddings and head 2.0 GiB."""
    settings = {**DPO, "peft.kind": "qlora", "peft.rank": 16, "memory.fused_loss": True}
    found = bare(settings, model("Qwen/Qwen2.5-7B"), find_device("rtx4090-24gb"), 1)
    assert 5.0 < found.components["weights"] < 5.5
    assert found.components.get("reference", 0) == 0
    assert found.verdict == "fits"


def test_zero_3_divides_states_and_gathers_layers() -> None:
    """On 8 GPUs: 2 bytes of weights, 2 of gradients, 12 of float32 master weights and moments, all divided by 8; a reference likewise."""
    settings = {**DPO, "parallel.zero_stage": 3, "precision.bf16": True}
    found = bare(settings, model("meta-llama/Meta-Llama-3-8B"), H100, 8)
    assert found.components["optimizer"] == pytest.approx(12 * LLAMA_8B / 8 / GIB)
    assert found.components["weights"] == pytest.approx(2 * LLAMA_8B / 8 / GIB)
    assert found.components["reference"] == pytest.approx(2 * LLAMA_8B / 8 / GIB)
    assert found.components["gathered"] > 2 * 128256 * 4096 / GIB


def test_zero_2_leaves_weights_whole_and_zero_1_gradients_too() -> None:
    shape = model("Qwen/Qwen2.5-7B")
    parts = {stage: bare({**DPO, "parallel.zero_stage": stage, "precision.bf16": True}, shape, H100, 4).components for stage in (1, 2, 3)}
    assert parts[1]["weights"] == parts[2]["weights"] == pytest.approx(4 * parts[3]["weights"])
    assert parts[1]["gradients"] > 3 * parts[2]["gradients"]
    assert parts[1]["optimizer"] == parts[2]["optimizer"]


def test_offload_moves_states_to_the_host() -> None:
    found = bare({**DPO, "parallel.zero_stage": 2, "precision.bf16": True, "parallel.offload": "cpu"}, model("Qwen/Qwen2.5-7B"), H100, 4)
    assert "optimizer" not in found.components


def test_a_colocated_engine_reserves_its_share_of_the_gpu() -> None:
    settings = {
        **DPO,
        "method": "grpo",
        "lengths.prompt": 512,
        "lengths.completion": 512,
        "rollout.engine": "vllm",
        "rollout.engine_mode": "colocate",
        "rollout.engine_memory": 0.3,
    }
    shape = model("Qwen/Qwen2.5-0.5B")
    awake = bare(settings, shape, H100, 1)
    assert awake.components["rollout_engine"] == pytest.approx(0.3 * H100.usable)
    asleep = bare({**settings, "rollout.engine_sleep": True}, shape, H100, 1)
    assert asleep.components["rollout_engine"] < awake.components["rollout_engine"] or asleep.phase == "generation"
    server = bare({**settings, "rollout.engine_mode": "server"}, shape, H100, 1)
    assert "rollout_engine" not in server.components


def test_an_engine_too_small_for_its_weights_is_said_so() -> None:
    settings = {
        **DPO,
        "method": "grpo",
        "lengths.completion": 512,
        "lengths.prompt": 512,
        "rollout.engine": "vllm",
        "rollout.engine_memory": 0.1,
    }
    found = bare(settings, model("Qwen/Qwen2.5-7B"), H100, 1)
    assert any("does not hold its weights" in words for words in found.assumptions)


def test_generating_with_the_model_itself_needs_a_cache() -> None:
    """Qwen2.5-0.5B: 2 x 24 layers x 128 x 2 bytes = 12 KiB a token; 8 x 1024 tokens are 96 MiB, and logits 8 x 151936 x 6 bytes."""
    settings = {**DPO, "method": "grpo", "batch.per_device": 8, "batch.accumulation": 1, "lengths.prompt": 512, "lengths.completion": 512}
    found = bare(settings, model("Qwen/Qwen2.5-0.5B"), H100, 1)
    weights = found.components["weights"] + 2 * 2 * 494_032_768 / GIB
    assert found.phases["generation"] == pytest.approx(
        weights + 12 * 1024 * 8192 / GIB + 8 * 151936 * 6 / GIB + found.components["overhead"]
    )


def test_ppo_counts_critic_and_reward_model() -> None:
    """A critic's weights and two moments are there throughout, its gradients while it is updated, when the policy's are gone."""
    found = bare({**DPO, "method": "ppo", "lengths.prompt": 512, "lengths.completion": 512}, model("Qwen/Qwen2.5-1.5B"), H100, 1)
    assert found.components["reward_model"] == pytest.approx(2 * 1_543_714_304 / GIB, rel=1e-5)
    assert found.components["critic"] == pytest.approx(6 * 1_543_714_304 / GIB, rel=1e-5)


def test_levers_are_sorted_by_what_they_cost() -> None:
    found = estimate({**DPO, "batch.per_device": 4}, model("meta-llama/Llama-3.2-3B"), find_device("a6000-48gb"), 1)
    assert found.verdict != "fits"
    costs = [lever.cost for lever in found.levers]
    order = ["no_change", "time", "arrangement", "data"]
    assert costs == sorted(costs, key=order.index)
    assert {"reference.precompute": True} in [dict(lever.change) for lever in found.levers]
    assert found.peak is not None
    assert all(lever.peak < found.peak.expected for lever in found.levers)
    smaller = next(lever.change for lever in found.levers if lever.cost == "arrangement")
    assert smaller["batch.per_device"] * smaller["batch.accumulation"] == 4 * 16  # type: ignore[operator]


def test_a_run_that_fits_needs_no_levers() -> None:
    assert estimate(DPO, model("Qwen/Qwen2.5-0.5B"), H100, 1).levers == ()


def test_without_a_gpu_there_is_a_peak_and_no_verdict() -> None:
    found = estimate(DPO, model("Qwen/Qwen2.5-0.5B"), None, 1)
    assert found.peak is not None
    assert found.verdict == "unknown"
    assert "GPU" in (found.reason or "")


@pytest.mark.parametrize(
    ("change", "gpus", "word"),
    [
        ({"parallel.tensor": 3}, 8, "does not divide 8"),
        ({"parallel.tensor": 16, "parallel.pipeline": 2}, 32, "attention heads"),
        ({"parallel.expert": 64}, 8, "expert"),
        ({}, 0, "at least one"),
        ({"batch.per_device": None}, 1, "batch.per_device"),
        ({"lengths.total": -5}, 1, "lengths.total"),
        ({"method": "unheard"}, 1, "unheard"),
    ],
)
def test_bad_input_gives_words_and_no_figure(change: dict[str, object], gpus: int, word: str) -> None:
    found = estimate({**DPO, **change}, model("Qwen/Qwen2.5-0.5B"), H100, gpus)
    assert (found.verdict, found.peak) == ("unknown", None)
    assert word in (found.reason or "")


def test_no_model_gives_words_and_no_figure() -> None:
    found = estimate({**DPO, "model.name": "acme/secret"}, None, H100, 1)
    assert (found.verdict, found.peak) == ("unknown", None)
    assert "acme/secret" in (found.reason or "")


def test_a_card_too_small_for_one_layer_is_said_so() -> None:
    found = bare(DPO, model("meta-llama/Llama-3.1-405B"), find_device("rtx2080ti-11gb"), 1)
    assert found.verdict == "does-not-fit"


SWITCHES = st.fixed_dictionaries(
    {
        "batch.per_device": st.integers(1, 16),
        "batch.accumulation": st.integers(1, 8),
        "lengths.total": st.integers(16, 4096),
        "memory.gradient_checkpointing": st.booleans(),
        "memory.attention": st.sampled_from(["eager", "sdpa", "flash_attention_2"]),
        "memory.fused_loss": st.booleans(),
        "model.dtype": st.sampled_from(["bfloat16", "float32"]),
        "precision.bf16": st.booleans(),
        "peft.kind": st.sampled_from(["none", "lora", "qlora"]),
        "method": st.sampled_from(["sft", "dpo", "kto", "orpo", "cpo", "simpo", "reward", "prm", "gkd", "grpo", "ppo", "online_dpo"]),
        "parallel.megatron": st.booleans(),
        "peft.saved_modules": st.sampled_from([None, ["lm_head"], "embed_tokens"]),
        "loss.entropy_coefficient": st.sampled_from([0.0, 0.01]),
        "loss.sft_weight": st.sampled_from([None, 0.0, 1.0]),
        "batch.micro_tokens": st.sampled_from([None, 1, 3000, 100000]),
        "batch.mini": st.sampled_from([None, 1.0, 512.0]),
    }
)


@given(SWITCHES, st.sampled_from(["Qwen/Qwen2.5-0.5B", "google/gemma-2-2b", "EleutherAI/pythia-160m", "Qwen/Qwen3-30B-A3B"]))
@hypothesis_settings(max_examples=60, deadline=None)
def test_more_tokens_never_take_less(switches: dict[str, object], name: str) -> None:
    shape = model(name)
    peaks = []
    for factor in (1, 2):
        length = switches["lengths.total"]
        assert isinstance(length, int)
        budget = switches["batch.micro_tokens"]
        # Within a fixed budget longer samples are fewer, and each has a position of its own beside those that count.
        budget = budget * factor if isinstance(budget, int) else None
        found = bare({**switches, "lengths.total": length * factor, "batch.micro_tokens": budget}, shape, H100, 1)
        assert found.peak is not None
        assert all(math.isfinite(size) and size >= 0 for size in found.components.values())
        peaks.append(found.peak.expected)
    assert peaks[0] <= peaks[1] * 1.0001
