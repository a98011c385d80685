"""Estimates against published measurements of memory: errors by method, and verdicts of runs that are known to have fitted.

    python benchmarks/memory_published.py MEASUREMENTS.csv [--verbose]

Columns that are read: method, model, precision, optimizer, peft, lora_r, seq_len, micro_batch, grad_ckpt, parallelism, attn_impl,
extra, gpu, peak_gb, source, unit, peak_kind, quality, n_gpu. Rows whose model or batch is not known are counted and left out. Which
rows are scored, and what a source says of its rows, stands in memory_published.yaml.
"""

from __future__ import annotations

import argparse
import csv
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from advisor.errors import InputError
from advisor.memory.checkpoint import find_architecture
from advisor.memory.device import Device, find_device
from advisor.memory.estimate import Estimate, bare
from advisor.memory.tables import mapping

LENGTH = re.compile(r"(?:<=)?(\d{2,6})")
AXES = {
    "parallel.tensor": r"tp(\d+)",
    "parallel.pipeline": r"pp(\d+)",
    "parallel.context": r"cp(\d+)|sequence_parallel_size=(\d+)",
    "parallel.expert": r"ep(\d+)",
}
GIGABYTE = 1e9 / 2**30

Row = Mapping[str, str]


class Outcome(NamedTuple):
    """`unscored`: why the row's error says nothing of the estimate, in words; None where it is scored."""

    method: str
    calibrated: bool
    source: str
    unscored: str | None
    error: float | None
    verdict: str
    words: str


@cache
def described() -> dict[str, Any]:
    """How rows are read: memory_published.yaml."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    loaded = yaml.safe_load(text)
    assert isinstance(loaded, dict)
    return loaded


def entries(row: Row) -> list[dict[str, Any]]:
    """What the row's source says of it."""
    return [
        entry
        for entry in described()["sources"]
        if re.search(entry["match"], row["source"]) and all(re.search(p, row[c].lower()) for c, p in entry.get("when", {}).items())
    ]


def climbed(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows of a ladder with what the rows before them switched on."""
    found: list[dict[str, str]] = []
    below = ""
    for row in rows:
        if re.search(described()["ladders"], row["source"]):
            below = f"{below}, {row['extra']}" if row["extra"].startswith("+") else row["extra"]
            row = {**row, "extra": below}
        found.append(row)
    return found


def unscored(row: Row) -> str | None:
    """What the row's description lacks of what decides its memory; None where it lacks nothing."""
    for rule in described()["unscored"]:
        if re.search(rule["matches"], row[rule["column"]].lower()):
            return str(rule["words"])
    filled = re.search(described()["filled"], row["extra"].lower()) or any(entry.get("filled") for entry in entries(row))
    return None if filled else "length is a limit"


def settings_of(row: Row) -> dict[str, object] | None:
    """Canonical settings of a row; None where its length or batch is not known."""
    length, batch = LENGTH.match(row["seq_len"].strip()), row["micro_batch"].strip()
    if not length or not batch.isdigit() or row["method"].startswith("component"):
        return None
    text = " ".join((row["parallelism"], row["extra"], row["precision"], row["optimizer"])).lower()
    peft = row["peft"].lower()
    packed = "packed" in row["extra"].replace("not packed", "") or "packing=true" in text
    if (row["n_gpu"] in ("", "1") and re.search(r"zero-?\d|fsdp", text)) or "full_vit" in row["source"]:
        return None
    found: dict[str, object] = {
        "method": row["method"] if row["method"] != "rm" else "reward",
        "batch.per_device": int(batch),
        "lengths.total": int(length[1]),
        "model.dtype": "float32" if row["precision"].startswith("fp32") else "bfloat16",
        "precision.bf16": "bf16=auto" in text,
        "optimizer.name": re.sub(r"\W+", "_", re.split(r"[(,]", row["optimizer"])[0].strip().lower()),
        "memory.gradient_checkpointing": row["grad_ckpt"].lower().startswith(("true", "full")),
        "memory.attention": "flash_attention_2" if "flash" in row["attn_impl"].lower() or packed else "sdpa",
        "memory.fused_loss": any(word in text for word in ("liger", "chunked", "cce", "packed, compile")),
        "peft.kind": "none" if peft == "full" else "lora",
        "peft.targets": "all-linear" if "all-linear" in text or "lora_target_linear" in text else None,
        "peft.rank": int(row["lora_r"]) if row["lora_r"].isdigit() else 8,
        "memory.packing": packed,
        "memory.optimizer_in_backward": "optimizer_in_bwd" in text,
        "memory.activation_offload": any(word in text for word in ("act offload", "activation offload", "activation_offloading=true")),
        "model.freeze_vision": "freeze_vit=true" in text,
    }
    if peft == "qlora" or "4bit" in peft or "4bit=true" in text:
        found |= {"peft.kind": "qlora", "precision.quantization": "4bit"}
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
    for entry in entries(row):
        found |= entry.get("settings", {})
    return {name: value for name, value in found.items() if value is not None}


def device_of(row: Row) -> Device | None:
    """The GPU that a row names, where it names one that is known."""
    match = re.search(r"(RTX \d{4}|[A-Z]+\d+S?)\D*(\d+)?", row["gpu"])
    if not match:
        return None
    try:
        return find_device(f"{match[1].replace(' ', '')}-{match[2]}gb" if match[2] else match[1])
    except InputError:
        return None


def figure(row: Row) -> float | None:
    """GiB of one GPU; None where the row gives none."""
    if not re.fullmatch(r"[\d.]+", row["peak_gb"]) or row["peak_kind"] == "fits_on":
        return None
    total = any(entry.get("total") for entry in entries(row)) and "TOTAL" in row["extra"]
    if "TOTAL" in row["extra"] and not total:
        return None
    return float(row["peak_gb"]) * (GIGABYTE if row["unit"] == "GB" else 1.0) / (int(row["n_gpu"]) if total else 1)


def allocated(row: Row) -> bool:
    """Whether the figure is of torch's own counter of tensors."""
    return "allocated" in row["peak_kind"] and "nvidia" not in row["peak_kind"]


def counted(row: Row, settings: Mapping[str, object], found: Estimate) -> float:
    """GiB of the estimate that the row's kind of figure counts: torch's own counters know neither the context nor what bitsandbytes pages
    (its states are unified memory, allocated beside torch)."""
    assert found.peak is not None
    if not allocated(row):
        return found.peak.expected
    optimizers = mapping("memory.yaml")["optimizers"]
    name = mapping("memory.yaml")["optimizer_aliases"].get(str(settings["optimizer.name"]), settings["optimizer.name"])
    paged = found.components.get("optimizer", 0.0) if optimizers.get(name, {}).get("pageable") else 0.0
    return found.peak.expected - found.components["overhead"] - paged


def compare(row: Row) -> Outcome | None:
    """None where the row cannot be estimated."""
    settings, shape = settings_of(row), find_architecture(row["model"], None)
    if settings is None or shape is None:
        return None
    found: Estimate = bare(settings, shape, device_of(row), int(row["n_gpu"] or 1))
    if found.peak is None:
        return None
    measured = figure(row)
    error = counted(row, settings, found) / measured - 1 if measured else None
    run = f"{row['method']:5} {row['model'][:34]:34} {row['peft']:8} {row['seq_len'][:10]:10} x{row['micro_batch']:3}"
    band = f"estimate {found.peak.low:.1f} {found.peak.expected:.1f} {found.peak.high:.1f}"
    words = f"{run} {row['parallelism'][:28]:28} {row['peak_gb']:>6} {row['unit']} {band}"
    source = row["source"].removeprefix("github:").partition("@")[0]
    calibrated = bool(re.search(described()["calibrated"], row["source"]))
    return Outcome(row["method"], calibrated, source, unscored(row), error, found.verdict, words)


def report(groups: Mapping[str, list[float]]) -> None:
    for name, errors in sorted(groups.items()):
        sizes = sorted(abs(error) for error in errors)
        middle, bias = 100 * statistics.median(sizes), 100 * statistics.median(errors)
        print(f"{name:54} n={len(errors):3} median |error| {middle:5.1f} %  bias {bias:+6.1f} %  worst {100 * sizes[-1]:.0f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurements", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print every row")
    options = parser.parse_args()
    with options.measurements.open(encoding="utf-8", newline="") as file:
        rows = climbed(list(csv.DictReader(file)))
    outcomes = [outcome for row in rows if (outcome := compare(row))]
    print(f"{len(rows)} rows, {len(outcomes)} estimated")
    groups: dict[str, list[float]] = defaultdict(list)
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in sorted(outcomes, key=lambda item: item.error or 0.0):
        part = "calibrated" if outcome.calibrated else "held-out"
        if outcome.error is not None:
            groups[f"{outcome.method}, {part}, {outcome.unscored or 'scored'}"].append(outcome.error)
            if not outcome.unscored:
                groups[f"{outcome.method}, {part}, scored: {outcome.source}"].append(outcome.error)
        verdicts[part][outcome.verdict] += 1
        if options.verbose:
            error = "" if outcome.error is None else f"{100 * outcome.error:+.0f} %"
            print(f"{error:>7} {part[:4]} {outcome.unscored or 'scored':22.22} {outcome.verdict:12} {outcome.words}")
    report(groups)
    for part, counts in sorted(verdicts.items()):
        print(f"{part}: verdicts of runs that fitted: {dict(counts)}")


if __name__ == "__main__":
    main()
