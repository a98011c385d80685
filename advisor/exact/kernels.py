"""Stand-ins for kernels that exist on GPUs only: they allocate and keep what the real ones do. Needs torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as functional
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

FLASH = "traced_kernel"
"""transformers' name of attention that builds neither scores nor a mask. A name with `flash` in it would want a package."""


class FlashAttention(torch.autograd.Function):
    """Keeps queries, keys, values, the output and one float32 statistic a row; key-value heads are not repeated."""

    @staticmethod
    def forward(context: Any, query: Any, key: Any, value: Any) -> Any:
        rows, heads, length, _ = query.shape
        output = query.new_empty(rows, length, heads, value.shape[-1])
        context.save_for_backward(query, key, value, output, query.new_empty(rows, heads, length, dtype=torch.float32))
        return output

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        return tuple(torch.empty_like(tensor) for tensor in context.saved_tensors[:3])


def flash_attention(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **_: Any) -> Any:
    """transformers' attention interface: the output lies token by token; there are no weights to return."""
    return FlashAttention.apply(*_narrowed(query, key, value)), None


class MaskedAttention(torch.autograd.Function):
    """As FlashAttention, with heads before tokens and a mask; for values narrower than queries, which no kernel for CPUs takes."""

    @staticmethod
    def forward(context: Any, query: Any, key: Any, value: Any, mask: Any) -> Any:
        output = query.new_empty(*query.shape[:-1], value.shape[-1])
        kept = () if mask is None else (mask,)
        context.save_for_backward(query, key, value, output, query.new_empty(query.shape[:-1], dtype=torch.float32), *kept)
        return output

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        return *(torch.empty_like(tensor) for tensor in context.saved_tensors[:3]), None


class GroupedProduct(torch.autograd.Function):
    """One matrix product a group of rows, in the width of the weights; torch's own has no shape for tensors that are not bfloat16."""

    @staticmethod
    def forward(context: Any, rows: Any, weights: Any) -> Any:
        wanted = context.needs_input_grad
        context.save_for_backward(rows if wanted[1] else None, weights if wanted[0] else None)
        context.shapes = (rows.shape, weights.shape)
        return rows.new_empty(rows.shape[0], weights.shape[-1])

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        wanted = zip(context.shapes, context.needs_input_grad, strict=True)
        return tuple(gradients[0].new_empty(shape) if needed else None for shape, needed in wanted)


def no_mask(*_: Any, **__: Any) -> None:
    """What transformers' mask interface gives for attention that needs none."""


def register() -> None:
    """Make FLASH an attention implementation of transformers, in this process."""
    AttentionInterface.register(FLASH, flash_attention)
    AttentionMaskInterface.register(FLASH, no_mask)


def _narrowed(*tensors: Any) -> Any:
    """Autocast gives attention its inputs in half precision."""
    return tuple(tensor.to(_product(tensor)) for tensor in tensors)


class TiledLogProbabilities(torch.autograd.Function):
    """log p(token) without the logits: one tile of tokens by vocabulary columns at a time, float32 gradients (TRL 1.16's chunked head)."""

    @staticmethod
    def forward(context: Any, hidden: Any, weight: Any, tokens: int, columns: int) -> Any:
        context.save_for_backward(hidden, weight, hidden.new_empty(len(hidden), dtype=torch.float32))
        context.tile, context.width = (min(len(hidden), tokens), min(len(weight), columns)), _product(hidden)
        hidden.new_empty(context.tile, dtype=context.width)
        return hidden.new_empty(len(hidden), dtype=torch.float32)

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        hidden, weight, _ = context.saved_tensors
        tile = hidden.new_empty(context.tile, dtype=context.width)
        found = [
            tensor.new_zeros(tensor.shape, dtype=torch.float32) if wanted else None
            for tensor, wanted in zip((hidden, weight), context.needs_input_grad, strict=False)
        ]
        del tile
        narrow = (None if wide is None else wide.to(tensor.dtype) for wide, tensor in zip(found, (hidden, weight), strict=True))
        return *narrow, None, None


def _product(hidden: Any) -> Any:
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else hidden.dtype


def _fused_dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:  # noqa: A002 - torch's own names
    return torch.native_dropout(input, p, training)[0] if p and training else input


@contextmanager
def stand_ins() -> Iterator[None]:
    """Do as on a GPU: dropout keeps a mask of one byte an element (on a CPU, one in the width of its input); fused attention takes dropout,
    and values of another width than queries and keys (on a CPU, all scores are written out). Grouped products have a shape in every
    width."""
    dropout, attention, grouped = functional.dropout, functional.scaled_dot_product_attention, functional.grouped_mm

    def attend(query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, **others: Any) -> Any:
        if query.shape[-1] == value.shape[-1] and not dropout_p:
            return attention(query, key, value, attn_mask, **others)
        query, key, value = _narrowed(query, key, value)
        return MaskedAttention.apply(query, key, value, None if attn_mask is None else attn_mask.to(query.dtype))

    def multiply(rows: Any, weights: Any, **others: Any) -> Any:
        return grouped(rows, weights, **others) if rows.dtype == torch.bfloat16 else GroupedProduct.apply(rows, weights)

    functional.dropout, functional.scaled_dot_product_attention, functional.grouped_mm = _fused_dropout, attend, multiply
    try:
        yield
    finally:
        functional.dropout, functional.scaled_dot_product_attention, functional.grouped_mm = dropout, attention, grouped
