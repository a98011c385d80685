"""Layers of several kinds in one model: LFM2's short convolutions between layers with attention."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.memory.architecture import Stretch, layer_parameters, parameters
from advisor.memory.estimate import bare
from advisor.memory.generation import key_value_bytes
from advisor.memory.model_config import architecture_from_config

GIB = 2**30
CONFIG: dict[str, Any] = {
    "model_type": "lfm2",
    "hidden_size": 1024,
    "num_hidden_layers": 6,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "intermediate_size": 6656,
    "vocab_size": 65536,
    "layer_types": ["conv", "conv", "full_attention", "conv", "full_attention", "conv"],
}


def test_layers_stand_in_their_order() -> None:
    shape = architecture_from_config(CONFIG)
    assert shape.stretches == (
        Stretch(2, True, True),
        Stretch(1, True, False),
        Stretch(1, True, True),
        Stretch(1, True, False),
        Stretch(1, True, True),
    )
    assert architecture_from_config({**CONFIG, "layer_types": None, "full_attn_idxs": [2, 4]}).stretches == shape.stretches


def test_parameters_of_each_kind_by_hand() -> None:
    """MLP: two thirds of 6656 are 4437, the next multiple of 256 is 4608. A convolution has 3 weights a channel; an attention layer two
    norms of a head's 64."""
    shape = architecture_from_config(CONFIG)
    mlp, norms = 3 * 1024 * 4608, 2 * 1024
    assert layer_parameters(shape, dense=True, convolution=True) == 4 * 1024 * 1024 + 3 * 1024 + mlp + norms
    assert layer_parameters(shape, dense=True) == 2 * 1024 * 1024 + 2 * 1024 * 512 + 2 * 64 + mlp + norms
    assert parameters(shape) == 65536 * 1024 + 1024 + 4 * layer_parameters(shape, dense=True, convolution=True) + 2 * layer_parameters(
        shape, dense=True
    )


def test_only_attention_keeps_keys_and_values() -> None:
    assert key_value_bytes(architecture_from_config(CONFIG)) == 2 * 2 * 512 * 2


def test_nothing_is_kept_in_front_of_the_first_adapter() -> None:
    """Queries and values are the third layer's: the convolutions before it keep nothing, unless they carry adapters themselves."""
    settings: dict[str, object] = {
        "method": "sft",
        "batch.per_device": 4,
        "lengths.total": 1024,
        "model.dtype": "bfloat16",
        "memory.fused_loss": True,
        "peft.kind": "lora",
        "peft.rank": 8,
        "peft.targets": ["q_proj", "v_proj"],
    }
    shape = architecture_from_config(CONFIG)
    late = bare(settings, shape, None, 1)
    early = bare({**settings, "peft.targets": ["in_proj"]}, shape, None, 1)
    first = bare(settings, architecture_from_config({**CONFIG, "layer_types": ["full_attention", *CONFIG["layer_types"][1:]]}), None, 1)
    kept = [found.components["activations"] for found in (late, early, first)]
    assert kept[0] < kept[1]
    assert kept[0] < kept[2]


@pytest.mark.parametrize("kind", ["kimi_linear", "qwen3_next"])
def test_other_hybrids_stay_unknown(kind: str) -> None:
    assert architecture_from_config({**CONFIG, "model_type": kind, "conv_L_cache": 3}).foreign
