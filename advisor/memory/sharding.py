"""How many parts each kind of tensor is cut into, and what is whole again for a moment."""

from __future__ import annotations

from dataclasses import dataclass, replace

from advisor.errors import InputError
from advisor.memory.architecture import Architecture
from advisor.memory.settings import Run


@dataclass(frozen=True, slots=True)
class Degrees:
    """GPUs along each axis; `weights`, `gradients`, `states`: into how many parts data parallelism cuts them; `expert_states`: those of
    experts, which fewer GPUs share where experts lie in groups."""

    data: int
    tensor: int
    pipeline: int
    context: int
    expert: int
    sequence: bool = False
    weights: int = 1
    gradients: int = 1
    states: int = 1
    expert_states: int = 1


def degrees(run: Run, gpus: int) -> Degrees:
    """Raises InputError where the degrees do not divide the number of GPUs."""
    if gpus < 1:
        raise InputError("usage", f"{gpus} GPUs: at least one is needed")
    model = run.tensor * run.pipeline * run.context
    if gpus % model:
        named = f"tensor {run.tensor} x pipeline {run.pipeline} x context {run.context}"
        raise InputError("usage", f"parallel sizes contradict each other: {named} = {model} does not divide {gpus} GPUs")
    data = gpus // model
    if run.expert > data * run.tensor * run.context or (data * run.tensor * run.context) % run.expert:
        raise InputError(
            "usage", f"parallel sizes contradict each other: {run.expert} expert groups on {gpus} GPUs with pipeline {run.pipeline}"
        )
    parts = data * run.context
    # Megatron's distributed optimizer cuts the optimizer's states and nothing else.
    stage = min(run.zero_stage, 1) if run.megatron else 3 if run.fsdp else run.zero_stage
    return Degrees(
        data,
        run.tensor,
        run.pipeline,
        run.context,
        run.expert,
        sequence=run.megatron,
        weights=parts if stage >= 3 else 1,
        gradients=parts if stage >= 2 else 1,
        states=parts if stage >= 1 else 1,
        expert_states=max(1, parts * run.tensor // run.expert) if stage >= 1 else 1,
    )


def local(shape: Architecture, cut: Degrees) -> Architecture:
    """The shape that one GPU computes: heads, MLP and vocabulary cut by tensor parallelism, experts by groups, layers by stages."""
    t = cut.tensor
    if t > 1 and shape.heads % t:
        raise InputError("usage", f"parallel.tensor is {t}, which does not divide the model's {shape.heads} attention heads")
    if shape.layers < cut.pipeline:
        raise InputError("usage", f"parallel.pipeline is {cut.pipeline}, but the model has {shape.layers} layers")
    experts = shape.experts
    if experts:
        if experts.count % cut.expert:
            raise InputError("usage", f"parallel.expert is {cut.expert}, which does not divide the model's {experts.count} experts")
        experts = replace(
            experts,
            count=experts.count // cut.expert,
            active=max(1, experts.active),
            shared=experts.shared // t,
            dense=min(experts.dense, -(-shape.layers // cut.pipeline)),
        )
        experts = replace(experts, active=min(experts.active, experts.count)) if cut.expert == 1 else experts
    return replace(
        shape,
        heads=shape.heads // t,
        kv_heads=max(1, shape.kv_heads // t),
        intermediate=-(-shape.intermediate // t),
        vocabulary=-(-shape.vocabulary // t),
        layers=-(-shape.layers // cut.pipeline),
        experts=experts,
        spread=t if cut.sequence else 1,
    )
