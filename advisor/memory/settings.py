"""What the estimate needs to know of a run, read from canonical names and checked; what is missing is assumed, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.errors import InputError
from advisor.memory.adapters import adapter_width, adapters_of, saved_modules, targets_of
from advisor.memory.method import Method, method_of
from advisor.memory.reader import OFF_WORDS, Reader
from advisor.memory.rows import rows_of
from advisor.memory.tables import mapping


@dataclass(frozen=True, slots=True)
class Run:
    """A run in plain terms. Widths are bytes, lengths tokens. `length`: of a row of the forward pass; `sequence`: of the longest sample,
    which is the same unless tokens size the micro-batches; `together`: samples in such a row at most, None where a row is one sample.
    `assumed` says in words what the settings did not."""

    method: Method
    batch: int
    accumulation: int
    length: int
    sequence: int
    together: float | None
    completion: int | None
    weight: float
    half: bool
    peft: str
    rank: int
    targets: tuple[str, ...] | str
    saved: tuple[str, ...]
    adapter_dropout: float
    adapter_width: float
    quantization: str | None
    optimizer: str
    checkpointing: bool
    attention: str
    padded: bool
    fused_loss: bool
    chosen_loss: bool
    entropy_loss: bool
    kernels: bool
    offloaded: frozenset[str]
    zero_stage: int
    fsdp: bool
    tensor: int
    pipeline: int
    context: int
    expert: int
    megatron: bool
    reference: str
    engine: str
    engine_share: float
    engine_sleeps: bool
    engine_length: int | None
    engine_tensor: int
    generation_batch: int
    critic_parameters: float | None
    reward_parameters: float | None
    images: int
    vision_frozen: bool
    optimizer_in_backward: bool
    assumed: tuple[str, ...]

    @property
    def wide_states(self) -> bool:
        """The optimizer keeps float32 weights and moments whatever the width of the weights."""
        return self.zero_stage > 0 or self.megatron


def read(settings: Mapping[str, object]) -> Run:
    """The run that `settings` describe. Raises InputError for a value that cannot be, and for a run without batch or length."""
    r = Reader(settings)
    method = method_of(r.word("method"))
    length, completion = _lengths(r, method)
    rows = rows_of(r, length)
    completions = rows.samples
    weight, half = _precision(r)
    peft, quantization = adapters_of(r)
    attention, padded = _attention(r)
    engine, share = _engine(r, method)
    megatron = bool(r.flag("parallel.megatron"))
    zero_stage = _zero(r, missing=1 if megatron else 0)
    accumulation = max(r.count("batch.accumulation") or 1, rows.least_steps)
    packed = rows.together is not None
    if packed:
        padded, completion = False, None
        attention = "flash" if attention == "sdpa" else attention
    return Run(
        method=method,
        batch=rows.batch,
        accumulation=accumulation,
        length=rows.length,
        sequence=length,
        together=rows.together,
        completion=completion,
        weight=weight,
        half=half,
        peft=peft,
        rank=(r.count("peft.rank") or 8) if peft != "none" else 0,
        targets=targets_of(r) if peft != "none" else (),
        saved=saved_modules(r) if peft != "none" else (),
        adapter_dropout=r.number("peft.dropout") or 0.0,
        adapter_width=adapter_width(r, quantization, zero_stage, megatron),
        quantization=quantization,
        optimizer=r.word("optimizer.name") or "",
        checkpointing=bool(r.flag("memory.gradient_checkpointing")),
        attention=attention,
        padded=padded,
        fused_loss=bool(r.flag("memory.fused_loss")),
        chosen_loss=bool(_chosen_loss(r, method)),
        entropy_loss=bool(r.number("loss.entropy_coefficient")),
        kernels=bool(r.flag("memory.fused_kernels")),
        offloaded=_offloaded(r),
        zero_stage=zero_stage,
        fsdp=bool(r.flag("parallel.fsdp")),
        tensor=r.degree("parallel.tensor"),
        pipeline=r.degree("parallel.pipeline"),
        context=r.degree("parallel.context") * r.degree("parallel.sequence"),
        expert=r.degree("parallel.expert"),
        megatron=megatron,
        reference=_reference(r, method, peft),
        engine=engine,
        engine_share=share,
        engine_sleeps=bool(r.flag("rollout.engine_sleep")),
        engine_length=r.count("rollout.engine_max_length"),
        engine_tensor=r.degree("rollout.engine_tensor"),
        generation_batch=_generated(r, method, completions * accumulation),
        critic_parameters=r.number("critic.parameters"),
        reward_parameters=r.number("reward.parameters"),
        images=r.count("data.images_per_sample") or 0,
        vision_frozen=bool(r.flag("model.freeze_vision")),
        optimizer_in_backward=bool(r.flag("memory.optimizer_in_backward")),
        assumed=tuple(r.assumed),
    )


def _lengths(r: Reader, method: Method) -> tuple[int, int | None]:
    total, prompt, completion = (r.count(f"lengths.{part}") for part in ("total", "prompt", "completion"))
    if method.online and completion:
        if prompt is None and total is None:
            prompt = completion
            r.assume(f"prompts as long as completions ({prompt} tokens): lengths.prompt is not known")
        return (prompt + completion if prompt else total or completion), completion
    if total is None and prompt and completion:
        total = prompt + completion
    if total is None:
        raise InputError(
            "usage", "lengths.total is not known (or lengths.prompt with lengths.completion): memory cannot be estimated without it"
        )
    return total, completion if method.completion_only else None


def _generated(r: Reader, method: Method, completions: int) -> int:
    """Completions that one GPU generates at once: prompts of a rollout times group size, shared by the GPUs; else one optimizer step's."""
    prompts, devices = r.count("batch.prompts"), r.count("batch.devices") or r.count("hardware.gpus") or 1
    if prompts is None:
        return completions
    return -(-prompts * (r.count("rollout.group_size") or method.group) // devices)


def _precision(r: Reader) -> tuple[float, bool]:
    data = mapping("memory.yaml")
    name = (r.word("model.dtype") or "").removeprefix("torch.")
    half = bool(r.flag("precision.bf16")) or bool(r.flag("precision.fp16"))
    if name not in data["dtypes"] or name == "auto":
        name = data["dtype_unknown"]
        r.assume(f"weights load as {name}: model.dtype is not known")
    return float(data["dtypes"][name]), half


def _chosen_loss(r: Reader, method: Method) -> float:
    """Weight of a cross entropy of the chosen half beside the comparison; ORPO's is part of its definition."""
    weight = r.number("loss.sft_weight")
    return method.chosen_loss if weight is None or method.name == "orpo" or not method.chooses else weight


def _attention(r: Reader) -> tuple[str, bool]:
    """One of eager, sdpa, flash; and whether batches carry a padding mask."""
    word = r.word("memory.attention") or "sdpa"
    padded = r.flag("memory.packing") is not True
    if "flash" in word or "xformers" in word or word.startswith("fa") or "kernels-community" in word:
        return "flash", padded
    return ("eager" if word == "eager" else "sdpa" if padded else "flash"), padded


def _offloaded(r: Reader) -> frozenset[str]:
    """Of optimizer, parameters, activations: what the host holds."""
    value = r.settings.get("parallel.offload")
    found = set()
    words = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value).lower() if value else ""
    if value is True or any(word in words for word in ("optim", "cpu", "true", "all", "nvme")):
        found.add("optimizer")
    if any(word in words for word in ("param", "all")):
        found |= {"parameters", "optimizer"}
    if r.flag("memory.activation_offload"):
        found.add("activations")
    return frozenset(found)


def _zero(r: Reader, *, missing: int) -> int:
    stage = r.number("parallel.zero_stage")
    if stage is None:
        return missing
    if stage not in (0, 1, 2, 3):
        raise InputError("usage", f"parallel.zero_stage is {stage:g}: DeepSpeed has the stages 0 to 3")
    return int(stage)


def _reference(r: Reader, method: Method, peft: str) -> str:
    """One of none, precomputed, shared (the adapter is switched off), separate."""
    coefficient = r.number("kl.coefficient")
    wanted = method.reference or (method.reference_by_kl and bool(coefficient))
    if method.reference and method.online and coefficient == 0 and method.name not in ("online_dpo", "xpo", "nash_md"):
        wanted = False
    if not wanted:
        return "none"
    if method.teacher:
        return "separate"
    if r.flag("reference.precompute"):
        return "precomputed"
    named, own = r.word("reference.model"), r.word("model.name")
    if peft != "none" and (named is None or named == own) and not r.flag("reference.sync"):
        return "shared"
    return "separate"


def _engine(r: Reader, method: Method) -> tuple[str, float]:
    """Where completions come from: none, generate (the trained model itself), colocate, server."""
    share = r.number("rollout.engine_memory")
    if share is not None and not 0 < share <= 1:
        raise InputError("usage", f"rollout.engine_memory is {share:g}: a share of the GPU between 0 and 1 is needed")
    share = share if share is not None else float(mapping("memory.yaml")["engine"]["default_share"])
    if not method.online:
        return "none", 0.0
    engine, mode = r.word("rollout.engine") or "hf", r.word("rollout.engine_mode") or "colocate"
    if engine in OFF_WORDS | {"hf", "transformers", "generate"}:
        return "generate", 0.0
    return ("colocate", share) if mode in ("colocate", "colocated", "hybrid", "local") else ("server", 0.0)
