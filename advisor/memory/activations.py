"""A decoder layer written down on a tape: what it keeps for the backward pass, and the most that is alive while walking back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from advisor.memory.architecture import Architecture, attention_linears, mlp_linears
from advisor.memory.forward import Forward
from advisor.memory.numerics import FULL, HALF, Numerics
from advisor.memory.tape import Tape, Tensor

INDEX = 8.0


class Layer(NamedTuple):
    """Bytes of one decoder layer: `kept` for backward, `copies` of cast weights kept with it, the `boundary` tensor that checkpointing
    keeps instead; `peak` and `rest` of the walk back relative to what lies outside the layer; `temporary` of the forward pass."""

    kept: float
    copies: float
    boundary: float
    peak: float
    rest: float
    temporary: float


def layer(shape: Architecture, numerics: Numerics, sequences: int, length: float, attention: str, *, dense: bool, first: bool = False, accumulates: bool = False) -> Layer:
    """One layer over `sequences` rows of `length` tokens. `first`: its input needs no gradient; `accumulates`: gradients exist already."""
    tape = Tape()
    forward = Forward(shape, numerics, sequences, length, attention, tape)
    x = Tensor(forward.tokens * shape.hidden, numerics.residual, grad=not first)
    out = _placed(forward, x, lambda h: _attention(forward, h), lambda h: _mlp(forward, h, dense))
    walked = tape.backward(out, accumulates=accumulates)
    return Layer(tape.kept(), tape.weight_copies, x.size, walked.peak, walked.rest, tape.forward_temporary)


def tail(shape: Architecture, numerics: Numerics, tokens: float) -> float:
    """Bytes that the last norm and the input of the output projection take."""
    forward = Forward(shape, numerics, 1, tokens, "flash", Tape())
    normed = forward.norm(Tensor(tokens * shape.hidden, numerics.residual, grad=True))
    forward.linear(normed, ("lm_head", shape.hidden, 1, False), quantizable=False)
    return forward.tape.kept()


def _placed(forward: Forward, x: Tensor, attention: Callable[[Tensor], Tensor], mlp: Callable[[Tensor], Tensor]) -> Tensor:
    tape, shape = forward.tape, forward.shape
    kind = shape.placement

    def joined(residual: Tensor, branch: Tensor) -> Tensor:
        branch = tape.dropout(branch, shape.dropout)
        return tape.add(residual, tape.scale(branch) if shape.residual_scale else branch)

    if kind in ("parallel", "parallel-two"):
        normed = forward.norm(x)
        other = forward.norm(x) if kind == "parallel-two" else normed
        return joined(joined(x, attention(normed)), mlp(other))
    before, after = kind in ("pre", "sandwich"), kind in ("post", "sandwich")
    for part in (attention, mlp):
        branch = part(forward.norm(x) if before else x)
        x = joined(x, forward.norm(branch) if after else branch)
    return x


def _attention(forward: Forward, x: Tensor) -> Tensor:
    shape, tape = forward.shape, forward.tape
    layers = attention_linears(shape)
    if shape.latent:
        query, key, value = _latent(forward, x)
    else:
        query, key, value = _projected(forward, x, layers)
    out = _mixed(forward, query, key, value)
    return forward.linear(out, layers[-1])


def _projected(forward: Forward, x: Tensor, layers: list[tuple[str, int, int, bool]]) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values; a fused projection's value is a view that keeps the whole of it alive."""
    shape, tape, tokens = forward.shape, forward.tape, forward.tokens
    if len(layers) == 2:
        fused = forward.linear(x, layers[0])
        query = tape.apply([fused], tokens * shape.query_size, fused.width)
        key = tape.apply([fused], tokens * shape.key_size, fused.width)
        value = fused
        if shape.alibi:
            query = key = fused
    else:
        query, key, value = (forward.linear(x, item) for item in layers[:3])
    if shape.qk_norm != "none":
        kind = "layer" if shape.norm == "layer" else shape.norm
        query, key = forward.norm(query, kind=kind), forward.norm(key, kind=kind)
    if not shape.positions and not shape.alibi:
        query, key = _rotated(forward, query), _rotated(forward, key)
    return query, key, value


def _rotated(forward: Forward, x: Tensor) -> Tensor:
    """Rotary embedding: cosines in the width of the residual stream, so that autocast over float32 yields float32; keeps nothing."""
    return forward.tape.apply([x], x.elements, max(x.width, forward.numerics.residual))


def _latent(forward: Forward, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Multi-head latent attention: low-rank queries and keys, heads put together from a plain and a rotated part."""
    shape, tape, tokens = forward.shape, forward.tape, forward.tokens
    assert shape.latent is not None
    latent = shape.latent
    *query_layers, kv_a, kv_b, _ = attention_linears(shape)
    query = x
    for number, item in enumerate(query_layers):
        query = forward.linear(forward.norm(query, kind="rms") if number else query, item)
    query = tape.apply([query], tokens * shape.query_size, max(query.width, forward.numerics.residual))
    compressed = forward.linear(x, kv_a)
    plain = tape.apply([compressed], tokens * latent.key_value_rank, compressed.width)
    expanded = forward.linear(forward.norm(plain, kind="rms"), kv_b)
    key = tape.apply([expanded, compressed], tokens * shape.query_size, max(expanded.width, forward.numerics.residual))
    return query, key, expanded


def _mixed(forward: Forward, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(q k') v by one of three implementations."""
    shape, tape, n = forward.shape, forward.tape, forward.numerics
    full = forward.tokens * shape.query_size
    grouped = shape.kv_heads != shape.heads and not shape.latent
    if grouped and forward.attention != "flash":
        key = tape.apply([key], full, key.width)
        value = tape.apply([value], full, value.width)
    if n.autocast:
        query, key, value = (tape.cast(tensor, HALF) for tensor in (query, key, value))
    out_elements = forward.tokens * shape.value_size
    scores = forward.tokens * forward.length * shape.heads
    if forward.attention == "eager":
        product = tape.apply([query, key], scores, query.width, saved=[query, key])
        product = tape.scale(product)
        if shape.attention_softcap:
            product = tape.scale(tape.apply([tape.scale(product)], scores, product.width, saves_output=True))
        weights = tape.apply([tape.cast(tape.add(product, product), FULL)], scores, FULL, saves_output=True)
        weights = tape.dropout(tape.cast(weights, query.width if not n.autocast else HALF), shape.attention_dropout)
        mixed = tape.apply([weights, value], out_elements, query.width, saved=[weights, value])
        return tape.apply([mixed], out_elements, mixed.width)
    statistics = Tensor(forward.tokens * shape.heads, FULL, False)
    kept = [query, key, value, statistics]
    if forward.attention == "sdpa":
        kept.append(Tensor(forward.tokens * forward.length * (shape.heads if shape.alibi else 1), query.width, False))
    return tape.apply([query, key, value], out_elements, query.width, saved=kept, saves_output=True)


def _mlp(forward: Forward, x: Tensor, dense: bool) -> Tensor:
    shape, tape = forward.shape, forward.tape
    if dense or shape.experts is None:
        return _feed(forward, x, mlp_linears(shape, dense=True))
    routed = _experts(forward, x)
    if not shape.experts.shared:
        return routed
    shared = _feed(forward, x, mlp_linears(shape, dense=False))
    if shape.experts.shared_gate:
        gate = tape.apply([x], forward.tokens, x.width, saved=[x] if forward.numerics.trains else [])
        shared = tape.multiply(tape.apply([gate], forward.tokens, x.width, saves_output=True), shared)
    return tape.add(routed, shared)


def _feed(forward: Forward, x: Tensor, layers: list[tuple[str, int, int, bool]]) -> Tensor:
    shape, tape, n = forward.shape, forward.tape, forward.numerics
    if not shape.gated:
        return forward.linear(forward.activate(forward.linear(x, layers[0])), layers[1])
    if len(layers) == 2:
        gate = up = forward.linear(x, layers[0])
        half = gate.elements / 2
        bent = tape.apply([gate], half, gate.width, saved=[gate])
        return forward.linear(tape.apply([bent, up], half, gate.width, saved=[bent, up]), layers[1])
    if n.kernels:
        gate, up = forward.linear(x, layers[0]), forward.linear(x, layers[1])
        return forward.linear(tape.apply([gate, up], gate.elements, gate.width, saved=[gate, up]), layers[2])
    bent = forward.activate(forward.linear(x, layers[0]))
    return forward.linear(tape.multiply(bent, forward.linear(x, layers[1])), layers[2])


def _experts(forward: Forward, x: Tensor) -> Tensor:
    """Grouped products over tokens sorted by expert (transformers.integrations.moe.grouped_mm_experts_forward)."""
    shape, tape, n, e = forward.shape, forward.tape, forward.numerics, forward.shape.experts
    assert e is not None
    tokens, chosen = forward.tokens, forward.tokens * e.active
    indices = Tensor(chosen, INDEX, False)
    scores = tape.apply([x], tokens * e.count, x.width, saved=[x] if n.trains else [], weight_gradient=e.count * shape.hidden * n.weight if n.trains else 0.0, trains=n.trains)
    wide = tape.apply([tape.cast(scores, FULL)], tokens * e.count, FULL, saves_output=True) if e.router != "gpt-oss" else scores
    routing = tape.apply([wide], chosen, x.width, saved=[indices], saves_output=True)
    picked = tape.apply([x], chosen * shape.hidden, x.width, saved=[Tensor(chosen, INDEX, False)])

    def grouped(inner: Tensor, into: int, out: int) -> Tensor:
        weights = e.count * into * out
        inner = tape.cast(inner, HALF) if n.autocast else inner
        copy = HALF * weights if n.autocast and n.weight > HALF else 0.0
        return tape.apply(
            [inner], chosen * out, n.product, saved=[inner] if n.trains else [], weight_gradient=weights * n.weight if n.trains else 0.0, weight_copy=copy, trains=n.trains
        )  # fmt: skip

    up = grouped(picked, shape.hidden, 2 * e.intermediate)
    half = up.elements / 2
    if e.router == "gpt-oss":
        gate, value = (tape.apply([up], half, up.width, saved=[up]) for _ in range(2))
        bent = tape.multiply(gate, tape.apply([tape.scale(gate)], half, up.width, saves_output=True))
        inner = tape.multiply(tape.scale(value), bent)
    else:
        bent = tape.apply([up], half, up.width, saved=[up])
        inner = tape.apply([bent, up], half, up.width, saved=[bent, up])
    down = grouped(inner, e.intermediate, shape.hidden)
    weighted = tape.multiply(down, routing)
    ordered = tape.apply([weighted], weighted.elements, weighted.width, saved=[Tensor(chosen, INDEX, False)])
    return tape.cast(tape.apply([ordered], tokens * shape.hidden, ordered.width), x.width)
