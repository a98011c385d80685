"""The sections that every method shares: model, optimizer, schedule, batch, lengths, precision, hardware and upkeep."""

from __future__ import annotations

from advisor.configuration.declaration import Section, value


class Data(Section):
    samples: int | None = value("training pairs or prompts in the data set", "samples", minimum=1, option="--samples")


class Hardware(Section):
    gpu: str | None = value("kind of the target GPUs", option="--gpu")
    gpus: int | None = value("number of GPUs", "GPUs", minimum=1, option="--gpus")


class Model(Section):
    name: str | None = value("model name or path")
    parameters: float | None = value("number of parameters", "parameters", above=0, option="--model-size")
    dtype: str | None = value("data type in which the weights are loaded")
    family: str | None = value("model family")


class Peft(Section):
    kind: str | None = value("parameter-efficient fine-tuning", choices=("none", "lora", "qlora"))
    rank: int | None = value("LoRA rank", minimum=1)
    alpha: float | None = value("LoRA alpha: the update is scaled by alpha / rank", above=0)
    dropout: float | None = value("LoRA dropout", "probability", minimum=0, maximum=1)
    targets: list[str] | str | None = value("modules that carry adapters")
    saved_modules: list[str] | str | None = value("modules trained whole beside the adapters")


class Optimizer(Section):
    name: str | None = value("optimizer")
    learning_rate: float | None = value("peak learning rate", "per optimizer step", minimum=0)
    weight_decay: float | None = value("weight decay", minimum=0)
    beta1: float | None = value("Adam's first decay rate", minimum=0, maximum=1)
    beta2: float | None = value("Adam's second decay rate", minimum=0, maximum=1)
    epsilon: float | None = value("Adam's epsilon", minimum=0)
    max_grad_norm: float | None = value("gradient norm above which gradients are scaled down; 0 or less is no clipping")


class Schedule(Section):
    name: str | None = value("learning-rate schedule")
    warmup_steps: float | None = value("warm-up", "optimizer steps", minimum=0)
    warmup_ratio: float | None = value("warm-up as a share of the run", "share", minimum=0, maximum=1)
    epochs: float | None = value("passes over the data", "epochs", minimum=0)
    max_steps: int | None = value("optimizer steps after which the run ends; not positive is no limit", "optimizer steps")
    total_steps: float | None = value("optimizer steps of the whole run", "optimizer steps", minimum=0)


class Batch(Section):
    per_device: float | None = value("samples per device and forward pass", "pairs or completions", minimum=1)
    accumulation: int | None = value("gradient accumulation", "micro-batches", minimum=1)
    devices: int | None = value("data-parallel devices", "devices", minimum=1, option="--gpus")
    effective: float | None = value("samples per optimizer step", "pairs or completions", minimum=1)
    prompts: float | None = value("prompts per rollout", "prompts", minimum=1)
    generation: float | None = value("completions per rollout", "completions", minimum=1)
    mini: float | None = value("samples per update", "samples", minimum=1)
    micro: float | None = value("samples per forward pass in RL engines", "samples", minimum=1)
    micro_tokens: int | None = value("tokens per forward pass and device, where tokens size the micro-batches", "tokens", minimum=1)
    eval_per_device: float | None = value("evaluation samples per device", "samples", minimum=1)


class Lengths(Section):
    total: int | None = value("longest sequence, prompt and answer", "tokens", minimum=1)
    prompt: int | None = value("longest prompt", "tokens", minimum=1)
    completion: int | None = value("longest answer", "tokens", minimum=1)
    truncation: str | None = value("which end is cut off")


class Precision(Section):
    bf16: bool | None = value("bfloat16 mixed precision")
    fp16: bool | None = value("float16 mixed precision")
    quantization: float | None = value("bits of the quantised base model", "bits", above=0)


class Memory(Section):
    gradient_checkpointing: bool | None = value("recompute activations in the backward pass")
    attention: str | None = value("attention implementation")
    fused_loss: bool | None = value("loss computed without materialising all logits")
    fused_kernels: bool | None = value("norms and activations in one kernel each, which keeps its inputs only")


class Estimate(Section):
    low: float | None = value("lower end of the predicted peak per GPU", "GiB", minimum=0)
    peak: float | None = value("predicted peak per GPU", "GiB", minimum=0)
    high: float | None = value("upper end of the predicted peak per GPU", "GiB", minimum=0)
    usable: float | None = value("memory that a process can use on the target GPU", "GiB", minimum=0)
    phase: str | None = value("phase that needs the most memory")
    logits: float | None = value("logits and loss at the predicted peak", "GiB", minimum=0)
    engine: float | None = value("share of a generation engine at the predicted peak", "GiB", minimum=0)
    lever: str | None = value("canonical name whose change is the cheapest that fits")
    lever_value: int | None = value("value of a cheapest change that is a number")
    lever_words: str | None = value("cheapest change that fits, in words")


class Parallel(Section):
    zero_stage: int | None = value("DeepSpeed ZeRO stage", minimum=0, maximum=3)
    fsdp: bool | None = value("fully sharded data parallelism")
    megatron: bool | None = value("trained by Megatron: its buffers, optimizer and parallel layers")
    tensor: int | None = value("tensor-parallel size", "GPUs", minimum=1)
    pipeline: int | None = value("pipeline stages", "stages", minimum=1)
    context: int | None = value("context- or sequence-parallel size", "GPUs", minimum=1)
    expert: int | None = value("expert-parallel size", "GPUs", minimum=1)
    offload: bool | None = value("states or weights kept in host memory")


class Reference(Section):
    model: str | None = value("reference model")
    precompute: bool | None = value("reference log-probabilities computed before training")
    sync: bool | None = value("reference model follows the policy")


class Upkeep(Section):
    logging_steps: float | None = value("steps between log lines", "optimizer steps")
    eval_steps: float | None = value("steps between evaluations; negative is never", "optimizer steps")
    save_steps: float | None = value("steps between checkpoints", "optimizer steps")
    eval_strategy: str | None = value("when to evaluate")
    save_strategy: str | None = value("when to save")
