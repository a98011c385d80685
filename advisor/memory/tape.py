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
    """`elements` numbers of `width` bytes; a view keeps the whole of `storage` alive."""

    __slots__ = ("elements", "grad", "size", "storage", "width")

    def __init__(self, elements: float, width: float, grad: bool, storage: Tensor | None = None) -> None:
        self.elements = elements
        self.width = width
        self.grad = grad
        self.size = elements * width
        self.storage: Tensor = storage.storage if storage is not None else self


WEIGHT = Tensor(0.0, 0.0, False)
"""A parameter among what is saved: no bytes of its own, and yet something that the walk back needs."""


class Node(NamedTuple):
    """One operation; a split has several outputs, which are views."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    saved: tuple[Tensor, ...]
    weight_gradient: float
    temporary: float
    alias: bool
    scratch: float


class Backward(NamedTuple):
    """Relative to what is alive beside the tape: the highest point, and what is left (gradients) when all is walked."""

    peak: float
    rest: float


@dataclass(slots=True)
class Tape:
    """Operations in forward order; `nodes` are those that autograd records."""

    nodes: list[Node] = field(default_factory=list)
    operations: list[Node] = field(default_factory=list)
    weight_copies: float = 0.0

    def apply(
        self,
        inputs: Sequence[Tensor],
        elements: float,
        width: float,
        *,
        saved: Iterable[Tensor] = (),
        saves_output: bool = False,
        weight_gradient: float = 0.0,
        weight_copy: float = 0.0,
        temporary: float = 0.0,
        scratch: float = 0.0,
        alias: bool = False,
        trains: bool = False,
    ) -> Tensor:
        """One operation. `weight_gradient`: bytes of parameter gradients it leaves; `weight_copy`: bytes of a cast weight it keeps;
        `temporary`: bytes that its backward needs for a moment, `scratch` its forward; `alias`: its inputs' gradient is its output's, not a
        new tensor."""
        grad = trains or any(tensor.grad for tensor in inputs)
        output = Tensor(elements, width, grad)
        kept = (*saved, output) if saves_output else tuple(saved)
        node = Node(tuple(inputs), (output,), kept, weight_gradient, temporary, alias, scratch)
        self.operations.append(node)
        if grad:
            self.weight_copies += weight_copy
            self.nodes.append(node)
        return output

    def split(self, tensor: Tensor, *elements: float) -> tuple[Tensor, ...]:
        """Views of parts of `tensor`; in the backward pass their gradients are put together in a new tensor."""
        parts = tuple(Tensor(part, tensor.width, tensor.grad, tensor) for part in elements)
        node = Node((tensor,), parts, (), 0.0, 0.0, False, 0.0)
        self.operations.append(node)
        if tensor.grad:
            self.nodes.append(node)
        return parts

    def hold(self, *tensors: Tensor) -> None:
        """Local variables of a function live until it returns: here."""
        self.operations.append(Node(tensors, (), (), 0.0, 0.0, False, 0.0))

    def cast(self, tensor: Tensor, width: float) -> Tensor:
        return tensor if tensor.width == width else self.apply([tensor], tensor.elements, width)

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        return self.apply([left, right], max(left.elements, right.elements), max(left.width, right.width), alias=left.width == right.width)

    def scale(self, tensor: Tensor) -> Tensor:
        """Times a constant: a new tensor, nothing kept."""
        return self.apply([tensor], tensor.elements, tensor.width)

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        kept = [*([right] if left.grad else []), *([left] if right.grad else [])]
        elements, width = max(left.elements, right.elements), max(left.width, right.width)
        broadcast = left.elements != right.elements
        return self.apply([left, right], elements, width, saved=kept, temporary=elements * width if broadcast else 0.0)

    def dropout(self, tensor: Tensor, probability: float) -> Tensor:
        """torch's fused dropout keeps a mask of one byte an element; none at probability 0."""
        if not probability:
            return tensor
        return self.apply([tensor], tensor.elements, tensor.width, saved=[Tensor(tensor.elements, 1, False)])

    def kept(self) -> float:
        """Bytes saved for the backward pass, each storage once, copies of weights left out."""
        storages = {id(tensor.storage): tensor.storage for node in self.nodes for tensor in node.saved}
        return sum(storage.size for storage in storages.values())

    def _last_saving(self) -> int:
        """Operations up to the last that saves something; that itself only where it saves its result."""
        recorded = {id(node) for node in self.nodes if node.saved}
        number = max((number for number, node in enumerate(self.operations) if id(node) in recorded), default=-1)
        if number < 0:
            return 0
        node = self.operations[number]
        return number + (1 if any(tensor in node.outputs for tensor in node.saved) else 0)

    def keeps(self, tensor: Tensor) -> bool:
        """Whether the storage of `tensor` is among what is saved."""
        return any(saved.storage is tensor.storage for node in self.nodes for saved in node.saved)

    def forward(self, x: Tensor, *, recorded: bool, again: bool = False) -> float:
        """The most alive in the forward pass, the input `x` included: storages live to their last use, and with `recorded` what is saved
        lives on. `again`: as checkpointing repeats it, which stops where the last tensor is saved."""
        operations = self.operations[: self._last_saving()] if again else self.operations
        last = {id(tensor.storage): number for number, node in enumerate(self.operations) for tensor in node.inputs}
        immortal = {id(tensor.storage) for node in self.nodes for tensor in node.saved} if recorded else set()
        made = {id(x)}
        live = peak = x.size
        for number, node in enumerate(operations):
            fresh = [tensor for tensor in node.outputs if tensor.storage is tensor]
            if recorded:
                fresh += [tensor for tensor in node.saved if id(tensor) not in last and tensor.storage is tensor]
            for tensor in fresh:
                if id(tensor) not in made:
                    made.add(id(tensor))
                    live += tensor.size
            peak = max(peak, live + node.scratch)
            for storage in {id(tensor.storage): tensor.storage for tensor in node.inputs}.values():
                if last[id(storage)] == number and id(storage) not in immortal:
                    live -= storage.size
        return peak

    def backward(self, output: Tensor, *, accumulates: bool = False) -> Backward:
        """Walk back from the gradient of `output`. `accumulates`: parameter gradients exist, so new ones are added and dropped."""
        uses: dict[int, int] = {}
        for node in self.nodes:
            for tensor in node.saved:
                uses[id(tensor.storage)] = uses.get(id(tensor.storage), 0) + 1
        holders: dict[int, list[float]] = {id(output): [output.size, 1]}
        live = peak = self.kept() + self.weight_copies + output.size
        copies = self.weight_copies / max(1, sum(1 for node in self.nodes if node.weight_gradient or node.temporary))
        for node in reversed(self.nodes):
            gradients = [held for tensor in node.outputs if (held := holders.pop(id(tensor), None)) is not None]
            if gradients:
                wanted = [tensor for tensor in node.inputs if tensor.grad]
                fresh = 0.0 if node.alias else sum(tensor.size for tensor in wanted)
                peak = max(peak, live + fresh + node.weight_gradient + node.temporary)
                live += fresh + (0.0 if accumulates else node.weight_gradient)
                for tensor in wanted:
                    live -= self._give(holders, tensor, gradients[0] if node.alias else [tensor.size, 0])
                for held in gradients:
                    held[1] -= 1
                    live -= held[0] if held[1] == 0 else 0.0
            for tensor in node.saved:
                uses[id(tensor.storage)] -= 1
                live -= tensor.storage.size if uses[id(tensor.storage)] == 0 else 0.0
            if node.weight_gradient or node.temporary:
                live -= copies
        return Backward(peak, live)

    def early(self, output: Tensor) -> float:
        """Bytes of gradients, beside that of `output`, when the walk back first needs something saved: what checkpointing computes again is
        computed on top of them."""
        holders: dict[int, list[float]] = {id(output): [output.size, 1]}
        live = 0.0
        for node in reversed(self.nodes):
            if node.saved or node.weight_gradient:
                break
            gradients = [held for tensor in node.outputs if (held := holders.pop(id(tensor), None)) is not None]
            if not gradients:
                continue
            for tensor in (tensor for tensor in node.inputs if tensor.grad):
                live += 0.0 if node.alias else tensor.size
                live -= self._give(holders, tensor, gradients[0] if node.alias else [tensor.size, 0])
            for held in gradients:
                held[1] -= 1
                live -= held[0] if held[1] == 0 else 0.0
        return live

    @staticmethod
    def _give(holders: dict[int, list[float]], tensor: Tensor, gradient: list[float]) -> float:
        """Hand a gradient to `tensor`, adding to the one it has; the bytes that this frees."""
        if id(tensor) not in holders:
            gradient[1] += 1
            holders[id(tensor)] = gradient
            return 0.0
        return gradient[0] if gradient[1] == 0 else 0.0
