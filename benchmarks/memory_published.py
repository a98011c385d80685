"""Estimates against published measurements of memory: errors by method, and verdicts of runs that are known to have fitted.

    python benchmarks/memory_published.py MEASUREMENTS.csv [--verbose]

Columns that are read: method, model, precision, optimizer, peft, lora_r, seq_len, micro_batch, grad_ckpt, parallelism, attn_impl,
extra, gpu, peak_gb, source, unit, peak_kind, quality, n_gpu. Rows whose model, length or batch is not known are counted and left out.
"""

from __future__ import annotations

import argparse
import csv
import re
import statistics
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

from advisor.errors import InputError
from advisor.memory.checkpoint import find_architecture
from advisor.memory.device import Device, find_device
from advisor.memory.estimate import Estimate, bare

# A group of sources to which the overhead constant was fitted; everything else is held out.
CALIBRATED = re.compile(r"huggingface/peft|pytorch/torchtune@bd2a0fc7c")
LENGTH = re.compile(r"(?:<=)?(\d{2,6})")
AXES = {
    "parallel.tensor": r"tp(\d+)",
    "parallel.pipeline": r"pp(\d+)",
    "parallel.context": r"cp(\d+)|sequence_parallel_size=(\d+)",
    "parallel.expert": r"ep(\d+)",
}
GIGABYTE = 1e9 / 2**30


class Outcome(NamedTuple):
    method: str
    calibrated: bool
    capped: bool
    error: float | None
    verdict: str
    words: str


def settings_of(row: dict[str, str]) -> dict[str, object] | None:
    """Canonical settings of a row; None where its length or batch is not known."""
    length, batch = LENGTH.match(row["seq_len"].strip()), row["micro_batch"].strip()
    if not length or not batch.isdigit() or row["method"].startswith("component"):
        return None
    text = " ".join((row["parallelism"], row["extra"], row["precision"], row["optimizer"])).lower()
    peft = row["peft"].lower()
    packed = "packed" in row["extra"].replace("not packed", "") or "packing=true" in text
    megatron = "megatron" in text
    if (row["n_gpu"] in ("", "1") and re.search(r"zero-?\d|fsdp", text)) or "full_vit" in row["source"]:
        return None
    found: dict[str, object] = {
        "method": row["method"] if row["method"] != "rm" else "reward",
        "batch.per_device": int(batch),
        "lengths.total": int(length[1]),
        "model.dtype": "float32" if "fp32 master" in text or row["precision"].startswith("fp32") else "bfloat16",
        "precision.bf16": megatron or "bf16=auto" in text or "fp32 master" in text,
        "optimizer.name": re.sub(r"\W+", "_", row["optimizer"].split("(")[0].strip().lower()),
        "memory.gradient_checkpointing": row["grad_ckpt"].lower().startswith(("true", "full")),
        "memory.attention": "flash_attention_2" if "flash" in row["attn_impl"].lower() or packed else "sdpa",
        "memory.fused_loss": megatron or any(word in text for word in ("liger", "chunked", "cce", "packed, compile")),
        "peft.kind": "none" if peft == "full" else "lora",
        "peft.targets": "all-linear" if "all-linear" in text or "lora_target_linear" in text else None,
        "peft.rank": int(row["lora_r"]) if row["lora_r"].isdigit() else 8,
        "memory.packing": packed,
        "memory.optimizer_in_backward": "optimizer_in_bwd" in text,
        "memory.activation_offload": "act offload" in text or "activation offload" in text,
        "model.freeze_vision": "freeze_vit=true" in text,
    }
    if peft == "qlora" or "4bit" in peft or "4bit=true" in text:
        found |= {"peft.kind": "qlora", "precision.quantization": "4bit"}
    if megatron:
        found["parallel.zero_stage"] = 1
    zero = re.search(r"zero-?(\d)", text)
    if zero:
        found["parallel.zero_stage"] = int(zero[1])
        found["precision.bf16"] = True
    for name, pattern in AXES.items():
        if size := re.search(pattern, text):
            found[name] = int(next(filter(None, size.groups())))
    found["parallel.fsdp"] = "fsdp" in text
    if re.search("cpu offload|zero3_offload", text):
        found["parallel.offload"] = "params"
    elif re.search(r"[_(]offload", text):
        found["parallel.offload"] = "cpu"
    return {name: value for name, value in found.items() if value is not None}


def device_of(row: dict[str, str]) -> Device | None:
    """The GPU that a row names, where it names one that is known."""
    match = re.search(r"(RTX \d{4}|[A-Z]+\d+S?)\D*(\d+)?", row["gpu"])
    if not match:
        return None
    try:
        return find_device(f"{match[1].replace(' ', '')}-{match[2]}gb" if match[2] else match[1])
    except InputError:
        return None


def compare(row: dict[str, str]) -> Outcome | None:
    """None where the row cannot be estimated."""
    settings, shape = settings_of(row), find_architecture(row["model"], None)
    if settings is None or shape is None:
        return None
    device = device_of(row)
    found: Estimate = bare(settings, shape, device, int(row["n_gpu"] or 1))
    if found.peak is None:
        return None
    capped = not ("pack" in row["extra"].lower() or row["quality"] == "A")
    error = None
    if re.fullmatch(r"[\d.]+", row["peak_gb"]) and row["peak_kind"] != "fits_on" and "TOTAL" not in row["extra"]:
        measured = float(row["peak_gb"]) * (GIGABYTE if row["unit"] == "GB" else 1.0)
        tensors = found.peak.expected - (found.components["overhead"] if "allocated" in row["peak_kind"] else 0.0)
        error = tensors / measured - 1
    run = f"{row['method']:5} {row['model'][:34]:34} {row['peft']:8} {row['seq_len'][:10]:10} x{row['micro_batch']:3}"
    band = f"estimate {found.peak.low:.1f} {found.peak.expected:.1f} {found.peak.high:.1f}"
    words = f"{run} {row['parallelism'][:28]:28} {row['peak_gb']:>6} {band}"
    return Outcome(row["method"], bool(CALIBRATED.search(row["source"])), capped, error, found.verdict, words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurements", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print every row")
    options = parser.parse_args()
    with options.measurements.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    outcomes = [outcome for row in rows if (outcome := compare(row))]
    print(f"{len(rows)} rows, {len(outcomes)} estimated")
    groups: dict[str, list[float]] = defaultdict(list)
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        part = "calibrated" if outcome.calibrated else "held-out"
        if outcome.error is not None:
            groups[f"{part}, {'length is a limit' if outcome.capped else 'length known'}, {outcome.method}"].append(outcome.error)
        verdicts[part][outcome.verdict] += 1
        if options.verbose:
            print(f"{'' if outcome.error is None else f'{100 * outcome.error:+.0f} %':>7} {outcome.verdict:12} {outcome.words}")
    for name, errors in sorted(groups.items()):
        sizes = [abs(error) for error in errors]
        middle, bias = 100 * statistics.median(sizes), 100 * statistics.median(errors)
        print(f"{name:45} n={len(errors):3} median |error| {middle:5.1f} %  bias {bias:+5.1f} %")
    for part, counts in sorted(verdicts.items()):
        print(f"{part}: verdicts of runs that fitted: {dict(counts)}")


if __name__ == "__main__":
    main()
