"""A mixture of experts as operations on a tape: tokens sorted by expert, grouped products, weighted sums."""

from __future__ import annotations

from advisor.memory.forward import Forward
from advisor.memory.numerics import FULL, HALF
from advisor.memory.tape import WEIGHT, Tensor

INDEX = 8.0
EXPERTS = "experts"
GROUPED = "grouped experts"
"""Adapters on stacked experts as PEFT has them, and on each expert as Megatron has them."""
FLOAT, WIDE = ("sigmoid", "float", "float-wide"), ("sigmoid", "wide", "float-wide")
"""Routers that take their input in float32, and that give weights in float32; autocast narrows those of a sigmoid."""


def route(forward: Forward, x: Tensor) -> Tensor:
    """The routed experts' output (transformers.integrations.moe.grouped_mm_experts_forward)."""
    shape, tape, e = forward.shape, forward.tape, forward.shape.experts
    assert e is not None
    if e.router == "every":
        return _every(forward, x)
    tokens = forward.tokens / shape.spread
    chosen = tokens * e.active
    routing = _weigh(forward, x)
    picked = tape.apply([x], chosen * shape.hidden, x.width, saved=[Tensor(chosen, INDEX, False)])
    # Biases are picked for every token, and the first are alive until the second replace them.
    biases = [tape.apply([], chosen * 2 * e.intermediate, forward.numerics.weight)] if e.bias else []
    up = _grouped(forward, picked, shape.hidden, 2 * e.intermediate, fused=2)
    gate, value = tape.split(up, up.elements / 2, up.elements / 2)
    inner = _clamped(forward, gate, value) if e.router == "gpt-oss" else tape.multiply(forward.activate(gate), value)
    second = [tape.apply([], chosen * shape.hidden, forward.numerics.weight)] if e.bias else []
    tape.hold(*biases)
    down = _grouped(forward, inner, e.intermediate, shape.hidden, fused=1)
    weighted = tape.multiply(down, routing)
    ordered = tape.apply([weighted], weighted.elements, weighted.width, saved=[Tensor(chosen, INDEX, False)], temporary=weighted.size)
    out = tape.apply([ordered], tokens * shape.hidden, ordered.width)
    tape.hold(x, picked, down, *second)
    return tape.cast(out, x.width)


def _every(forward: Forward, x: Tensor) -> Tensor:
    """All tokens through all experts, weighted before by a score that is 0 for those not chosen (Llama 4)."""
    shape, tape, n, e = forward.shape, forward.tape, forward.numerics, forward.shape.experts
    assert e is not None
    tokens = forward.tokens
    gradient = e.count * shape.hidden * n.weight if n.trains else 0.0
    logits = tape.apply([x], tokens * e.count, n.product, saved=[x] if n.trains else [WEIGHT], weight_gradient=gradient, trains=n.trains)
    scores = tape.cast(tape.apply([tape.cast(logits, FULL)], logits.elements, FULL, saves_output=True), logits.width)
    repeated = tape.apply([x], tokens * e.count * shape.hidden, x.width)
    weighted = tape.multiply(repeated, scores)
    up = _grouped(forward, weighted, shape.hidden, 2 * e.intermediate, fused=2)
    gate, value = tape.split(up, up.elements / 2, up.elements / 2)
    down = _grouped(forward, tape.multiply(value, forward.activate(gate)), e.intermediate, shape.hidden, fused=1)
    tape.hold(x, weighted, down)
    return tape.apply([down], tokens * shape.hidden, down.width)


def _weigh(forward: Forward, x: Tensor) -> Tensor:
    """Scores of all experts, the weights of the chosen ones."""
    shape, tape, n, e = forward.shape, forward.tape, forward.numerics, forward.shape.experts
    assert e is not None
    tokens = forward.tokens / shape.spread
    chosen = tokens * e.active
    given = x.width
    if e.router in FLOAT:
        x = tape.cast(x, FULL)
    # PEFT's adapters on stacked experts come with one on the router's weight.
    learns = n.trains or EXPERTS in n.targets
    gradient = e.count * shape.hidden * n.weight if learns else 0.0
    scores = tape.apply([x], tokens * e.count, x.width, saved=[x] if learns else [WEIGHT], weight_gradient=gradient, trains=learns)
    wide = scores if e.router == "gpt-oss" else tape.apply([tape.cast(scores, FULL)], tokens * e.count, FULL, saves_output=True)
    # Where the weights stay in float32, the weighted outputs are float32 too.
    return tape.apply(
        [wide],
        chosen,
        FULL if e.router in WIDE and not (e.router == "sigmoid" and n.autocast) else given,
        saved=[Tensor(chosen, INDEX, False)],
        saves_output=True,
    )


def _grouped(forward: Forward, x: Tensor, into: int, out: int, *, fused: int) -> Tensor:
    """One product for each expert. An adapter on experts adds its product to the weight before use, so that the sum is a copy of the
    experts, kept for the backward pass, and its gradient is as large (peft.tuners.lora.layer.ParamWrapper)."""
    tape, n, e = forward.tape, forward.numerics, forward.shape.experts
    assert e is not None
    weights = e.count * into * out
    # Autocast knows batched products (`every`), and not grouped ones: those are computed in the width of the weights.
    narrows = n.autocast and e.router == "every"
    width = n.product if narrows else n.weight
    x = tape.cast(x, width)
    adapted = EXPERTS in n.targets
    copy = weights * n.weight if adapted else HALF * weights if narrows and n.weight > HALF else 0.0
    gradient = weights * n.weight if n.trains else fused * n.rank * e.count * (into + out) * n.adapter if adapted else 0.0
    return tape.apply(
        [x],
        x.elements / into * out,
        width,
        saved=[x] if n.trains or adapted else [WEIGHT],
        weight_gradient=gradient,
        weight_copy=copy,
        temporary=weights * n.weight if adapted else 0.0,
        trains=n.trains or adapted,
    )


def _clamped(forward: Forward, gate: Tensor, value: Tensor) -> Tensor:
    """gpt-oss: both halves clamped, gate times its sigmoid, times value plus one."""
    tape = forward.tape
    gate, value = (tape.apply([tensor], tensor.elements, tensor.width, saved=[tensor]) for tensor in (gate, value))
    bent = tape.multiply(gate, tape.apply([tape.scale(gate)], gate.elements, gate.width, saves_output=True))
    return tape.multiply(tape.scale(value), bent)
