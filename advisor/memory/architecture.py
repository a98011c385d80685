"""A model's shape, and how many parameters each part of it has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

PLAIN = ("layer-plain", "rms-plain")
"""Norms without weights."""


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
    """Mixture of experts: `active` of `count` experts a token; `dense` layers without experts; `correction`: a learned bias for the
    choice; `shared_first`: the shared expert runs before the routed ones; `shared_mlp`: names of its linear layers where they are not the
    MLP's."""

    count: int
    active: int
    intermediate: int
    shared: int = 0
    shared_gate: bool = False
    dense: int = 0
    router: str = "qwen"
    bias: bool = False
    correction: bool = False
    shared_first: bool = False
    shared_mlp: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vision:
    """A vision tower: its parameters (with the projector), and tokens that one image adds to the sequence, if known."""

    parameters: int
    tokens: int | None = None


class Stretch(NamedTuple):
    """Equal layers that follow each other: with a dense MLP or with experts, mixing tokens by attention or by a short convolution."""

    layers: int
    dense: bool
    convolution: bool


@dataclass(frozen=True, slots=True)
class Architecture:
    """Shape and construction of a decoder. Numbers are elements, not bytes. `spread`: into how many parts sequence parallelism
    cuts the tokens of the residual stream. `convolutions`: layers, counted from
    0, that mix tokens by a short convolution of `convolution_width`. `foreign`: layers that the closed form does not know, in
    words. `assumed` says in words what config.json did not."""

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
    eager_only: bool = False
    wide_scores: bool = False
    late_qk_norm: bool = False
    sub_norms: bool = False
    held_outputs: bool = False
    held_scores: bool = False
    split_copies: bool = False
    expert_adapters: bool = False
    attention_dropout: float = 0.0
    dropout: float = 0.0
    max_positions: int | None = None
    experts: Experts | None = None
    latent: Latent | None = None
    vision: Vision | None = None
    spread: int = 1
    published: int | None = None
    convolutions: frozenset[int] = frozenset()
    convolution_width: int = 0
    foreign: str = ""
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

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """All layers in forward order."""
        leading = self.dense_layers
        if not self.convolutions:
            parts = (Stretch(leading, True, False), Stretch(self.layers - leading, False, False))
            return tuple(part for part in parts if part.layers)
        kinds = groupby((number < leading, number in self.convolutions) for number in range(self.layers))
        return tuple(Stretch(sum(1 for _ in group), dense, convolution) for (dense, convolution), group in kinds)

    @property
    def attending(self) -> int:
        """Layers with attention."""
        return sum(stretch.layers for stretch in self.stretches if not stretch.convolution)


def linears(shape: Architecture, *, dense: bool, convolution: bool = False) -> list[tuple[str, int, int, bool]]:
    """The linear layers of one decoder layer, experts left out: (name, inputs, outputs, has bias)."""
    mixing = convolution_linears(shape) if convolution else attention_linears(shape)
    return [*mixing, *mlp_linears(shape, dense=dense)]


def convolution_linears(shape: Architecture) -> list[tuple[str, int, int, bool]]:
    """Of a gated short convolution (LFM2)."""
    h, bias = shape.hidden, "convolution" in shape.bias
    return [("in_proj", h, 3 * h, bias), ("out_proj", h, h, bias)]


def attention_linears(shape: Architecture) -> list[tuple[str, int, int, bool]]:
    h, qkv, out = shape.hidden, "qkv" in shape.bias, "output" in shape.bias
    if shape.latent:
        m, heads = shape.latent, shape.heads
        query = (
            [("q_proj", h, shape.query_size, False)]
            if m.query_rank is None
            else [("q_a_proj", h, m.query_rank, qkv), ("q_b_proj", m.query_rank, shape.query_size, False)]
        )
        return [
            *query,
            ("kv_a_proj_with_mqa", h, m.key_value_rank + m.rope, qkv),
            ("kv_b_proj", m.key_value_rank, heads * (m.plain + m.value), False),
            ("o_proj", shape.value_size, h, out),
        ]
    if len(shape.attention) == 2:
        return [(shape.attention[0], h, shape.query_size + 2 * shape.key_size, qkv), (shape.attention[1], shape.query_size, h, out)]
    q, k, v, *gate, o = shape.attention
    gates = [(name, h, shape.query_size, False) for name in gate]
    return [(q, h, shape.query_size, qkv), (k, h, shape.key_size, qkv), (v, h, shape.key_size, qkv), *gates, (o, shape.query_size, h, out)]


def mlp_linears(shape: Architecture, *, dense: bool, width: int | None = None) -> list[tuple[str, int, int, bool]]:
    """Of the dense MLP, or of the shared expert where the layer has experts."""
    if not dense and width is None:
        assert shape.experts is not None
        if not shape.experts.shared:
            return []
        width = shape.experts.shared
    h, ff, bias = shape.hidden, width or shape.intermediate, "mlp" in shape.bias
    names = shape.experts.shared_mlp if shape.experts and not dense and shape.experts.shared_mlp else shape.mlp
    if shape.gated and len(names) == 2:
        return [(names[0], h, 2 * ff, bias), (names[1], ff, h, bias)]
    *into, out = names
    return [*((name, h, ff, bias) for name in into), (out, ff, h, bias)]


def expert_parameters(shape: Architecture) -> int:
    """Of all experts of one layer."""
    if shape.experts is None:
        return 0
    e = shape.experts
    return e.count * (3 * shape.hidden * e.intermediate + (2 * e.intermediate + shape.hidden if e.bias else 0))


def norm_parameters(shape: Architecture, *, convolution: bool = False) -> int:
    """Of one decoder layer: hidden-size norms, query and key norms, norms of latent attention."""
    each = 0 if shape.norm in PLAIN else 2 if "norm" in shape.bias else 1
    one = shape.hidden * each
    total = one * {"pre": 2, "post": 2, "sandwich": 4, "parallel": 1, "parallel-two": 2}[shape.placement]
    if not convolution:
        total += {"none": 0, "plain": 0, "head": 2 * shape.head_dim, "full": shape.query_size + shape.key_size}[shape.qk_norm] * each
    if shape.sub_norms:
        total += (shape.query_size + shape.intermediate) * each
    if shape.latent:
        total += (shape.latent.query_rank or 0) + shape.latent.key_value_rank
    return total


def layer_parameters(shape: Architecture, *, dense: bool, convolution: bool = False) -> int:
    """Of one decoder layer, with or without experts."""
    total = sum(into * out + (out if bias else 0) for _, into, out, bias in linears(shape, dense=dense, convolution=convolution))
    total += norm_parameters(shape, convolution=convolution)
    if convolution:
        total += shape.hidden * (shape.convolution_width + (1 if "convolution" in shape.bias else 0))
    if shape.attention_sinks:
        total += shape.heads
    if shape.activation == "xielu":
        total += 2
    if not dense and shape.experts:
        e = shape.experts
        total += (
            expert_parameters(shape)
            + e.count * shape.hidden
            + (e.count if e.bias or e.correction else 0)
            + (shape.hidden if e.shared_gate else 0)
        )
    return total


def head_parameters(shape: Architecture) -> int:
    """Of the output projection, whether or not it shares its weight with the embedding."""
    return shape.vocabulary * (shape.hidden + (1 if "head" in shape.bias else 0))


def outer_parameters(shape: Architecture) -> int:
    """Outside the layers and without the output projection: embeddings, the last norm."""
    norm = shape.hidden * (0 if shape.norm in PLAIN else 2 if "norm" in shape.bias else 1)
    return (shape.vocabulary + shape.positions) * shape.hidden + norm * (2 if shape.embedding_norm else 1)


def parameters(shape: Architecture) -> int:
    """All parameters of the language model, shared weights counted once, the vision tower included."""
    total = outer_parameters(shape)
    for count, dense, convolution in shape.stretches:
        total += count * layer_parameters(shape, dense=dense, convolution=convolution)
    if not shape.tied:
        total += head_parameters(shape)
    elif "head" in shape.bias:
        total += shape.vocabulary
    return total + (shape.vision.parameters if shape.vision else 0)
