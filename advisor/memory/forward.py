"""Linear layers and norms as operations on a tape."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.memory.architecture import Architecture
from advisor.memory.numerics import FULL, HALF, Numerics
from advisor.memory.tape import WEIGHT, Tape, Tensor


@dataclass(slots=True)
class Forward:
    """One decoder layer's forward pass over `sequences` rows of `length` tokens; `returned` tensors live until the layer ends."""

    shape: Architecture
    numerics: Numerics
    sequences: int
    length: float
    attention: str
    tape: Tape
    returned: list[Tensor] = field(default_factory=list)

    @property
    def tokens(self) -> float:
        return self.sequences * self.length

    def linear(self, x: Tensor, linear: tuple[str, int, int, bool], *, quantizable: bool = True) -> Tensor:
        """A linear layer, with a PEFT adapter where its name is a target. Autocast makes a half-precision copy of a wide input and
        weight; both are kept where the other's gradient is wanted. A quantized weight is expanded for the length of one product. With
        sequence parallelism the input is put together for each product, and the sum over GPUs cut into parts again."""
        name, into, out, _ = linear
        n, tape = self.numerics, self.tape
        weights = into * out
        inner = tape.cast(x, HALF) if n.autocast else x
        quantized = n.quantized is not None and quantizable
        copy = HALF * weights if n.autocast and n.weight > HALF and not quantized and inner.grad else 0.0
        learns = n.trains and not quantized
        temporary = HALF * weights if quantized or (n.autocast and n.weight > HALF and learns) else 0.0
        gathered = inner.size * (self.shape.spread - 1) if into == self.shape.hidden else 0.0
        parts = self.shape.spread if name in (self.shape.attention[-1], self.shape.mlp[-1]) else 1
        y = tape.apply(
            [inner],
            self.tokens * out / parts,
            n.product,
            saved=[inner] if learns else [WEIGHT],
            weight_gradient=weights * n.weight if learns else 0.0,
            weight_copy=copy,
            temporary=temporary + gathered,
            scratch=(HALF * weights if quantized or copy else 0.0) + gathered,
            trains=learns,
        )
        if n.rank and name in n.targets:
            y = self.adapter(x, y, into, out)
        return y

    def adapter(self, x: Tensor, base: Tensor, into: int, out: int) -> Tensor:
        """base + B(A(dropout(x))) * scale, x first cast to the adapter's width (peft.tuners.lora.layer.Linear.forward)."""
        n, tape = self.numerics, self.tape
        x = tape.dropout(tape.cast(x, n.adapter), n.adapter_dropout)
        width = HALF if n.autocast else n.adapter
        inner = tape.cast(x, width)
        a = tape.apply([inner], self.tokens * n.rank, width, saved=[inner], weight_gradient=n.rank * into * n.adapter, trains=True)
        b = tape.apply([a], self.tokens * out, width, saved=[a], weight_gradient=n.rank * out * n.adapter, trains=True)
        return tape.cast(tape.add(base, tape.scale(b)), base.width)

    def norm(self, x: Tensor, *, kind: str | None = None) -> Tensor:
        kind, n, tape = kind or self.shape.norm, self.numerics, self.tape
        tokens = self.tokens
        if n.kernels and kind.startswith("rms"):
            return tape.apply([x], x.elements, x.width, saved=[x], trains=n.trains)
        if kind == "layer-half":
            x = tape.cast(x, n.product)
        if kind in ("layer", "layer-half"):
            return tape.apply([x], x.elements, x.width, saved=[x], trains=n.trains)
        wide = tape.cast(x, FULL)
        if kind == "layer-plain":
            return tape.cast(tape.apply([wide], x.elements, FULL, saved=[wide]), x.width)
        if kind == "layer-float":
            centred, again = tape.scale(wide), tape.scale(wide)
            spread = tape.apply([centred], tokens, FULL, saved=[centred], temporary=3 * wide.size, scratch=wide.size)
            normalized = tape.multiply(again, spread)
        else:
            spread = tape.apply([wide], tokens, FULL, saved=[wide], temporary=3 * wide.size, scratch=wide.size)
            normalized = tape.multiply(wide, spread)
        if kind == "rms-plain":
            return tape.cast(normalized, x.width)
        if kind == "rms":
            narrow = tape.cast(normalized, x.width)
            return tape.apply([narrow], x.elements, max(x.width, n.weight), saved=[narrow] if n.trains else [WEIGHT], trains=n.trains)
        weighted = tape.apply([normalized], x.elements, FULL, saved=[normalized] if n.trains else [WEIGHT], trains=n.trains)
        return tape.cast(weighted, x.width)

    def activate(self, x: Tensor) -> Tensor:
        """An activation function; most keep their input only, some are written out in elementary operations."""
        tape, kind = self.tape, self.shape.activation
        if kind == "gelu_new":
            half = tape.scale(x)
            cubed = tape.scale(tape.apply([x], x.elements, x.width, saved=[x]))
            bent = tape.apply([tape.scale(tape.add(x, cubed))], x.elements, x.width, saves_output=True)
            out = tape.multiply(half, tape.scale(bent))
            tape.hold(x)
            return out
        if kind == "relu":
            return tape.apply([x], x.elements, x.width, saves_output=True)
        if kind in ("relu2", "relu_squared"):
            bent = tape.apply([x], x.elements, x.width, saves_output=True)
            # torch's gradient of a power: the power below it, times the exponent, times the gradient.
            out = tape.apply([bent], x.elements, x.width, saved=[bent], temporary=2 * bent.size)
            tape.hold(x, bent)
            return out
        if kind == "xielu":
            return self._xielu(x)
        if kind == "quick_gelu":
            gate = tape.apply([tape.scale(x)], x.elements, x.width, saves_output=True)
            return tape.multiply(x, gate)
        return tape.apply([x], x.elements, x.width, saved=[x])

    def _xielu(self, x: Tensor) -> Tensor:
        """xIELU in elementary operations: a learned quadratic above zero, a learned exponential below (transformers.activations)."""
        tape = self.tape
        # The gradient of a learned scalar is a product of the input's size before it is summed.
        summed = x.size if self.numerics.trains else 0.0
        width = max(x.width, self.numerics.weight)
        above = tape.multiply(tape.apply([x], x.elements, width, saved=[x], temporary=summed), x)
        above = tape.add(above, tape.scale(x))
        # The gradient of a minimum: halved where both are equal, nothing where the other is less.
        least = tape.apply([x], x.elements, x.width, saved=[x], temporary=x.size + 2 * x.elements)
        bent = tape.apply([least], x.elements, x.width, saves_output=True)
        below = tape.add(bent, x)
        below = tape.apply([below], x.elements, width, saved=[below] if self.numerics.trains else [], temporary=summed)
        below = tape.add(below, tape.scale(x))
        out = tape.apply([above, below], x.elements, width, saved=[Tensor(x.elements, 1, False)], scratch=x.elements)
        tape.hold(x)
        return out
