"""Reading shapes from config.json, and the shipped tables against transformers' own defaults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.memory.architecture import expert_parameters, head_parameters, layer_parameters, parameters
from advisor.memory.model_config import architecture_from_config
from advisor.memory.tables import mapping, rows

DEFAULTS = json.loads((Path(__file__).parent / "data" / "config_defaults.json").read_text())
LLAMA_3_8B = {
    "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "intermediate_size": 14336, "vocab_size": 128256, "tie_word_embeddings": False,
}  # fmt: skip


def test_parameters_of_llama_3_8b_by_hand() -> None:
    """A layer: q and o 4096x4096 each, k and v 4096x1024, three matrices 4096x14336, two norms of 4096."""
    shape = architecture_from_config(LLAMA_3_8B)
    assert layer_parameters(shape, dense=True) == 2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096
    assert head_parameters(shape) == 128256 * 4096
    assert parameters(shape) == 8_030_261_248


def test_experts_of_mixtral_by_hand() -> None:
    row = next(row for row in rows("models.csv") if row["model"] == "Mixtral-8x7B-v0.1")
    shape = architecture_from_config({"model_type": "mixtral", **json.loads(row["config"])})
    assert expert_parameters(shape) == 8 * 3 * 4096 * 14336
    assert parameters(shape) == 46_702_792_704


@pytest.mark.parametrize("row", [row for row in rows("models.csv") if row["parameters"]], ids=lambda row: row["model"])
def test_shipped_shapes_have_the_published_number_of_parameters(row: dict[str, str]) -> None:
    shape = architecture_from_config({"model_type": row["model_type"], **json.loads(row["config"])})
    assert parameters(shape) == int(row["parameters"])


def test_every_shipped_shape_can_be_read() -> None:
    for row in rows("models.csv"):
        shape = architecture_from_config({"model_type": row["model_type"], **json.loads(row["config"])})
        assert shape.assumed == (), row["model"]
        assert parameters(shape) > 10**8


@pytest.mark.parametrize(
    "row", [row for row in rows("models.csv") if row["verified"] == "transformers default"], ids=lambda row: row["model"]
)
def test_shipped_shapes_are_transformers_defaults(row: dict[str, str]) -> None:
    config = json.loads(row["config"])
    config.pop("max_position_embeddings", None)
    default = DEFAULTS[row["model_type"]]
    shared = {name: value for name, value in config.items() if name in default}
    assert {"hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size"} <= set(shared)
    assert shared == {name: default[name] for name in shared}


def test_defaults_of_families_are_those_of_transformers() -> None:
    for family, entry in mapping("architectures.yaml")["families"].items():
        known = DEFAULTS.get(family, {})
        for name, value in entry.get("values", {}).items():
            assert known.get(name, value) == value, (family, name)


def test_an_empty_config_of_a_family_takes_its_defaults() -> None:
    shape = architecture_from_config(
        {"model_type": "gemma2", **{k: v for k, v in DEFAULTS["gemma2"].items() if k.startswith(("num_", "hidden_size", "inter", "vocab"))}}
    )
    assert (shape.tied, shape.head_dim, shape.logit_softcap, shape.attention_softcap, shape.activation) == (
        True,
        256,
        True,
        True,
        "gelu_pytorch_tanh",
    )


def test_text_model_and_tower_of_a_vision_model() -> None:
    text = {**LLAMA_3_8B, "model_type": "qwen2", "vocab_size": 152064}
    tower = {"hidden_size": 1280, "depth": 32, "intermediate_size": 3420, "patch_size": 14}
    shape = architecture_from_config({"model_type": "qwen2_5_vl", "text_config": text, "vision_config": tower})
    assert shape.family == "qwen2"
    assert shape.vision is not None
    # Qwen2.5-VL-7B's tower is 0.68 billion parameters.
    assert 0.6e9 < shape.vision.parameters < 0.75e9


def test_an_unknown_family_is_read_like_llama_and_says_so() -> None:
    shape = architecture_from_config({**LLAMA_3_8B, "model_type": "brand_new"})
    assert parameters(shape) == 8_030_261_248
    assert "brand_new" in shape.assumed[0]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"hidden_size": None}, "hidden_size"),
        ({"num_hidden_layers": -2}, "num_hidden_layers"),
        ({"num_key_value_heads": 5}, "do not divide"),
        ({"num_experts_per_tok": 2}, "how many"),
        ({"num_local_experts": 4, "num_experts_per_tok": 9}, "9 of 4"),
        ({"vocab_size": "many"}, "vocab_size"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused_in_words(change: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        architecture_from_config({**LLAMA_3_8B, **change})
