"""What is alive throughout a training step on one GPU, and the amounts that its moments are made of."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.memory.architecture import Architecture, expert_parameters, parameters
from advisor.memory.numerics import FULL, HALF, Numerics
from advisor.memory.optimizer_state import State
from advisor.memory.phases import Step
from advisor.memory.settings import Run
from advisor.memory.sharding import Degrees
from advisor.memory.tables import mapping
from advisor.memory.weights import Weights, adapter_width, layer_elements, linear_parameters, targets


def widths(run: Run, shape: Architecture) -> tuple[Numerics, float]:
    """Widths of the forward pass, and of the stored base weights. DeepSpeed computes and stores in half precision without autocast; FSDP
    keeps float32 shards and gathers half-precision copies."""
    weight = run.weight
    autocast = run.half
    stored = weight
    if run.zero_stage and run.half:
        weight = stored = HALF
        autocast = False
    elif run.fsdp and run.half:
        weight = HALF
        stored = FULL if run.peft == "none" else stored
    quantized = mapping("memory.yaml")["quantization"][run.quantization] if run.quantization else None
    if quantized and weight > HALF and run.half:
        weight = HALF
    return Numerics(
        weight=weight,
        autocast=autocast,
        quantized=quantized,
        trains=run.peft == "none",
        rank=run.rank,
        targets=targets(shape, run),
        adapter=adapter_width(run),
        adapter_dropout=run.adapter_dropout,
        kernels=run.kernels,
    ), stored


def resident(run: Run, shape: Architecture, weights: Weights, optimizer: State, cut: Degrees, *, least: bool) -> dict[str, float]:
    """What is alive throughout a step, by component."""
    sharded = cut.weights
    offloaded = run.offloaded
    base = 0.0 if "parameters" in offloaded else weights.base_bytes / sharded
    adapters = weights.adapters * weights.width / sharded
    states = 0.0 if "optimizer" in offloaded or (least and optimizer.pageable) else optimizer.kept / cut.states
    found = {"weights": base + adapters, "optimizer": states}
    if run.reference == "separate":
        copy = parameters(shape) * (HALF if run.quantization or (run.zero_stage and run.half) else run.weight)
        found["reference"] = 0.0 if "parameters" in offloaded else copy / sharded
    else:
        found["reference"] = 0.0
    width = weights.base_bytes / weights.base if not run.quantization else HALF
    if run.method.critic:
        amount = run.critic_parameters or parameters(shape)
        found["critic"] = amount * width / sharded + (
            amount * width / cut.gradients + optimizer.kept / max(1, weights.learning) * amount / cut.states
        )
    if run.method.reward or (run.method.judge and run.reward_parameters):
        found["reward_model"] = (run.reward_parameters or parameters(shape)) * width / sharded
    return found | ({} if least and cut.weights == 1 else _communication(run, shape, weights, cut))


def _communication(run: Run, shape: Architecture, weights: Weights, cut: Degrees) -> dict[str, float]:
    """Buckets of gradients, and parameters that are whole again for the length of a layer."""
    data = mapping("memory.yaml")
    parts = cut.data * cut.context
    if parts == 1:
        return {}
    if cut.weights > 1:
        live = (
            data["zero"]["prefetched_layers"]
            * layer_elements(shape)
            * (HALF if not run.quantization else weights.base_bytes / weights.base)
        )
        return {"gathered": live + shape.vocabulary * shape.hidden * HALF}
    if run.zero_stage:
        elements = min(float(weights.learning), float(shape.hidden * shape.hidden), float(data["zero"]["bucket_elements_default"]))
        return {"communication": data["zero"]["bucket_buffers"] * elements * HALF}
    return {"communication": weights.learning * weights.width + data["ddp_bucket_bytes"]}


def step(
    run: Run, shape: Architecture, numerics: Numerics, weights: Weights, optimizer: State, cut: Degrees, alive: Mapping[str, float]
) -> Step:
    width = weights.width
    full = run.peft == "none"
    scored = run.method.loss == "score"
    gradients = weights.learning * width / cut.gradients if optimizer.gradients else layer_elements(shape) * width
    if run.zero_stage in (2, 3) and full:
        gradients = max(gradients, layer_elements(shape) * width)
    head = weights.head * width / cut.gradients if full else 0.0
    embedding = weights.embedding * width / cut.gradients if full else 0.0
    copies = 0.0
    batched = expert_parameters(shape) * (shape.layers - shape.dense_layers) if shape.experts and shape.experts.router == "every" else 0
    if numerics.autocast and numerics.weight > HALF and full:
        copies = HALF * (linear_parameters(shape) + (0 if scored else weights.head) + batched)
    length = run.length / cut.context
    rows = run.batch * run.method.rows
    positions = (run.completion + 1) / cut.context if run.completion else length
    update = optimizer.temporary / cut.states
    return Step(
        resident=alive,
        gradients=gradients,
        head_gradient=head,
        embedding_gradient=embedding,
        copies=copies,
        update=update,
        rows=rows,
        length=length,
        positions=positions,
    )
