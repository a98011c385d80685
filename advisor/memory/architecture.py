"""A model's shape: read from a Hugging Face config.json, the local cache or the shipped table; never from the network."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor.errors import InputError
from advisor.memory.tables import mapping, rows


@dataclass(frozen=True, slots=True)
class Latent:
    """Multi-head latent attention (DeepSeek): ranks of the compressed query and key-value, and the parts of a head."""

    query_rank: int | None
    key_value_rank: int
    rope: int
    plain: int
    value: int


@dataclass(frozen=True, slots=True)
class Experts:
    """Mixture of experts: `active` of `count` experts a token; `dense` layers without experts, `dense_intermediate` wide."""

    count: int
    active: int
    intermediate: int
    shared: int = 0
    shared_gate: bool = False
    dense: int = 0
    router: str = "qwen"
    bias: bool = False


@dataclass(frozen=True, slots=True)
class Vision:
    """A vision tower: its parameters (with the projector), and tokens that one image adds to the sequence, if known."""

    parameters: int
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Architecture:
    """Shape and construction of a decoder. Numbers are elements, not bytes. `assumed` says in words what config.json did not."""

    family: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool
    attention: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    mlp: tuple[str, ...] = ("gate_proj", "up_proj", "down_proj")
    gated: bool = True
    activation: str = "silu"
    norm: str = "rms"
    placement: str = "pre"
    qk_norm: str = "none"
    bias: frozenset[str] = frozenset()
    positions: int = 0
    alibi: bool = False
    embedding_scale: bool = False
    embedding_norm: bool = False
    residual_scale: bool = False
    logit_scale: bool = False
    logit_softcap: bool = False
    attention_softcap: bool = False
    attention_sinks: bool = False
    partial_rotary: bool = False
    multi_query_math: bool = False
    narrow_softmax: bool = False
    expert_adapters: bool = False
    attention_dropout: float = 0.0
    dropout: float = 0.0
    max_positions: int | None = None
    experts: Experts | None = None
    latent: Latent | None = None
    vision: Vision | None = None
    published: int | None = None
    assumed: tuple[str, ...] = ()

    @property
    def query_size(self) -> int:
        return self.heads * (self.latent.plain + self.latent.rope if self.latent else self.head_dim)

    @property
    def key_size(self) -> int:
        return self.kv_heads * self.head_dim

    @property
    def value_size(self) -> int:
        return self.heads * self.latent.value if self.latent else self.heads * self.head_dim

    @property
    def dense_layers(self) -> int:
        return min(self.layers, self.experts.dense) if self.experts else self.layers


def linears(shape: Architecture, *, dense: bool) -> list[tuple[str, int, int, bool]]:
    """The linear layers of one decoder layer, experts left out: (name, inputs, outputs, has bias)."""
    return [*attention_linears(shape), *mlp_linears(shape, dense=dense)]


def attention_linears(shape: Architecture) -> list[tuple[str, int, int, bool]]:
    h, qkv, out = shape.hidden, "qkv" in shape.bias, "output" in shape.bias
    if shape.latent:
        m, heads = shape.latent, shape.heads
        query = [("q_proj", h, shape.query_size, False)] if m.query_rank is None else [
            ("q_a_proj", h, m.query_rank, qkv), ("q_b_proj", m.query_rank, shape.query_size, False)]  # fmt: skip
        return [*query, ("kv_a_proj_with_mqa", h, m.key_value_rank + m.rope, qkv), ("kv_b_proj", m.key_value_rank, heads * (m.plain + m.value), False), ("o_proj", shape.value_size, h, out)]
    if len(shape.attention) == 2:
        return [(shape.attention[0], h, shape.query_size + 2 * shape.key_size, qkv), (shape.attention[1], shape.query_size, h, out)]
    q, k, v, o = shape.attention
    return [(q, h, shape.query_size, qkv), (k, h, shape.key_size, qkv), (v, h, shape.key_size, qkv), (o, shape.query_size, h, out)]


def mlp_linears(shape: Architecture, *, dense: bool, width: int | None = None) -> list[tuple[str, int, int, bool]]:
    """Of the dense MLP, or of the shared expert where the layer has experts."""
    if not dense and width is None:
        assert shape.experts is not None
        if not shape.experts.shared:
            return []
        width = shape.experts.shared
    h, ff, bias = shape.hidden, width or shape.intermediate, "mlp" in shape.bias
    if shape.gated and len(shape.mlp) == 2:
        return [(shape.mlp[0], h, 2 * ff, bias), (shape.mlp[1], ff, h, bias)]
    *into, out = shape.mlp
    return [*((name, h, ff, bias) for name in into), (out, ff, h, bias)]


def expert_parameters(shape: Architecture) -> int:
    """Of all experts of one layer."""
    if shape.experts is None:
        return 0
    e = shape.experts
    return e.count * (3 * shape.hidden * e.intermediate + (2 * e.intermediate + shape.hidden if e.bias else 0))


def norm_parameters(shape: Architecture) -> int:
    """Of one decoder layer: hidden-size norms, query and key norms, norms of latent attention."""
    one = shape.hidden * (0 if shape.norm == "layer-plain" else 2 if "norm" in shape.bias else 1)
    total = one * {"pre": 2, "post": 2, "sandwich": 4, "parallel": 1, "parallel-two": 2}[shape.placement]
    total += {"none": 0, "head": 2 * shape.head_dim, "full": shape.query_size + shape.key_size}[shape.qk_norm]
    if shape.latent:
        total += (shape.latent.query_rank or 0) + shape.latent.key_value_rank
    return total


def layer_parameters(shape: Architecture, *, dense: bool) -> int:
    """Of one decoder layer, with or without experts."""
    total = sum(into * out + (out if bias else 0) for _, into, out, bias in linears(shape, dense=dense)) + norm_parameters(shape)
    if shape.attention_sinks:
        total += shape.heads
    if not dense and shape.experts:
        e = shape.experts
        total += expert_parameters(shape) + e.count * shape.hidden + (e.count if e.bias else 0) + (shape.hidden if e.shared_gate else 0)
    return total


def head_parameters(shape: Architecture) -> int:
    """Of the output projection, whether or not it shares its weight with the embedding."""
    return shape.vocabulary * (shape.hidden + (1 if "head" in shape.bias else 0))


def outer_parameters(shape: Architecture) -> int:
    """Outside the layers and without the output projection: embeddings, the last norm."""
    norm = shape.hidden * (0 if shape.norm == "layer-plain" else 2 if "norm" in shape.bias else 1)
    return (shape.vocabulary + shape.positions) * shape.hidden + norm * (2 if shape.embedding_norm else 1)


def parameters(shape: Architecture) -> int:
    """All parameters of the language model, shared weights counted once, the vision tower included."""
    dense = shape.dense_layers
    total = dense * layer_parameters(shape, dense=True) + outer_parameters(shape)
    if dense < shape.layers:
        total += (shape.layers - dense) * layer_parameters(shape, dense=False)
    if not shape.tied:
        total += head_parameters(shape)
    elif "head" in shape.bias:
        total += shape.vocabulary
    return total + (shape.vision.parameters if shape.vision else 0)


def architecture_from_config(config: Mapping[str, Any]) -> Architecture:
    """The shape that a config.json describes. Raises InputError where it lacks a size, or a size makes no sense."""
    table = mapping("architectures.yaml")
    families, default = table["families"], table["default"]
    kind = str(config.get("model_type") or "")
    outer = config
    entry = families.get(kind, {})
    if isinstance(config.get("text_config"), Mapping):
        config = {**{k: v for k, v in config.items() if k in ("tie_word_embeddings",)}, **config["text_config"]}
        kind = str(config.get("model_type") or entry.get("text") or kind)
    elif "text" in entry:
        kind = entry["text"]
    assumed = () if kind in families else (f"model type {kind or 'not given'!s} is unknown: taken to be built like Llama",)
    family = {**default, **families.get(kind, {})}
    values: dict[str, Any] = {**family.get("values", {}), **{k: v for k, v in config.items() if v is not None}}

    def size(name: str, fallback: int | None = None) -> int:
        for alias in table["aliases"].get(name, [name]):
            if values.get(alias) is not None:
                return _count(values[alias], alias)
        if fallback is None:
            raise InputError("usage", f"the model's config.json has no {name}: its memory cannot be estimated")
        return fallback

    hidden, heads = size("hidden_size"), size("num_attention_heads")
    layers = size("num_hidden_layers")
    head_dim = _count(values.get("head_dim") or hidden // heads, "head_dim")
    kv_heads = size("num_key_value_heads", heads)
    if kind == "falcon" and not values.get("new_decoder_architecture"):
        kv_heads = 1 if values.get("multi_query", True) else heads
    if heads % kv_heads:
        raise InputError("usage", f"the model's config.json gives {heads} attention heads, which {kv_heads} key-value heads do not divide")
    experts = _experts(values, family, table, size, layers)
    intermediate = size("intermediate_size", experts.intermediate if experts else 4 * hidden)
    bias = set(family["bias"]) | {part for part, key in family.get("config_bias", {}).items() if values.get(key)}
    activation = values.get("hidden_activation") or values.get("hidden_act") or values.get("activation_function") or "silu"
    placement = family["placement"]
    if kind == "gpt_neox" and not values.get("use_parallel_residual", True):
        placement = "pre"
    if kind == "stablelm" and values.get("use_parallel_residual"):
        placement = "parallel"
    qk_norm = "head" if values.get("use_qk_norm") or values.get("qk_layernorm") else family["qk_norm"]
    alibi = family["positions"] == "alibi" or bool(values.get("alibi"))
    return Architecture(
        family=kind or "llama", hidden=hidden, layers=layers, heads=heads, kv_heads=kv_heads, head_dim=head_dim, intermediate=intermediate,
        vocabulary=size("vocab_size"), tied=bool(values.get("tie_word_embeddings", True)), attention=tuple(family["attention"]), mlp=tuple(family["mlp"]),
        gated=bool(family["gated"]), activation=str(activation), norm=family["norm"], placement=placement, qk_norm=qk_norm, bias=frozenset(bias),
        positions=size("max_positions") + family.get("extra_positions", 0) if family["positions"] == "learned" else 0, alibi=alibi,
        embedding_scale=bool(family.get("embedding_scale")), embedding_norm=bool(family.get("embedding_norm")),
        residual_scale=bool(family.get("residual_scale")), logit_scale=bool(family.get("logit_scale")),
        logit_softcap=bool(values.get(family.get("logit_softcap", ""))), attention_softcap=bool(values.get(family.get("attention_softcap", ""))),
        attention_sinks=bool(family.get("attention_sinks")), partial_rotary=bool(family.get("partial_rotary")),
        multi_query_math=kind == "falcon" and kv_heads == 1 < heads, expert_adapters=bool(family.get("expert_adapters")),
        narrow_softmax=bool(family.get("narrow_softmax")), attention_dropout=_share(values, "attn_pdrop", "attention_dropout"),
        dropout=_share(values, "resid_pdrop", "hidden_dropout", "dropout"), max_positions=size("max_positions", 0) or None, experts=experts,
        latent=_latent(values), vision=_vision(outer, hidden), assumed=assumed,
    )  # fmt: skip


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value) or value <= 0:
        raise InputError("usage", f"the model's config.json gives {name} = {value!r}: a positive whole number is needed")
    return int(value)


def _share(values: Mapping[str, Any], *names: str) -> float:
    found = next((values[name] for name in names if isinstance(values.get(name), (int, float))), 0.0)
    return float(found)


def _experts(values: Mapping[str, Any], family: Mapping[str, Any], table: Mapping[str, Any], size: Any, layers: int) -> Experts | None:
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
    shared = int(values.get("shared_expert_intermediate_size") or 0) or int(values.get("n_shared_experts") or 0) * width
    step = int(values.get("decoder_sparse_step") or 1)
    without = {int(n) for n in values.get("mlp_only_layers") or ()} | {n for n in range(layers) if (n + 1) % step}
    dense = int(values.get("first_k_dense_replace") or 0) + len(without)
    return Experts(count, active, width, shared, bool(family.get("shared_gate")), min(dense, layers), family["router"], "experts" in family["bias"])


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
    tokens = config.get("image_seq_length") or config.get("mm_tokens_per_image") or ((image // patch) ** 2 if isinstance(image, int) else None)
    mlp = (3 if str(config.get("model_type", "")).startswith("qwen2_5") else 2) * width * inner
    return Vision(depth * (4 * width * width + mlp) + 3 * patch * patch * width + 2 * width * hidden + hidden * hidden, tokens)


def find_architecture(name: str | None, directory: Path | None) -> Architecture | None:
    """The shape of model `name`: a directory with config.json (absolute, or relative to `directory` or the working directory), the
    local Hugging Face cache, the shipped table by repository or by last name; None where none of them has it."""
    if not name:
        return None
    for base in (directory, Path()) if directory else (Path(),):
        found = _read(base / Path(name).expanduser() / "config.json")
        if found:
            return found
    return _cached(name) or _tabled(name)


def _read(path: Path) -> Architecture | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("syntax", "not a JSON file", path=str(path)) from None
    if not isinstance(config, dict):
        raise InputError("syntax", "config.json holds no mapping", path=str(path))
    return architecture_from_config(config)


def _cached(name: str) -> Architecture | None:
    if name.count("/") != 1 or ".." in name:
        return None
    home = os.environ.get("HF_HUB_CACHE") or str(Path(os.environ.get("HF_HOME") or "~/.cache/huggingface") / "hub")
    folder = Path(home).expanduser() / ("models--" + name.replace("/", "--"))
    try:
        revisions = sorted((folder / "snapshots").iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    except (OSError, ValueError):
        return None
    return next((found for path in revisions if (found := _read(path / "config.json"))), None)


@lru_cache(maxsize=1)
def _index() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows("models.csv"):
        for key in (row["hf_repo"], row["model"], row["hf_repo"].rpartition("/")[2]):
            found.setdefault(key.lower(), row)
    return found


def _tabled(name: str) -> Architecture | None:
    key = name.strip().rstrip("/").lower()
    suffixes = mapping("memory.yaml")["model_suffixes"]
    for candidate in (key, key.rpartition("/")[2]):
        shortened = candidate
        while True:
            if shortened in _index():
                return _from_row(_index()[shortened], exact=shortened == candidate)
            suffix = next((s for s in suffixes if shortened.endswith(s)), None)
            if suffix is None:
                break
            shortened = shortened.removesuffix(suffix)
    return None


def _from_row(row: Mapping[str, str], *, exact: bool) -> Architecture:
    config = json.loads(row["config"])
    shape = architecture_from_config({"model_type": row["model_type"], **config})
    note = () if exact else (f"shape taken from {row['hf_repo']}",)
    return replace(shape, published=int(row["parameters"]) if row["parameters"] else None, assumed=(*shape.assumed, *note))
