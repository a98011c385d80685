"""In which widths a forward pass computes, and which of its weights learn."""

from __future__ import annotations

from dataclasses import dataclass

HALF, FULL = 2.0, 4.0


@dataclass(frozen=True, slots=True)
class Numerics:
    """`weight`: bytes of a stored weight; `autocast`: matrix products in half precision over whatever is stored; `quantized`: bytes of a
    quantized linear weight, or None; `trains`: the base weights learn; adapters as in PEFT: rank, target names, bytes of their weights."""

    weight: float = HALF
    autocast: bool = False
    quantized: float | None = None
    trains: bool = True
    rank: int = 0
    targets: frozenset[str] = frozenset()
    adapter: float = FULL
    adapter_dropout: float = 0.0
    kernels: bool = False

    @property
    def product(self) -> float:
        """Bytes of a matrix product's result."""
        return HALF if self.autocast else self.weight

    @property
    def residual(self) -> float:
        """Bytes of an element of the residual stream: the embedding's."""
        return self.weight

    @property
    def logits(self) -> float:
        """Bytes of a logit as the loss sees it: accelerate converts a model's outputs to float32 under autocast."""
        return FULL if self.autocast else self.weight
