"""Logits and what a trainer's loss and metrics make of them: copies alive at once, forward and at the start of the backward pass."""

from __future__ import annotations

from typing import NamedTuple

from advisor.memory.architecture import Architecture
from advisor.memory.numerics import FULL, Numerics
from advisor.memory.settings import Run
from advisor.memory.tables import mapping


class Loss(NamedTuple):
    """Bytes. `inside`: at the end of the model's own forward pass, casts of weights still cached; `forward`: the most until the loss is
    returned; `backward`: at the start of the backward pass; `head`: while the head's own gradient is made, that gradient left out;
    `before_reference`: what the policy left when the reference's forward pass runs in between, None where none does."""

    inside: float
    forward: float
    backward: float
    head: float
    before_reference: float | None = None


def loss(shape: Architecture, run: Run, numerics: Numerics, rows: int, positions: float) -> Loss:
    """Over `rows` sequences whose logits are built at `positions` tokens each."""
    if run.method.loss == "score":
        return Loss(0.0, 0.0, 0.0, 0.0)
    if run.megatron and not run.fused_loss:
        return _vocabulary_parallel(rows * positions * shape.vocabulary, numerics)
    if run.together is not None and not run.fused_loss:
        return _in_place(rows * positions * shape.vocabulary, run, numerics)
    if run.fused_loss:
        return _fused(shape, rows * positions, numerics)
    elements = rows * positions * shape.vocabulary
    product = numerics.product * elements
    capped = product if shape.logit_softcap else 0.0
    inside = product + max(capped, product if shape.logit_scale else 0.0)
    if run.method.loss == "cross_entropy":
        return _cross_entropy(elements, product, capped, inside)
    if run.method.loss == "log_softmax":
        return _log_softmax(run, numerics, elements, capped, inside)
    if run.method.loss == "divergence":
        return _divergence(numerics, elements, product, capped, inside)
    return _log_probs(shape, run, numerics, rows, elements, product, capped, inside)


def _cross_entropy(elements: float, product: float, capped: float, inside: float) -> Loss:
    """transformers' own loss: float32 copy, its log-softmax, and in the backward pass two gradients beside that."""
    entry = mapping("memory.yaml")["logits"]["cross_entropy"]
    wide = entry["wide_bytes"] * elements
    copies = entry["forward_wide"] * wide + capped + (product if product < wide else 0.0)
    return Loss(max(inside, copies), copies, entry["backward_wide"] * wide + capped, product)


def _vocabulary_parallel(elements: float, numerics: Numerics) -> Loss:
    """Megatron's loss: a float32 copy that becomes the softmax and then the gradient in place, narrowed for the head."""
    wide = mapping("memory.yaml")["logits"]["vocabulary_parallel"]["wide_bytes"] * elements
    product = numerics.product * elements
    return Loss(product, product + wide, wide + product, product)


def _log_probs(
    shape: Architecture, run: Run, numerics: Numerics, rows: int, elements: float, product: float, capped: float, inside: float
) -> Loss:
    """Log-probabilities of given tokens (trl.trainer.utils.selective_log_softmax), reference logits, copies for metrics."""
    data = mapping("memory.yaml")["logits"]
    method = run.method
    logits = numerics.logits * elements
    row = logits / rows
    entry = data["log_probs"]["full" if numerics.logits == FULL else "half"]
    kept = capped + logits + entry["kept"] * logits
    moments = [capped + logits + (product if product < logits else 0.0), kept + entry.get("forward_rows", 0) * row]
    before = None
    if run.reference in ("shared", "separate") and method.reference_logits:
        before = kept
        moments += [kept + inside + (logits if product < logits else 0.0), kept + logits + row]
        kept += logits
    if method.entropy:
        chunk = data["entropy_chunk_tensors"] * data["entropy_chunk_tokens"] * shape.vocabulary * numerics.logits
        moments.append(kept + chunk + (logits if rows > 1 else 0.0))
    if method.halves:
        # Desirable and undesirable rows are picked out, then the masked tokens of the larger half.
        moments.append(kept + (1 + -(-rows // 2) / rows) * logits)
    backward = max(entry["backward"] * logits, logits + entry.get("backward_rows", 0) * row)
    if run.chosen_loss:
        # The cross entropy of the chosen half: a contiguous copy and its log-softmax, which is kept.
        chosen = data["chosen_loss"] * logits
        moments = [*(moment + chosen for moment in moments), capped + logits + 2 * chosen]
        backward += chosen
    return Loss(inside, max(moments), backward + capped, product, before)


def _in_place(elements: float, run: Run, numerics: Numerics) -> Loss:
    """Log-probabilities by a kernel that turns the logits into their gradient in place; an entropy in the loss forbids that, and adds a
    softmax in float32 and its product with the logits (verl/utils/torch_functional.py, verl/workers/actor/dp_actor.py)."""
    product = numerics.product * elements
    if not run.entropy_loss:
        return Loss(product, product, product, product)
    entry = mapping("memory.yaml")["logits"]["entropy_loss"]
    return Loss(product, product + entry["forward_bytes"] * elements, 2 * product + entry["backward_bytes"] * elements, product)


def _log_softmax(run: Run, numerics: Numerics, elements: float, capped: float, inside: float) -> Loss:
    """All logits are built, those of the completions normalized whole (trl.experimental.online_dpo)."""
    logits, product = elements * numerics.logits, elements * numerics.product
    normalized = logits * min(1.0, (run.completion or run.length) / run.length)
    widened = product if product < logits else 0.0
    first = capped + logits + max(widened, normalized)
    moments = [first]
    kept = capped + normalized
    if run.reference in ("shared", "separate"):
        moments.append(kept + max(inside, logits + max(widened, normalized)))
    backward = capped + max(3 * normalized, logits + normalized, logits + widened)
    return Loss(inside, max(moments), backward, product, kept if run.reference in ("shared", "separate") else None)


def _divergence(numerics: Numerics, elements: float, product: float, capped: float, inside: float) -> Loss:
    """Generalized Jensen-Shannon divergence of whole distributions of student and teacher (trl.experimental.gkd)."""
    entry = mapping("memory.yaml")["logits"]["divergence"]
    logits = numerics.logits * elements
    return Loss(inside, entry["forward"] * logits + capped, entry["backward"] * logits + capped, product, capped + logits)


def _fused(shape: Architecture, tokens: float, numerics: Numerics) -> Loss:
    entry = mapping("memory.yaml")["fused_loss"]
    tile = min(tokens, entry["tile_tokens"]) * min(shape.vocabulary, entry["tile_columns"]) * entry["tile_bytes"]
    gradient = entry["gradient_bytes"] * (tokens * shape.hidden + (shape.vocabulary * shape.hidden if numerics.trains else 0))
    return Loss(tile, tile, tile + gradient, gradient)
