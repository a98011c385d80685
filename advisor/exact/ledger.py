"""A ledger of the storages that are alive while real modules run on tensors without content. Needs torch."""

from __future__ import annotations

import weakref
from collections import Counter
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

ROUNDING = 512
"""Bytes to which the CUDA caching allocator rounds every block."""


class Ledger(TorchDispatchMode):
    """Live storages by category, and the peak of each phase with what it was made of."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.seen: Any = WeakIdKeyDictionary()
        self.entries: dict[int, list[Any]] = {}
        self.live: Counter[str] = Counter()
        self.peaks: Counter[str] = Counter()
        self.parts: dict[str, dict[str, int]] = {}
        self.total, self.phase = 0, "weights"

    def add(self, tensor: Any) -> None:
        storage = tensor.untyped_storage()
        if storage in self.seen:
            return
        size = -(-storage.nbytes() // ROUNDING) * ROUNDING
        own = self.phase in ("weights", "reference", "optimizer")
        category = self.phase if own else "logits" if self.vocabulary in tensor.shape[-1:] else "activations"
        self.seen[storage] = True
        weakref.finalize(storage, self.drop, id(storage))
        self.entries[id(storage)] = [category, size]
        self.live[category] += size
        self.total += size
        if self.total > self.peaks[self.phase]:
            self.peaks[self.phase] = self.total
            self.parts[self.phase] = dict(self.live)

    def drop(self, key: int) -> None:
        category, size = self.entries.pop(key)
        self.live[category] -= size
        self.total -= size

    def move(self, tensor: Any, category: str) -> None:
        entry = self.entries.get(id(tensor.untyped_storage()))
        if entry is not None:
            self.live[entry[0]] -= entry[1]
            self.live[category] += entry[1]
            entry[0] = category

    def accumulated(self, name: str, arguments: Any) -> bool:
        """A dispatch mode makes autograd accumulate vocabulary-sized gradients out of place where plain tensors are updated in place; do as
        plain tensors do."""
        if self.phase != "backward" or torch.is_grad_enabled():
            return False
        if name == "aten.scatter_add.default":
            torch.ops.aten.scatter_add_.default(*arguments)
            return True
        if name != "aten.add.Tensor" or not isinstance(arguments[1], torch.Tensor):
            return False
        left, right = arguments[:2]
        if (
            left.shape != right.shape
            or left.dtype != right.dtype
            or left.dim() < 2
            or self.vocabulary not in (left.shape[-1], left.shape[0])
        ):
            return False
        torch.ops.aten.add_.Tensor(*arguments)
        return True

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        if self.accumulated(str(function), arguments):
            return arguments[0]
        out = function(*arguments, **(keywords or {}))
        for tensor in torch.utils._pytree.tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self.add(tensor)
        return out
