"""softmax(q k') v by its implementations, and what each keeps."""

from __future__ import annotations

from advisor.memory.forward import Forward
from advisor.memory.numerics import FULL, HALF
from advisor.memory.tape import Tensor


def mix(forward: Forward, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The attention's output before its projection, one row of heads a token."""
    shape, tape, n = forward.shape, forward.tape, forward.numerics
    full = forward.tokens * shape.query_size
    grouped = shape.kv_heads != shape.heads and not shape.latent
    if shape.multi_query_math and forward.attention == "sdpa":
        return _written_out(forward, query, key, value)
    # Repeating a single key-value head is a view; with several it is a copy, except where the kernel takes grouped heads.
    if grouped and (forward.attention == "eager" or (forward.attention == "sdpa" and shape.kv_heads > 1)):
        key = tape.apply([key], full, key.width)
        value = tape.apply([value], full, value.width)
    if n.autocast:
        query, key, value = (tape.cast(tensor, HALF) for tensor in (query, key, value))
    if forward.attention == "eager":
        out = _sunk(forward, query, key, value) if shape.attention_sinks else _eager(forward, query, key, value)
    else:
        out = _kernel(forward, query, key, value)
    tape.hold(key, value)
    return out


def _kernel(forward: Forward, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """A fused kernel keeps its inputs, its output, one statistic a row, and a mask cast to the inputs' width."""
    shape, tape, tokens = forward.shape, forward.tape, forward.tokens
    elements = tokens * shape.value_size
    kept = [query, key, value, Tensor(tokens * shape.heads, FULL, False)]
    if forward.attention == "sdpa":
        kept.append(Tensor(tokens * forward.length * (shape.heads if shape.alibi else 1), query.width, False))
    out = tape.apply([query, key, value], elements, query.width, saved=kept, saves_output=True)
    # Queries joined from a rotated and a plain part lie head by head, and so does the output: it is copied for the projection.
    return tape.apply([out], elements, out.width) if shape.partial_rotary or shape.latent else out


def _eager(forward: Forward, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scores, scaling, mask, softmax in float32, weights in the inputs' width; the weights are returned and live through the layer."""
    shape, tape = forward.shape, forward.tape
    scores = forward.tokens * forward.length * shape.heads
    if shape.wide_scores and not forward.numerics.autocast:
        query, key = tape.cast(query, FULL), tape.cast(key, FULL)
    passed = (query, key)
    product = tape.scale(tape.apply([query, key], scores, query.width, saved=[query, key]))
    if shape.attention_softcap:
        product = tape.scale(tape.apply([tape.scale(product)], scores, product.width, saves_output=True))
    masked = _masked(forward, product)
    width = query.width if shape.narrow_softmax else FULL
    weights = tape.apply([tape.cast(masked, width)], scores, width, saves_output=True)
    tape.hold(masked, *((product,) if shape.held_scores else ()))
    narrow = tape.dropout(tape.cast(weights, value.width), shape.attention_dropout)
    if value.storage is not value:
        # A batched product copies what does not lie head by head: then not the whole of a fused projection is kept.
        value = tape.apply([value], value.elements, value.width)
    mixed = tape.apply([narrow, value], forward.tokens * shape.value_size, value.width, saved=[narrow, value])
    forward.returned.append(narrow)
    tape.hold(*passed)
    return tape.apply([mixed], mixed.elements, mixed.width)


def _sunk(forward: Forward, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention with a learned sink a head: softmax over one more column, in its width (gpt-oss)."""
    shape, tape = forward.shape, forward.tape
    scores = forward.tokens * forward.length * shape.heads
    product = tape.scale(tape.apply([query, key], scores, query.width, saved=[query, key]))
    masked = _masked(forward, product)
    # The sinks are parameters: joined with them, scores take the wider of both widths.
    width = max(product.width, forward.numerics.weight)
    joined = tape.apply([masked], scores, width)
    shifted = tape.apply([joined], scores, width)
    weights = tape.apply([shifted], scores, width, saves_output=True)
    narrow = tape.cast(weights, value.width)
    tape.hold(masked)
    mixed = tape.apply([narrow, value], forward.tokens * shape.value_size, query.width, saved=[narrow, value])
    forward.returned.append(weights)
    out = tape.apply([mixed], mixed.elements, mixed.width)
    tape.hold(shifted)
    return out


def _masked(forward: Forward, product: Tensor) -> Tensor:
    """Scores plus the mask, which has the width of the embedding's output."""
    width = max(product.width, forward.numerics.residual)
    return forward.tape.apply([product], product.elements, width, alias=width == product.width)


def _written_out(forward: Forward, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """torch's unfused SDPA, taken where many query heads share one key head that is not repeated: all in float32."""
    shape, tape = forward.shape, forward.tape
    full = forward.tokens * shape.query_size
    scores = forward.tokens * forward.length * shape.heads
    query, key, value = (tape.apply([tensor], full, FULL) for tensor in (query, key, value))
    product = tape.apply([query, key], scores, FULL, saved=[query, key])
    weights = tape.apply([tape.apply([product], scores, FULL, alias=True)], scores, FULL, saves_output=True)
    mixed = tape.apply([weights, value], full, FULL, saved=[weights, value])
    return tape.apply([tape.cast(mixed, HALF)], full, HALF)
