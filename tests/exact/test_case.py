"""What the tracer is asked, and what of a run is said to be left out."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.exact.case import CannotTraceError, Case, case_of
from advisor.memory.model_config import architecture_from_config
from advisor.memory.settings import read

CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "intermediate_size": 512,
    "vocab_size": 1000,
}
SETTINGS: dict[str, object] = {"method": "dpo", "batch.per_device": 2, "lengths.total": 128, "model.dtype": "bfloat16"}


def case(config: dict[str, Any] | None = None, gpus: int = 1, **changes: object) -> Case:
    config = config or CONFIG
    return case_of(
        {**SETTINGS, **{name.replace("__", "."): value for name, value in changes.items()}}, config, architecture_from_config(config), gpus
    )


def test_a_plain_run_is_traced_as_it_is() -> None:
    found = case()
    assert (found.left_out, found.remarks, found.optimizer) == ((), (), None)
    assert found.config == CONFIG
    run, same = read(found.settings), read(SETTINGS)
    assert (run.batch, run.length, run.weight, run.reference, run.attention) == (
        same.batch,
        same.length,
        same.weight,
        same.reference,
        same.attention,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parallel__zero_stage": 3, "gpus": 8}, "sharding by ZeRO-3"),
        ({"parallel__fsdp": True, "gpus": 8}, "sharding by FSDP"),
        ({"parallel__tensor": 2, "gpus": 2}, "tensor parallelism"),
        ({"parallel__offload": "cpu"}, "offloading of optimizer"),
        ({"precision__quantization": "4bit", "peft__kind": "lora"}, "4bit weights (traced in bfloat16)"),
        ({"memory__fused_kernels": True}, "fused norm and activation kernels"),
        ({"parallel__megatron": True}, "Megatron's buffers and float32 copies"),
        ({"peft__kind": "lora", "peft__saved_modules": ["lm_head"]}, "modules that learn beside the adapters"),
        ({"method": "ppo", "lengths__completion": 64, "critic__parameters": 1e9}, "a critic of another size than the policy"),
        ({"memory__optimizer_in_backward": True}, "updates within the backward pass"),
    ],
)
def test_what_one_gpu_cannot_stand_for_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in case(**changes).left_out


@pytest.mark.parametrize("method", ["bco", "rlaif"])
def test_a_method_without_a_step_is_refused(method: str) -> None:
    with pytest.raises(CannotTraceError, match=f"method {method} has no traced step"):
        case(method=method)


def test_code_and_quantization_are_taken_out_at_any_depth() -> None:
    hostile = {
        **CONFIG,
        "auto_map": {"AutoConfig": "x.Evil"},
        "quantization_config": {"quant_method": "fp8"},
        "_attn_implementation": "a/b",
    }
    assert case(config=hostile).config == CONFIG
    wrapped = {"model_type": "llava", "vision_config": {"hidden_size": 8, "num_hidden_layers": 1}, "text_config": hostile}
    found = case(config=wrapped)
    assert found.config == CONFIG
    assert "the vision tower and images" in found.left_out


def test_an_optimizer_of_another_package_is_placed_by_size() -> None:
    found = case(optimizer__name="sgd")
    assert found.optimizer == {"kept": 0.0, "temporary": 0.0}
    assert found.remarks == ("sgd is not run: its states are those of the closed form",)
    eight = case(optimizer__name="adamw_8bit").optimizer
    assert eight is not None and eight["kept"] > 0


def test_deepspeed_on_one_gpu_is_traced_in_the_width_that_it_computes_in() -> None:
    found = case(parallel__zero_stage=2, precision__bf16=True, model__dtype="float32")
    assert (found.settings["model.dtype"], found.settings["precision.bf16"]) == ("bfloat16", False)


def test_online_methods_share_a_step_and_do_not_generate() -> None:
    found = case(method="rloo", lengths__prompt=64, lengths__completion=64, kl__coefficient=0.05, batch__accumulation=16)
    assert found.settings["method"] == "grpo"
    assert found.settings["batch.accumulation"] == 2
    assert read(found.settings).reference == "separate"
    assert found.remarks == ("rloo is traced as grpo", "generation is not traced: the closed form's figures stand")


@pytest.mark.parametrize(("kl", "reference"), [(0.0, "none"), (0.04, "shared")])
def test_adapters_share_their_reference(kl: float, reference: str) -> None:
    found = case(method="grpo", lengths__completion=64, kl__coefficient=kl, peft__kind="lora", peft__rank=4)
    assert read(found.settings).reference == reference


@pytest.mark.parametrize(("kind", "told"), [("llama", 0), ("gpt_neox", 1), ("arcee", 1)])
def test_where_autocast_differs_between_devices_is_said(kind: str, told: int) -> None:
    found = case(config={**CONFIG, "model_type": kind}, precision__bf16=True)
    assert len(found.remarks) == told
