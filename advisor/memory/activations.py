"""A decoder layer written down on a tape: what it keeps for the backward pass, and the most that is alive while walking back."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from advisor.memory.architecture import Architecture, attention_linears, convolution_linears, mlp_linears
from advisor.memory.attention import mix
from advisor.memory.experts import route
from advisor.memory.forward import Forward
from advisor.memory.numerics import HALF, Numerics
from advisor.memory.tape import WEIGHT, Tape, Tensor


class Layer(NamedTuple):
    """Bytes of one decoder layer: `kept` for backward, `copies` of cast weights kept with it, the `boundary` tensor that checkpointing
    keeps instead, of which `shared` is among what is kept; `peak` and `rest` of the walk back relative to what lies outside the layer;
    `unrecorded`, `recorded` and `repeated`: the most in the forward pass, without and with autograd and as checkpointing repeats it, the
    input included; `early`: gradients made before that; `returned`: what the next layer finds still alive."""

    kept: float
    copies: float
    boundary: float
    shared: float
    early: float
    peak: float
    rest: float
    unrecorded: float
    recorded: float
    repeated: float
    returned: float


@lru_cache(maxsize=512)
def layer(
    shape: Architecture,
    numerics: Numerics,
    sequences: int,
    length: float,
    attention: str,
    *,
    dense: bool,
    convolution: bool = False,
    first: bool = False,
    accumulates: bool = False,
) -> Layer:
    """One layer over `sequences` rows of `length` tokens. `first`: its input needs no gradient; `accumulates`: gradients exist already."""
    tape = Tape()
    forward = Forward(shape, numerics, sequences, length, attention, tape)
    x = Tensor(forward.tokens * shape.hidden / shape.spread, numerics.residual, grad=not first)
    mix = _convolution if convolution else _attention
    out = _placed(forward, x, lambda h: mix(forward, h), lambda h: _mlp(forward, h, dense))
    tape.hold(x, *forward.returned)
    walked = tape.backward(out, accumulates=accumulates)
    shared = x.size if tape.keeps(x) else 0.0
    return Layer(
        tape.kept(),
        tape.weight_copies,
        x.size,
        shared,
        tape.early(out),
        walked.peak,
        walked.rest,
        tape.forward(x, recorded=False),
        tape.forward(x, recorded=True),
        tape.forward(x, recorded=True, again=True),
        sum(tensor.size for tensor in forward.returned) if shape.held_outputs else 0.0,
    )


def entrance(shape: Architecture, numerics: Numerics, tokens: float, *, leaf: bool) -> float:
    """Bytes kept for what happens between the embedding and the first layer, whose input is left out. `leaf`: PEFT made the embedding's
    output a leaf of the graph, which holds it."""
    forward = Forward(shape, numerics, 1, tokens, "flash", Tape())
    embedded = Tensor(tokens * shape.hidden, numerics.residual, grad=numerics.trains or leaf)
    kept = 0.0
    if shape.embedding_norm:
        forward.norm(embedded)
        kept = forward.tape.kept()
        leaf = leaf and not forward.tape.keeps(embedded)
    changed = shape.embedding_norm or shape.embedding_scale or shape.positions
    return kept + (embedded.size if leaf and changed else 0.0)


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
        normed = forward.norm(x) if before else x
        branch = part(normed)
        x = joined(x, forward.norm(branch) if after else branch)
    return x


def _attention(forward: Forward, x: Tensor) -> Tensor:
    shape, tape = forward.shape, forward.tape
    layers = attention_linears(shape)
    held: list[Tensor] = []
    query, key, value = _latent(forward, x) if shape.latent else _projected(forward, x, layers, held)
    mixed = mix(forward, query, key, value)
    for gate in layers[3:-1] if not shape.latent else ():
        opened = forward.linear(x, gate)
        mixed = tape.multiply(mixed, tape.apply([opened], opened.elements, opened.width, saves_output=True))
    mixed = forward.norm(mixed) if shape.sub_norms else mixed
    out = forward.linear(mixed, layers[-1])
    tape.hold(x, query, key, value, *held)
    return out


def _convolution(forward: Forward, x: Tensor) -> Tensor:
    """A gated short convolution over tokens (LFM2): three projections in one, two products around torch's own convolution, whose result is
    longer by its padding and cut by a view."""
    shape, tape, n = forward.shape, forward.tape, forward.numerics
    into, out = convolution_linears(shape)
    fused = forward.linear(x, into)
    gate, second, inner = tape.split(fused, *(fused.elements / 3,) * 3)
    product = tape.cast(tape.multiply(gate, inner), n.weight)
    narrow = tape.cast(product, HALF) if n.autocast else product
    padded = narrow.elements + forward.sequences * shape.hidden * (shape.convolution_width - 1)
    mixed = tape.apply([narrow], padded, narrow.width, saved=[narrow] if n.trains else [WEIGHT], trains=n.trains)
    mixed = tape.cast(mixed, product.width)
    both = tape.multiply(second, mixed)
    laid = tape.apply([both], forward.tokens * shape.hidden, both.width)
    tape.hold(x, fused, gate, second, inner)
    return forward.linear(laid, out)


def _projected(forward: Forward, x: Tensor, layers: list[tuple[str, int, int, bool]], held: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values; those of a fused projection are views of it, or copies beside which it lives on (`held`)."""
    shape, tape, tokens = forward.shape, forward.tape, forward.tokens
    if len(layers) == 2:
        sizes = (tokens * size for size in (shape.query_size, shape.key_size, shape.key_size))
        parts = tape.split(forward.linear(x, layers[0]), *sizes)
        query, key, value = (tape.apply([part], part.elements, part.width) for part in parts) if shape.split_copies else parts
        held += (parts[0], query, key) if shape.split_copies else ()
    else:
        query, key, value = (forward.linear(x, item) for item in layers[:3])
    if shape.qk_norm != "none" and not shape.late_qk_norm:
        query, key = forward.norm(query), forward.norm(key)
    if not shape.positions and not shape.alibi:
        query, key = _rotated(forward, query), _rotated(forward, key)
    if shape.qk_norm != "none" and shape.late_qk_norm:
        kind = "rms-plain" if shape.qk_norm == "plain" else None
        query, key = forward.norm(query, kind=kind), forward.norm(key, kind=kind)
    return query, key, value


def _rotated(forward: Forward, x: Tensor) -> Tensor:
    """Rotary embedding: cosines in the width of the residual stream, so that autocast over float32 yields float32; keeps nothing."""
    width = max(x.width, forward.numerics.residual)
    return forward.tape.apply([x], x.elements, width, scratch=2 * x.elements * width)


def _latent(forward: Forward, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Multi-head latent attention: low-rank queries and keys, heads put together from a plain and a rotated part."""
    shape, tape, tokens = forward.shape, forward.tape, forward.tokens
    assert shape.latent is not None
    latent = shape.latent
    *query_layers, kv_a, kv_b, _ = attention_linears(shape)
    query = x
    for number, item in enumerate(query_layers):
        query = forward.linear(forward.norm(query, kind="rms") if number else query, item)
    width = max(query.width, forward.numerics.residual)
    query = tape.apply([query], tokens * shape.query_size, width)
    plain, rotary = tape.split(forward.linear(x, kv_a), tokens * latent.key_value_rank, tokens * latent.rope)
    expanded = forward.linear(forward.norm(plain, kind="rms"), kv_b)
    half, value = tape.split(expanded, tokens * shape.heads * latent.plain, tokens * shape.value_size)
    key = tape.apply([half, rotary], tokens * shape.query_size, width)
    return query, key, value


def _mlp(forward: Forward, x: Tensor, dense: bool) -> Tensor:
    shape, tape = forward.shape, forward.tape
    if dense or shape.experts is None:
        return _feed(forward, x, mlp_linears(shape, dense=True))
    if not shape.experts.shared:
        return route(forward, x)
    layers = mlp_linears(shape, dense=False)
    if shape.experts.shared_first:
        first = _feed(forward, x, layers)
        return tape.add(route(forward, x), first)
    if not shape.experts.shared_gate:
        return tape.add(route(forward, x), _feed(forward, x, layers))
    shared = _feed(forward, x, layers)
    routed = route(forward, x)
    gate = tape.apply([x], forward.tokens, x.width, saved=[x] if forward.numerics.trains else [])
    shared = tape.multiply(tape.apply([gate], forward.tokens, x.width, saves_output=True), shared)
    return tape.add(routed, shared)


def _feed(forward: Forward, x: Tensor, layers: list[tuple[str, int, int, bool]]) -> Tensor:
    shape, tape, n = forward.shape, forward.tape, forward.numerics
    if not shape.gated:
        return forward.linear(forward.activate(forward.linear(x, layers[0])), layers[1])
    if len(layers) == 2:
        fused = forward.linear(x, layers[0])
        gate, up = tape.split(fused, fused.elements / 2, fused.elements / 2)
        out = forward.linear(tape.multiply(forward.activate(gate), up), layers[1])
        tape.hold(gate)
        return out
    if n.kernels:
        gate, up = forward.linear(x, layers[0]), forward.linear(x, layers[1])
        return forward.linear(tape.apply([gate, up], gate.elements, gate.width, saved=[gate, up]), layers[2])
    bent = forward.activate(forward.linear(x, layers[0]))
    inner = tape.multiply(bent, forward.linear(x, layers[1]))
    return forward.linear(forward.norm(inner) if shape.sub_norms else inner, layers[2])
