"""What the tracer is asked: one GPU's step of a run in canonical names, and in words what of the run it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.memory.architecture import Architecture
from advisor.memory.model_config import text_part
from advisor.memory.numerics import HALF
from advisor.memory.optimizer_state import entry_name, state
from advisor.memory.residency import widths
from advisor.memory.settings import Run, read
from advisor.memory.tables import mapping
from advisor.memory.weights import weigh


class CannotTraceError(Exception):
    """Why there is no trace, in words."""


@dataclass(frozen=True, slots=True)
class Case:
    """`config`: a config.json without code or quantization; `settings`: canonical names of the step as one GPU would run it that holds
    everything; `optimizer`: bytes kept and temporary where torch's AdamW does not stand for it; `left_out`: parts of the run that make it
    differ from this step; `remarks`: what else is not traced, or traced as something else."""

    config: Mapping[str, Any]
    settings: Mapping[str, Any]
    optimizer: Mapping[str, float] | None
    left_out: tuple[str, ...]
    remarks: tuple[str, ...]


def case_of(settings: Mapping[str, object], config: Mapping[str, Any], shape: Architecture, gpus: int) -> Case:
    """The case of a run. Raises CannotTraceError for a method without a traced step, InputError for settings that cannot be read."""
    data = mapping("memory.yaml")["exact"]
    run = read(settings)
    step = data["steps"].get(run.method.name)
    if step is None:
        raise CannotTraceError(f"the method {run.method.name} has no traced step ({', '.join(data['steps'])} have)")
    kind, text = text_part(config)
    if not kind:
        raise CannotTraceError("the model's config.json names no model_type")
    key, _ = entry_name(run.optimizer)
    named = data["optimizers"].get(key)
    alone = {
        **_alone(run, data),
        "method": step,
        "optimizer.name": named or data["optimizers"][mapping("memory.yaml")["optimizer_unknown"]],
    }
    remarks = list(_remarks(run, step, key, named is not None))
    if run.half and (shape.norm.startswith("layer") or shape.eager_only or shape.activation in data["widened_activations"]):
        remarks.append("autocast is a CPU's: CUDA's also widens layer norms, powers and softmax")
    return Case(
        {**cleaned(text, frozenset(data["ignored_keys"])), "model_type": kind},
        alone,
        None if named else _placed(alone, run, shape),
        tuple(_left_out(run, config, gpus)),
        tuple(remarks),
    )


def cleaned(value: Any, ignored: frozenset[str]) -> Any:
    """A config.json without the ignored keys, at whatever depth they stand."""
    if isinstance(value, Mapping):
        return {str(key): cleaned(inner, ignored) for key, inner in value.items() if key not in ignored}
    return [cleaned(inner, ignored) for inner in value] if isinstance(value, list) else value


def _alone(run: Run, data: Mapping[str, Any]) -> dict[str, Any]:
    """The step on one GPU, as settings that say everything. DeepSpeed computes in the width that it stores, without autocast."""
    engine = run.wide_states and run.half
    settings: dict[str, Any] = {
        "batch.per_device": run.batch,
        "batch.accumulation": min(run.accumulation, data["accumulation"]),
        "lengths.total": run.length,
        "memory.gradient_checkpointing": run.checkpointing,
        "memory.attention": "flash_attention_2" if run.attention == "flash" else run.attention,
        "memory.fused_loss": run.fused_loss,
        "model.dtype": "float32" if run.weight > HALF and not engine and not run.quantization else "bfloat16",
        "precision.bf16": run.half and not engine,
        "peft.kind": "lora" if run.peft != "none" else "none",
        "reference.precompute": run.reference == "precomputed",
        "kl.coefficient": 0.0 if run.reference == "none" else 1.0,
        "loss.sft_weight": 1.0 if run.chosen_loss else 0.0,
    }
    if run.peft != "none":
        settings |= {"peft.rank": run.rank, "peft.dropout": run.adapter_dropout}
        settings["peft.targets"] = run.targets if isinstance(run.targets, str) else list(run.targets)
        settings["reference.sync"] = run.reference == "separate"
    if run.completion:
        settings |= {"lengths.completion": run.completion, "lengths.prompt": max(1, run.length - run.completion)}
    return settings


def _placed(alone: Mapping[str, Any], run: Run, shape: Architecture) -> dict[str, float]:
    """What the closed form counts for an optimizer that cannot run without a GPU or another package."""
    one = read(alone)
    _, width = widths(one, shape)
    found = state(run.optimizer, weigh(shape, one, width), hidden=shape.hidden, deepspeed=False)
    return {"kept": found.kept, "temporary": found.temporary}


def _left_out(run: Run, config: Mapping[str, Any], gpus: int) -> Iterator[str]:
    """What makes the run need another amount of memory than the traced step."""
    if run.megatron:
        yield "Megatron's buffers and float32 copies"
    elif gpus > 1 and run.fsdp:
        yield "sharding by FSDP"
    elif gpus > 1 and run.zero_stage:
        yield f"sharding by ZeRO-{run.zero_stage}"
    elif run.zero_stage:
        yield "DeepSpeed's float32 copies"
    for size, words in ((run.tensor, "tensor"), (run.pipeline, "pipeline"), (run.context, "context"), (run.expert, "expert")):
        if size > 1:
            yield f"{words} parallelism"
    yield from _unmatched(run)
    if run.offloaded:
        yield f"offloading of {' and '.join(sorted(run.offloaded))}"
    if run.quantization:
        yield f"{run.quantization} weights (traced in bfloat16)"
    if run.kernels:
        yield "fused norm and activation kernels"
    if run.optimizer_in_backward:
        yield "updates within the backward pass"
    if isinstance(config.get("vision_config"), Mapping):
        yield "the vision tower and images"


def _unmatched(run: Run) -> Iterator[str]:
    if run.together is not None:
        yield "log-probabilities by a kernel that works in place"
    if run.saved:
        yield "modules that learn beside the adapters"
    if run.method.critic and run.critic_parameters:
        yield "a critic of another size than the policy"


def _remarks(run: Run, step: str, optimizer: str, real: bool) -> Iterator[str]:
    if step != run.method.name:
        yield f"{run.method.name} is traced as {step}"
    if run.peft not in ("none", "lora", "qlora"):
        yield f"{run.peft} is traced as LoRA"
    if not real:
        yield f"{optimizer} is not run: its states are those of the closed form"
    if run.method.online:
        yield "generation is not traced: the closed form's figures stand"
