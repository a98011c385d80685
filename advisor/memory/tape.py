"""Which tensors autograd keeps, and how much is alive while it walks back.

A tape is a forward pass written down as operations on tensors that have a size and no content. The rules are those of torch's
derivatives (tools/autograd/derivatives.yaml): a product keeps both factors, softmax its output, a cast nothing, and so on; an operation
whose inputs need no gradient keeps nothing. Sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Tensor:
    """`elements` numbers of `width` bytes. Identity is the storage: views are the same object."""

    __slots__ = ("elements", "grad", "size", "width")

    def __init__(self, elements: float, width: float, grad: bool) -> None:
        self.elements = elements
        self.width = width
        self.grad = grad
        self.size = elements * width


class Node(NamedTuple):
    inputs: tuple[Tensor, ...]
    output: Tensor
    saved: tuple[Tensor, ...]
    weight_gradient: float
    temporary: float
    alias: bool


class Backward(NamedTuple):
    """Relative to what is alive beside the tape: the highest point, and what is left (gradients) when all is walked."""

    peak: float
    rest: float


@dataclass(slots=True)
class Tape:
    """Operations in forward order. `forward_peak` is the most that one operation holds beyond what is saved."""

    nodes: list[Node] = field(default_factory=list)
    weight_copies: float = 0.0
    forward_temporary: float = 0.0

    def apply(
        self, inputs: Sequence[Tensor], elements: float, width: float, *, saved: Iterable[Tensor] = (), saves_output: bool = False,
        weight_gradient: float = 0.0, weight_copy: float = 0.0, temporary: float = 0.0, alias: bool = False, trains: bool = False,
    ) -> Tensor:  # fmt: skip
        """One operation. `weight_gradient`: bytes of parameter gradients it leaves; `weight_copy`: bytes of a cast weight it keeps;
        `temporary`: bytes that its backward needs for a moment; `alias`: its inputs' gradient is its output's, not a new tensor."""
        grad = trains or any(tensor.grad for tensor in inputs)
        output = Tensor(elements, width, grad)
        self.forward_temporary = max(self.forward_temporary, output.size + sum(tensor.size for tensor in inputs))
        if grad:
            kept = (*saved, output) if saves_output else tuple(saved)
            self.weight_copies += weight_copy
            self.nodes.append(Node(tuple(inputs), output, kept, weight_gradient, temporary, alias))
        return output

    def cast(self, tensor: Tensor, width: float) -> Tensor:
        return tensor if tensor.width == width else self.apply([tensor], tensor.elements, width)

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        return self.apply([left, right], max(left.elements, right.elements), max(left.width, right.width), alias=True)

    def scale(self, tensor: Tensor) -> Tensor:
        """Times a constant: a new tensor, nothing kept."""
        return self.apply([tensor], tensor.elements, tensor.width)

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        kept = [*([right] if left.grad else []), *([left] if right.grad else [])]
        return self.apply([left, right], max(left.elements, right.elements), max(left.width, right.width), saved=kept)

    def dropout(self, tensor: Tensor, probability: float) -> Tensor:
        """torch's fused dropout keeps a mask of one byte an element; none at probability 0."""
        if not probability:
            return tensor
        return self.apply([tensor], tensor.elements, tensor.width, saved=[Tensor(tensor.elements, 1, False)])

    def kept(self) -> float:
        """Bytes saved for the backward pass, each storage once, copies of weights left out."""
        seen: set[int] = set()
        total = 0.0
        for node in self.nodes:
            for tensor in node.saved:
                if id(tensor) not in seen:
                    seen.add(id(tensor))
                    total += tensor.size
        return total

    def backward(self, output: Tensor, *, accumulates: bool = False) -> Backward:
        """Walk back from the gradient of `output`. `accumulates`: parameter gradients exist, so new ones are added and dropped."""
        uses: dict[int, int] = {}
        for node in self.nodes:
            for tensor in node.saved:
                uses[id(tensor)] = uses.get(id(tensor), 0) + 1
        holders: dict[int, list[float]] = {id(output): [output.size, 1]}
        live = self.kept() + self.weight_copies + output.size
        copies = self.weight_copies / max(1, sum(1 for node in self.nodes if node.weight_gradient or node.temporary))
        peak = live
        for node in reversed(self.nodes):
            gradient = holders.pop(id(node.output), None)
            if gradient is not None:
                wanted = [tensor for tensor in node.inputs if tensor.grad]
                fresh = 0.0 if node.alias else sum(tensor.size for tensor in wanted)
                peak = max(peak, live + fresh + node.weight_gradient + node.temporary)
                live += fresh + (0.0 if accumulates else node.weight_gradient)
                for tensor in wanted:
                    live -= self._give(holders, tensor, gradient if node.alias else [tensor.size, 0])
                gradient[1] -= 1
                if gradient[1] == 0:
                    live -= gradient[0]
            for tensor in node.saved:
                uses[id(tensor)] -= 1
                if uses[id(tensor)] == 0:
                    live -= tensor.size
            if node.weight_gradient or node.temporary:
                live -= copies
        return Backward(peak, live)

    @staticmethod
    def _give(holders: dict[int, list[float]], tensor: Tensor, gradient: list[float]) -> float:
        """Hand a gradient to `tensor`, adding to the one it has; the bytes that this frees."""
        held = holders.get(id(tensor))
        if held is None:
            gradient[1] += 1
            holders[id(tensor)] = gradient
            return 0.0
        return gradient[0] if gradient[1] == 0 else 0.0
