"""Measure peak memory of real TRL training steps on a CUDA GPU, to hold the estimate against.

Models have random weights and real shapes; samples have a fixed number of tokens of a vocabulary made here, so that nothing depends on
data and nothing is downloaded. Every run is a process of its own. A line of CSV a run: what was run, peaks of torch's allocator (allocated,
reserved) and of the process as the driver sees it.

    python benchmarks/measure_memory.py --out measured.csv                 the planned runs
    python benchmarks/measure_memory.py --out measured.csv --method dpo --model Qwen/Qwen2.5-0.5B --batch 2 --length 1024
    python benchmarks/measure_memory.py --out tried.csv --method dpo --model openai-community/gpt2 --length 32 --device cpu
                                                                           whether the steps run at all; measures nothing

Needs torch with CUDA, trl, datasets and (for LoRA) peft; pynvml for the process's memory.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

GIB = 2**30
MODELS = ("Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-1.5B", "meta-llama/Llama-3.2-3B", "Qwen/Qwen2.5-7B", "meta-llama/Meta-Llama-3-8B")
COLUMNS = (
    "method",
    "model",
    "peft",
    "dtype",
    "bf16",
    "checkpointing",
    "batch",
    "length",
    "steps",
    "status",
    "allocated_gib",
    "reserved_gib",
    "process_gib",
    "estimate_low",
    "estimate_expected",
    "estimate_high",
    "gpu",
    "torch",
    "trl",
    "transformers",
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="CSV to append to")
    parser.add_argument("--method", choices=["sft", "dpo", "grpo"])
    parser.add_argument("--model", help="a name of schemas/models.csv")
    parser.add_argument("--peft", choices=["none", "lora"], default="none")
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--bf16", action="store_true", help="autocast")
    parser.add_argument("--no-checkpointing", dest="checkpointing", action="store_false")
    parser.add_argument("--batch", type=int, default=2, help="per device: pairs, completions or sequences")
    parser.add_argument("--length", type=int, default=1024, help="tokens of every sample")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    return parser.parse_args()


def planned(options: argparse.Namespace) -> int:
    """Every run of the plan in a process of its own."""
    this = [sys.executable, __file__, "--out", str(options.out), "--steps", str(options.steps)]
    for model, method, peft in itertools.product(MODELS, ("sft", "dpo", "grpo"), ("none", "lora")):
        for flags in ([], ["--no-checkpointing"], ["--dtype", "float32", "--bf16"]):
            subprocess.run([*this, "--model", model, "--method", method, "--peft", peft, *flags], check=False)
    return 0


def settings_of(options: argparse.Namespace) -> dict[str, object]:
    half = options.length // 2
    found: dict[str, object] = {
        "method": options.method,
        "batch.per_device": options.batch,
        "lengths.total": options.length,
        "model.dtype": options.dtype,
        "precision.bf16": options.bf16,
        "peft.kind": options.peft,
        "peft.rank": 16,
        "peft.targets": "all-linear",
        "memory.gradient_checkpointing": options.checkpointing,
        "memory.attention": "sdpa",
        "optimizer.name": "adamw_torch_fused",
    }
    return found | ({"lengths.prompt": half, "lengths.completion": half, "kl.coefficient": 0.0} if options.method == "grpo" else {})


def tokenizer_of_words() -> Any:
    """A tokenizer with a few words of one token each; a model may generate others, which decode to nothing."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"<pad>": 0, "</s>": 1, "<unk>": 2, "a": 3}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def samples(method: str, length: int) -> list[dict[str, str]]:
    """Texts whose token counts add up to `length`: one token repeated."""
    word = "a "
    half = word * (length // 2 - 2)
    row = {"sft": {"text": word * length}, "dpo": {"prompt": half, "chosen": half, "rejected": half}, "grpo": {"prompt": half}}[method]
    return [row] * 64


def varied(completions: list[str], **_: Any) -> list[float]:
    """Rewards that differ, so that advantages are not all zero."""
    return [float(place) for place in range(len(completions))]


def train(options: argparse.Namespace, config: dict[str, Any]) -> dict[str, Any]:
    """Run the steps; peaks in GiB."""
    import torch
    import transformers
    import trl
    from datasets import Dataset
    from transformers import AutoConfig, AutoModelForCausalLM

    if options.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    tokenizer = tokenizer_of_words()
    shape = AutoConfig.for_model(config.pop("model_type"), **config)
    # TRL would load the reference by the model's name.
    with_reference = options.method == "dpo" and options.peft == "none"
    with torch.device(options.device):
        made = [AutoModelForCausalLM.from_config(shape, dtype=getattr(torch, options.dtype)) for _ in range(1 + with_reference)]
    kind = {"sft": "SFT", "dpo": "DPO", "grpo": "GRPO"}[options.method]
    half = options.length // 2
    extra: dict[str, Any] = {"max_length": options.length} if options.method != "grpo" else {}
    if options.method == "grpo":
        extra = {
            "max_completion_length": half,
            "num_generations": options.batch,
            "use_vllm": False,
            "generation_kwargs": {"min_new_tokens": half},
        }
    with tempfile.TemporaryDirectory() as folder:
        training = getattr(trl, f"{kind}Config")(
            output_dir=folder,
            per_device_train_batch_size=options.batch,
            gradient_accumulation_steps=1,
            max_steps=options.steps,
            bf16=options.bf16,
            gradient_checkpointing=options.checkpointing,
            optim="adamw_torch_fused" if options.device == "cuda" else "adamw_torch",
            use_cpu=options.device == "cpu",
            report_to="none",
            save_strategy="no",
            logging_steps=1,
            **extra,
        )
        more: dict[str, Any] = {"reward_funcs": varied} if options.method == "grpo" else {}
        if with_reference:
            more["ref_model"] = made[1]
        if options.peft == "lora":
            from peft import LoraConfig

            more["peft_config"] = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
        dataset = Dataset.from_list(samples(options.method, options.length))
        trainer = getattr(trl, f"{kind}Trainer")(model=made[0], args=training, train_dataset=dataset, processing_class=tokenizer, **more)
        status = "ok"
        try:
            trainer.train()
        except torch.cuda.OutOfMemoryError:
            status = "out of memory"
    measured = {"gpu": "none"}
    if options.device == "cuda":
        measured = {
            "allocated_gib": round(torch.cuda.max_memory_allocated() / GIB, 3),
            "reserved_gib": round(torch.cuda.max_memory_reserved() / GIB, 3),
            "process_gib": process_gib(),
            "gpu": torch.cuda.get_device_name(),
        }
    return {
        "status": status,
        **measured,
        "torch": torch.__version__,
        "trl": trl.__version__,
        "transformers": transformers.__version__,
    }


def process_gib() -> float | str:
    """What the driver counts for this process at the end; empty without pynvml."""
    try:
        import os

        import pynvml
    except ImportError:
        return ""
    pynvml.nvmlInit()
    processes = pynvml.nvmlDeviceGetComputeRunningProcesses(pynvml.nvmlDeviceGetHandleByIndex(0))
    return next((round(item.usedGpuMemory / GIB, 3) for item in processes if item.pid == os.getpid() and item.usedGpuMemory), "")


def main() -> int:
    options = arguments()
    if options.model is None:
        return planned(options)
    from advisor.memory.checkpoint import find_architecture
    from advisor.memory.estimate import bare
    from advisor.memory.tables import rows

    row = next((row for row in rows("models.csv") if options.model in (row["hf_repo"], row["model"])), None)
    shape = find_architecture(options.model, None)
    if row is None or shape is None or options.method is None:
        print("give --method and a --model of schemas/models.csv", file=sys.stderr)
        return 2
    estimate = bare(settings_of(options), shape, None, 1)
    assert estimate.peak is not None
    measured = train(options, {"model_type": row["model_type"], **json.loads(row["config"])})
    band = {"estimate_low": estimate.peak.low, "estimate_expected": estimate.peak.expected, "estimate_high": estimate.peak.high}
    line = {**vars(options), **measured, **{name: round(value, 3) for name, value in band.items()}}
    fresh = not options.out.exists()
    with options.out.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        if fresh:
            writer.writeheader()
        writer.writerow(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
