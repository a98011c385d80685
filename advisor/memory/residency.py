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
from advisor.memory.weights import Weights, layer_elements, linear_parameters, scorer_parameters, targets


def widths(run: Run, shape: Architecture) -> tuple[Numerics, float]:
    """Widths of the forward pass, and of the stored base weights. DeepSpeed computes and stores in half precision without autocast; FSDP
    keeps float32 shards and gathers half-precision copies. Megatron computes as DeepSpeed does, with fused norms and activations."""
    weight = run.weight
    autocast = run.half
    stored = weight
    if (run.zero_stage or run.megatron) and run.half:
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
        adapter=run.adapter_width,
        adapter_dropout=run.adapter_dropout,
        kernels=run.kernels or run.megatron,
    ), stored


def resident(run: Run, shape: Architecture, weights: Weights, optimizer: State, cut: Degrees, *, least: bool) -> dict[str, float]:
    """What is alive throughout a step, by component."""
    sharded = cut.weights
    offloaded = run.offloaded
    base = 0.0 if "parameters" in offloaded else weights.base_bytes / sharded
    adapters = (weights.adapters * weights.width + weights.saved * weights.saved_width) / sharded
    states = 0.0 if "optimizer" in offloaded or (least and optimizer.pageable) else _states(run, shape, weights, optimizer, cut)
    found = {"weights": base + adapters, "optimizer": states}
    if run.reference == "separate":
        copy = parameters(shape) * (HALF if run.quantization or ((run.zero_stage or run.megatron) and run.half) else run.weight)
        found["reference"] = 0.0 if "parameters" in offloaded else copy / sharded
    else:
        found["reference"] = 0.0
    width = weights.base_bytes / weights.base if not run.quantization else HALF
    if run.method.reward or (run.method.judge and run.reward_parameters):
        found["reward_model"] = (run.reward_parameters or scorer_parameters(shape)) * width / sharded
    return found | ({} if least and cut.weights == 1 else _communication(run, shape, weights, cut))


def _states(run: Run, shape: Architecture, weights: Weights, optimizer: State, cut: Degrees) -> float:
    """The optimizer's states on one GPU. Where experts lie in groups, the states of an expert are cut into fewer parts."""
    if cut.states == cut.expert_states or run.peft != "none":
        return optimizer.kept / cut.states
    experts = expert_parameters(shape) * (shape.layers - shape.dense_layers) / weights.learning
    return optimizer.kept * ((1 - experts) / cut.states + experts / cut.expert_states)


def _communication(run: Run, shape: Architecture, weights: Weights, cut: Degrees) -> dict[str, float]:
    """Buckets of gradients, and parameters that are whole again for the length of a layer."""
    data = mapping("memory.yaml")
    parts = cut.data * cut.context
    if parts == 1 or run.megatron:  # its gradients lie in one buffer, which is reduced in place
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
    return {"communication": weights.learning_bytes + data["ddp_bucket_bytes"]}


def step(
    run: Run, shape: Architecture, numerics: Numerics, weights: Weights, optimizer: State, cut: Degrees, alive: Mapping[str, float]
) -> Step:
    width = weights.width
    full = run.peft == "none"
    scored = run.method.loss == "score"
    size = weights.learning * FULL if run.megatron else weights.learning_bytes
    gradients = size / cut.gradients if optimizer.gradients else layer_elements(shape) * width
    if "optimizer" in run.offloaded and (run.zero_stage >= 2 or run.fsdp):
        gradients = 0.0  # moved to the host as soon as they are reduced
    if run.zero_stage in (2, 3) and full:
        gradients = max(gradients, layer_elements(shape) * width)
    names = mapping("memory.yaml")["whole_modules"]
    head = weights.head * width / cut.gradients if full else weights.head * weights.saved_width * bool(set(names["head"]) & set(run.saved))
    embedding = weights.embedding * width / cut.gradients if full else 0.0
    copies = 0.0
    batched = expert_parameters(shape) * (shape.layers - shape.dense_layers) if shape.experts and shape.experts.router == "every" else 0
    if numerics.autocast and numerics.weight > HALF and full:
        copies = HALF * (linear_parameters(shape) + (0 if scored else weights.head) + batched)
    length = run.length / cut.context
    rows = run.batch * run.method.rows
    kept = run.completion is not None and run.method.loss != "log_softmax"
    positions = ((run.completion or 0) + 1) / cut.context if kept else length
    update = _update(run, optimizer, cut)
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


def _update(run: Run, optimizer: State, cut: Degrees) -> float:
    """Bytes that the optimizer's step takes for a moment: nothing where it runs on the host; under ZeRO-3 for one group of parameters at a
    time (deepspeed/runtime/zero/stage3.py, sub_group_size)."""
    if "optimizer" in run.offloaded:
        return 0.0
    most = float(mapping("memory.yaml")["zero"]["group_elements"]) * FULL
    return min(optimizer.temporary / cut.states, most) if run.zero_stage == 3 else optimizer.temporary / cut.states
