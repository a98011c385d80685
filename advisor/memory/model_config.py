"""A Hugging Face config.json as an architecture: names of sizes differ by family, defaults are transformers' own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from advisor.errors import InputError
from advisor.memory.architecture import Architecture, Experts, Latent, Vision
from advisor.memory.tables import mapping


def architecture_from_config(config: Mapping[str, Any]) -> Architecture:
    """The shape that a config.json describes. Raises InputError where it lacks a size, or a size makes no sense."""
    table = mapping("architectures.yaml")
    families, default = table["families"], table["default"]
    outer = config
    kind, config = text_part(config)
    assumed = (
        ()
        if kind in families or kind in table["foreign"]["types"]
        else (f"model type {kind or 'not given'!s} is unknown: taken to be built like Llama",)
    )
    family = {**default, **families.get(kind, {})}
    values: dict[str, Any] = {**family.get("values", {}), **{k: v for k, v in config.items() if v is not None}}

    def size(name: str, fallback: int | None = None) -> int:
        for alias in family.get("keys", {}).get(name) or table["aliases"].get(name, [name]):
            if values.get(alias) is not None:
                return _count(values[alias], alias)
        if fallback is None:
            raise InputError("usage", f"the model's config.json has no {name}: its memory cannot be estimated")
        return fallback

    hidden, heads = size("hidden_size"), size("num_attention_heads")
    layers = size("num_hidden_layers")
    head_dim = _count(values.get("head_dim") or hidden // heads, "head_dim")
    kv_heads = size("num_key_value_heads", heads)
    if "multi_query" in values and not values.get("new_decoder_architecture"):
        kv_heads = 1 if values["multi_query"] else heads
    if heads % kv_heads:
        raise InputError("usage", f"the model's config.json gives {heads} attention heads, which {kv_heads} key-value heads do not divide")
    experts = _experts(values, family, table, size, layers)
    intermediate = int(size("intermediate_size", experts.intermediate if experts else 4 * hidden) * family.get("intermediate_share", 1))
    intermediate = _adjusted(values, intermediate) if family.get("convolutions") else intermediate
    bias = set(family["bias"]) | {part for part, key in family.get("config_bias", {}).items() if values.get(key)}
    names = ("hidden_activation", "hidden_act", "activation_function", "activation")
    activation = next((source[name] for source in (config, values) for name in names if source.get(name)), "silu")
    placement = family["placement"]
    if kind == "gpt_neox" and not values.get("use_parallel_residual", True):
        placement = "pre"
    if kind == "stablelm" and values.get("use_parallel_residual"):
        placement = "parallel"
    qk_norm = family["qk_norm"]
    if qk_norm == "none" and (values.get("use_qk_norm") or values.get("qk_layernorm")):
        qk_norm = family.get("optional_qk_norm", "head")
    alibi = family["positions"] == "alibi" or bool(values.get("alibi"))
    return Architecture(
        family=kind or "llama",
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        intermediate=intermediate,
        vocabulary=size("vocab_size"),
        tied=bool(values.get("tie_word_embeddings", True)),
        attention=tuple(family["attention"]),
        mlp=tuple(family["mlp"]),
        gated=bool(family["gated"]),
        activation=str(activation),
        norm=family["norm"],
        placement=placement,
        qk_norm=qk_norm,
        bias=frozenset(bias),
        positions=size("max_positions") + family.get("extra_positions", 0) if family["positions"] == "learned" else 0,
        alibi=alibi,
        embedding_scale=bool(family.get("embedding_scale")),
        embedding_norm=bool(family.get("embedding_norm")),
        residual_scale=bool(family.get("residual_scale")),
        logit_scale=bool(family.get("logit_scale")),
        logit_softcap=bool(values.get(family.get("logit_softcap", ""))),
        attention_softcap=bool(values.get(family.get("attention_softcap", ""))),
        attention_sinks=bool(family.get("attention_sinks")),
        partial_rotary=bool(family.get("partial_rotary")),
        multi_query_math=kind == "falcon" and kv_heads == 1 < heads,
        expert_adapters=bool(family.get("expert_adapters")),
        eager_only=bool(family.get("eager_only")),
        wide_scores=bool(family.get("wide_scores")),
        late_qk_norm=bool(family.get("late_qk_norm")),
        sub_norms=bool(family.get("sub_norms")),
        held_outputs=bool(family.get("held_outputs")),
        held_scores=bool(family.get("held_scores")) or alibi,
        split_copies=bool(family.get("split_copies")),
        narrow_softmax=bool(family.get("narrow_softmax")),
        attention_dropout=_share(values, "attn_pdrop", "attention_dropout"),
        dropout=_share(values, "resid_pdrop", "resid_dropout", "residual_dropout", "hidden_dropout", "dropout"),
        max_positions=size("max_positions", 0) or None,
        experts=experts,
        latent=_latent(values),
        vision=_vision(outer, hidden),
        convolutions=_convolutions(values, layers) if family.get("convolutions") else frozenset(),
        convolution_width=int(values.get("conv_L_cache") or 0),
        foreign=_foreign(kind, values, table["foreign"], known=bool(family.get("convolutions"))),
        assumed=assumed,
    )


def text_part(config: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The model type and the settings of the language model, which is a part of some models."""
    kind = str(config.get("model_type") or "")
    entry = mapping("architectures.yaml")["families"].get(kind, {})
    if isinstance(config.get("text_config"), Mapping):
        config = {**{k: v for k, v in config.items() if k == "tie_word_embeddings"}, **config["text_config"]}
        return str(config.get("model_type") or entry.get("text") or kind), config
    return str(entry.get("text", kind)), config


def _convolutions(values: Mapping[str, Any], layers: int) -> frozenset[int]:
    """Layers that mix tokens by a convolution: by `layer_types`, or all but those that attend."""
    types, attending = values.get("layer_types"), values.get("full_attn_idxs")
    if isinstance(types, list):
        return frozenset(number for number, kind in enumerate(types[:layers]) if kind == "conv")
    return frozenset(range(layers)) - frozenset(attending) if isinstance(attending, list) else frozenset()


def _adjusted(values: Mapping[str, Any], width: int) -> int:
    """LFM2 gives the width of an MLP without gate, from which that of a gated one follows."""
    if not values.get("block_auto_adjust_ff_dim"):
        return width
    width = int(2 * width / 3)
    factor, step = values.get("block_ffn_dim_multiplier"), int(values.get("block_multiple_of") or 256)
    return step * -(-int(factor * width) // step) if isinstance(factor, (int, float)) else width


def _foreign(kind: str, values: Mapping[str, Any], table: Mapping[str, Any], *, known: bool) -> str:
    """What some of the layers are, where the estimate has no words for them."""
    types = values.get("layer_types")
    if known:
        return ""
    others = sorted({str(item) for item in types} - set(table["layer_types"])) if isinstance(types, list) else []
    return str(
        table["types"].get(kind)
        or next((words for key, words in table["keys"].items() if values.get(key) is not None), None)
        or " and ".join(f"layers of the type {name}" for name in others)
    )


def foreign_name(name: str) -> bool:
    """Whether a model of this name has layers that the estimate does not know, so that no other model of its size stands for it."""
    return re.search(mapping("architectures.yaml")["foreign"]["names"], name.lower()) is not None


def _count(value: Any, name: str) -> int:
    if isinstance(value, list) and value and all(item == value[0] for item in value):
        value = value[0]  # one number a layer, and all the same
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value) or value <= 0:
        raise InputError("usage", f"the model's config.json gives {name} = {value!r}: a positive whole number is needed")
    return int(value)


def _share(values: Mapping[str, Any], *names: str) -> float:
    found = next((values[name] for name in names if isinstance(values.get(name), (int, float))), 0.0)
    return float(found)


def _experts(
    values: Mapping[str, Any], family: Mapping[str, Any], table: Mapping[str, Any], size: Callable[..., int], layers: int
) -> Experts | None:
    names = table["aliases"]["num_experts"]
    named = any(name in values for name in (*table["aliases"]["experts_active"], *table["aliases"]["expert_intermediate"]))
    if not any(values.get(name) for name in names):
        if named:
            raise InputError("usage", "the model's config.json has experts but not how many (num_experts): its memory cannot be estimated")
        return None
    count, active = size("num_experts"), size("experts_active")
    if active > count:
        raise InputError("usage", f"the model's config.json routes each token to {active} of {count} experts")
    width = size("expert_intermediate", size("intermediate_size"))
    shared = next((int(values[name]) for name in table["shared_widths"] if values.get(name)), 0)
    shared = shared or (width if family.get("shared_one") else 0)
    shared = shared or next((_count(values[name], name) for name in table["shared_counts"] if values.get(name)), 0) * width
    step = int(values.get("decoder_sparse_step") or values.get("interleave_moe_layer_step") or 1)
    without = {int(n) for n in values.get("mlp_only_layers") or ()} | {n for n in range(layers) if (n + 1) % step}
    dense = next((int(values[name]) for name in table["leading_dense_layers"] if values.get(name)), 0) + len(without)
    return Experts(
        count,
        active,
        width,
        shared,
        bool(family.get("shared_gate")),
        min(dense, layers),
        family["router"],
        "experts" in family["bias"],
        bool(family.get("correction")),
        bool(family.get("shared_first")),
        tuple(family.get("shared_mlp", ())),
    )


def _latent(values: Mapping[str, Any]) -> Latent | None:
    if not values.get("kv_lora_rank"):
        return None
    rank = values.get("q_lora_rank")
    names = ("kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim")
    kv, rope, plain, value = (_count(values.get(name), name) for name in names)
    return Latent(_count(rank, "q_lora_rank") if rank else None, kv, rope, plain, value)


def _vision(config: Mapping[str, Any], hidden: int) -> Vision | None:
    tower = config.get("vision_config")
    if not isinstance(tower, Mapping):
        return None
    width = tower.get("hidden_size") or tower.get("embed_dim") or 0
    depth = tower.get("num_hidden_layers") or tower.get("depth") or 0
    inner = tower.get("intermediate_size") or int(width * tower.get("mlp_ratio", 4))
    if not (isinstance(width, int) and isinstance(depth, int) and width and depth):
        return Vision(0)
    patch = int(tower.get("patch_size") or 14)
    image = tower.get("image_size")
    tokens = (
        config.get("image_seq_length") or config.get("mm_tokens_per_image") or ((image // patch) ** 2 if isinstance(image, int) else None)
    )
    mlp = (3 if str(config.get("model_type", "")).startswith("qwen2_5") else 2) * width * inner
    return Vision(depth * (4 * width * width + mlp) + 3 * patch * patch * width + 2 * width * hidden + hidden * hidden, tokens)
