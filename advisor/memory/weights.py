"""Parameters of the trained model by what happens to them: base weights, adapters, what learns, what is quantized."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.memory.architecture import (
    Architecture,
    convolution_linears,
    expert_parameters,
    head_parameters,
    layer_parameters,
    linears,
    norm_parameters,
    outer_parameters,
    parameters,
)
from advisor.memory.experts import EXPERTS, GROUPED
from advisor.memory.settings import Run
from advisor.memory.tables import mapping


@dataclass(frozen=True, slots=True)
class Weights:
    """Elements and bytes on one GPU before data-parallel sharding. `outer`: embeddings and head among the learning elements;
    `width`: bytes of a learning element; `largest`: elements of the largest learning tensor; `saved`: elements of whole modules that learn
    beside adapters, as copies of `saved_width` bytes an element."""

    base: int
    base_bytes: float
    adapters: int
    learning: int
    outer: int
    width: float
    largest: int
    head: int
    embedding: int
    saved: int = 0
    saved_width: float = 0.0

    @property
    def learning_bytes(self) -> float:
        return (self.learning - self.saved) * self.width + self.saved * self.saved_width


def targets(shape: Architecture, run: Run) -> frozenset[str]:
    """Names of the linear layers that carry an adapter. PEFT's own default is query and value, or the fused projection."""
    kinds = [dense for dense in (True, False) if dense or shape.experts]
    names = {item[0] for dense in kinds for item in linears(shape, dense=dense)}
    names |= {item[0] for item in convolution_linears(shape)} if shape.convolutions else set()
    if run.peft == "none":
        return frozenset()
    if run.targets:
        wanted = names if run.targets == "all-linear" else names & set(run.targets)
        if run.megatron and shape.experts and run.targets == "all-linear":
            return frozenset(wanted | {GROUPED})
        inner = set(shape.mlp) & wanted or {"w1", "w2", "w3"} & set(run.targets)
        # PEFT takes the MLP's names for the stacked experts' where a family has both.
        return frozenset((wanted - set(shape.mlp)) | {EXPERTS}) if shape.expert_adapters and inner else frozenset(wanted)
    attention = shape.attention
    return frozenset({attention[0]} if len(attention) == 2 or shape.latent else {attention[0], attention[2]})


def adapter_parameters(shape: Architecture, run: Run) -> int:
    """Two low-rank matrices for every target in every layer."""
    chosen = targets(shape, run)

    def of(dense: bool, convolution: bool) -> int:
        layers = linears(shape, dense=dense, convolution=convolution)
        total = sum(run.rank * (into + out) for name, into, out, _ in layers if name in chosen)
        e = shape.experts
        if e and not dense and EXPERTS in chosen:
            total += run.rank * (
                2 * e.count * (shape.hidden + 2 * e.intermediate) + e.count * (e.intermediate + shape.hidden) + shape.hidden + e.count
            )
        if e and not dense and GROUPED in chosen:
            total += run.rank * e.count * (2 * shape.hidden + 3 * e.intermediate)
        return total

    return sum(count * of(dense, convolution) for count, dense, convolution in shape.stretches)


def linear_parameters(shape: Architecture) -> int:
    """Elements in linear layers of all decoder layers: what quantization reaches (experts are stacked tensors, which it does not)."""
    return sum(
        count * sum(into * out for _, into, out, _ in linears(shape, dense=dense, convolution=convolution))
        for count, dense, convolution in shape.stretches
    )


def scorer_parameters(shape: Architecture) -> int:
    """Of a model that gives one score in the place of logits."""
    return parameters(shape) + shape.hidden - (0 if shape.tied else head_parameters(shape))


def weigh(shape: Architecture, run: Run, weight: float) -> Weights:
    """`weight`: bytes of an unquantized base element."""
    scored = run.method.loss == "score"
    head = shape.hidden if scored else head_parameters(shape)
    base = scorer_parameters(shape) if scored else parameters(shape)
    embedding = shape.vocabulary * shape.hidden
    base_bytes = base * weight
    if run.quantization:
        linear = linear_parameters(shape)
        base_bytes = linear * mapping("memory.yaml")["quantization"][run.quantization] + (base - linear) * weight
    if run.peft == "none":
        largest = max(embedding, expert_parameters(shape) * 2 // 3, *(into * out for _, into, out, _ in linears(shape, dense=True)))
        vision = shape.vision.parameters if shape.vision and run.vision_frozen else 0
        outer = outer_parameters(shape) + (head if not shape.tied or scored else 0) + shape.layers * norm_parameters(shape)
        return Weights(base, base_bytes, 0, base - vision, outer, weight, largest, head, embedding)
    adapters = adapter_parameters(shape, run) + (shape.hidden if scored else 0)
    names = mapping("memory.yaml")["whole_modules"]
    saved = sum(size for part, size in (("embedding", embedding), ("head", head)) if set(names[part]) & set(run.saved))
    return Weights(base, base_bytes, adapters, adapters + saved, 0, run.adapter_width, max(adapters, saved), head, embedding, saved, weight)


def layer_elements(shape: Architecture) -> int:
    """Elements of the largest decoder layer."""
    return max(layer_parameters(shape, dense=dense, convolution=convolution) for _, dense, convolution in shape.stretches)
