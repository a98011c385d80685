"""This estimate and those of others on the same runs: median and largest errors by method.

    python benchmarks/memory_peers.py [TRACES.jsonl ...] [--published MEASUREMENTS.csv] [--without-adapters]

Traced rows (by default those of tests/memory/data) hold tensors only, so every estimate is taken without its own allowance for context and
fragmentation; published rows hold what a GPU was seen to use, so every estimate is taken with it. Others are asked as their users could at
best: with the exact number of parameters, and with both halves of a pair counted in the batch. Needs the packages asked (accelerate,
deepspeed, fitcheck-llm, torch-preflight); one that is not installed is left out, and said.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

from advisor.memory.architecture import Architecture, linears, parameters  # noqa: E402
from advisor.memory.checkpoint import find_architecture  # noqa: E402
from advisor.memory.estimate import bare, overhead, peak  # noqa: E402
from advisor.memory.model_config import architecture_from_config  # noqa: E402
from advisor.memory.settings import Run, read  # noqa: E402
from advisor.memory.weights import adapter_parameters, layer_elements  # noqa: E402

GIB = 2**30
HALF, FLOAT = 2, 4
DATA = ROOT / "tests" / "memory" / "data"
TRACES = ("traces.jsonl", "traces_full.jsonl", "traces_later.jsonl", "traces_methods.jsonl")
FITCHECK_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class Row(NamedTuple):
    """A run with its peak in GiB, as traced (tensors only) or as published."""

    method: str
    settings: Mapping[str, object]
    shape: Architecture
    gpus: int
    gib: float
    tensors_only: bool


class Answer(NamedTuple):
    """GiB of tensors, and of all that the estimator counts."""

    tensors: float
    all: float


Peer = Callable[[Row, Run], "Answer | None"]


def ours(row: Row, run: Run) -> Answer | None:
    tensors = peak(run, row.shape, None, row.gpus).moment.total / GIB
    return Answer(tensors, tensors + overhead("expected", tensors, row.gpus))


def accelerate() -> Peer:
    from accelerate.commands.estimate import estimate_training_usage

    def usage(row: Row, run: Run) -> Answer | None:
        # The command gives the float32 size for every type, and takes the largest of the parts for the peak.
        kind = "bfloat16" if run.half or run.weight == HALF else "float32"
        gib = max(estimate_training_usage(parameters(row.shape) * FLOAT, kind).values()) / GIB
        return Answer(gib, gib)

    return usage


def deepspeed() -> Peer:
    from deepspeed.runtime.zero.stage3 import estimate_zero3_model_states_mem_needs as third
    from deepspeed.runtime.zero.stage_1_and_2 import estimate_zero2_model_states_mem_needs as second

    def states(row: Row, run: Run) -> Answer | None:
        if run.peft != "none" or (not row.tensors_only and run.zero_stage not in (2, 3)):
            return None
        total, offload = parameters(row.shape), "optimizer" in run.offloaded
        if run.zero_stage == 3:
            inner = "parameters" in run.offloaded
            needed = third(total, layer_elements(row.shape), row.gpus, cpu_offload=offload, cpu_offload_params=inner)[1]
        else:
            needed = second(total, row.gpus, cpu_offload=offload)[1]
        return Answer(needed / GIB, needed / GIB)

    return states


def fitcheck() -> Peer:
    from fitcheck.config_parser import ModelConfig
    from fitcheck.estimator import TrainingConfig, estimate
    from fitcheck.gpu_db import GPU_DB

    def usage(row: Row, run: Run) -> Answer | None:
        s = row.shape
        if s.experts or s.latent or row.gpus > 1:
            return None
        model = ModelConfig(
            s.family, parameters(s), s.hidden, s.layers, s.heads, s.kv_heads, s.intermediate, s.vocabulary, s.head_dim, s.tied
        )
        names = {item[0] for item in linears(s, dense=True)}
        wanted = names if run.targets == "all-linear" else set(run.targets or ("q_proj", "v_proj"))
        targets = [name for name in FITCHECK_TARGETS if name in wanted]
        if run.peft != "none" and not targets:
            return None
        report = estimate(
            model,
            TrainingConfig(
                precision="bf16" if run.half or run.weight == HALF else "fp32",
                quantization={"4bit": "nf4", "8bit": "int8"}.get(run.quantization or "", "none"),
                optimizer_dtype="bf16" if run.weight == HALF and run.peft == "none" else "fp32",
                batch_size=run.batch * run.method.rows,
                seq_len=run.length,
                lora_rank=run.rank if run.peft != "none" else None,
                lora_targets=targets or list(FITCHECK_TARGETS),
                grad_checkpoint=run.checkpointing,
                flash_attn=run.attention != "eager",
            ),
            GPU_DB["3090"],
        )
        return Answer((report.total_mib - report.overhead_mib) / 1024, report.total_mib / 1024)

    return usage


def torch_preflight() -> Peer:
    from torch_preflight.vram import ModelProfile, OptimizerKind, PrecisionMode, RunConfig, Sharding, TransformerShape, estimate
    from torch_preflight.vram.types import Confidence, ModelKind

    def usage(row: Row, run: Run) -> Answer | None:
        s, total = row.shape, parameters(row.shape)
        if run.quantization:
            return None
        learning = total if run.peft == "none" else adapter_parameters(s, run)
        form = TransformerShape(
            s.layers,
            s.hidden,
            s.heads,
            vocab=s.vocabulary,
            intermediate=s.intermediate,
            kv_heads=s.kv_heads,
            tied_embeddings=s.tied,
            gated_mlp=s.gated,
            learned_positions=bool(s.positions),
            has_lm_head=run.method.loss != "score",
        )
        profile = ModelProfile(s.family, total, learning, "formula", Confidence.HIGH, ModelKind.TRANSFORMER, shape=form)
        mode = PrecisionMode.PURE_BF16 if run.weight == HALF else PrecisionMode.AMP if run.half else PrecisionMode.FP32
        cut = {1: Sharding.ZERO1, 2: Sharding.ZERO2, 3: Sharding.ZERO3}.get(3 if run.fsdp else run.zero_stage, Sharding.NONE)
        config = RunConfig(
            batch_size=run.batch * run.method.rows,
            seq_len=run.length,
            precision=mode,
            optimizer=OptimizerKind.ADAMW_8BIT if "8bit" in run.optimizer and hasattr(OptimizerKind, "ADAMW_8BIT") else OptimizerKind.ADAMW,
            gradient_checkpointing=run.checkpointing,
            flash_attention=run.attention != "eager",
            world_size=row.gpus,
            sharding=cut,
            offload_optimizer="optimizer" in run.offloaded,
        )
        b = estimate(profile, config).breakdown
        tensors = b.weights + b.gradients + b.optimizer_state + b.master_weights + b.autocast_cache + b.activations
        return Answer(tensors / GIB, (tensors + b.cuda_context + b.fragmentation) / GIB)

    return usage


PEERS: dict[str, tuple[Callable[[], Peer], str]] = {
    "accelerate": (accelerate, "no batch, length, activations, logits, adapters, reference or sharding: 8 or 16 bytes a parameter"),
    "deepspeed": (deepspeed, "model states under ZeRO only: no activations, logits, adapters or reference; 16 bytes and more a parameter"),
    "fitcheck": (fitcheck, "supervised tuning of dense Llama-like models on one GPU: no reference, pairs, groups, experts or sharding"),
    "torch-preflight": (
        torch_preflight,
        "training scripts: no reference, pairs, groups, experts' shape, autocast over half precision or quantization",
    ),
}


def traced(paths: list[Path]) -> Iterator[Row]:
    families = {
        family["name"]: family["config"]
        for name in ("families.json", "families_later.json", "families_methods.json")
        for family in json.loads((DATA / name).read_text())
    }
    for path in paths:
        for row in map(json.loads, path.read_text().splitlines()):
            config = families[row["family"]] if "family" in row else row["model"]["config"]
            settings = {**row["settings"], "method": row["method"]}
            yield Row(row["method"], settings, architecture_from_config(config), 1, row["traced"]["peak_gib"], True)


def published(path: Path) -> Iterator[Row]:
    """Rows of a CSV that `memory_published.py` scores, as it reads them."""
    from memory_published import allocated, climbed, device_of, figure, settings_of, unscored

    with path.open(encoding="utf-8", newline="") as file:
        rows = climbed(list(csv.DictReader(file)))
    for row in rows:
        settings, shape, gib = settings_of(row), find_architecture(row["model"], None), figure(row)
        if settings is None or shape is None or gib is None or unscored(row):
            continue
        gpus = int(row["n_gpu"] or 1)
        if bare(settings, shape, device_of(row), gpus).peak is not None:
            yield Row(row["method"], settings, shape, gpus, gib, allocated(row))


def compared(rows: list[Row], peers: Mapping[str, Peer], adapters: bool) -> dict[str, dict[str, list[float]]]:
    """Signed errors by method and estimator; an estimator that has nothing to say of a row has no error there."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        run = read(row.settings)
        if not adapters and run.peft != "none":
            continue
        for name, peer in peers.items():
            answer = peer(row, run)
            if answer is not None:
                found[row.method][name].append((answer.tensors if row.tensors_only else answer.all) / row.gib - 1)
    return found


def printed(title: str, found: Mapping[str, Mapping[str, list[float]]], names: list[str]) -> None:
    print(f"\n{title}: median |error| / largest, in percent (rows)")
    print(f"{'method':8}" + "".join(f"{name:>26}" for name in names))
    for method, errors in sorted(found.items()):
        cells = []
        for name in names:
            sizes = [100 * abs(error) for error in errors.get(name, ())]
            cells.append(f"{statistics.median(sizes):8.1f} /{max(sizes):7.1f} ({len(sizes):3})" if sizes else "-")
        print(f"{method:8}" + "".join(f"{cell:>26}" for cell in cells))


def made(make: Callable[[], Peer]) -> Peer | str:
    """An estimator, or why there is none."""
    try:
        return make()
    except ImportError as error:
        return f"left out ({error})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traces", nargs="*", type=Path, default=[DATA / name for name in TRACES])
    parser.add_argument("--published", type=Path, help="a CSV as benchmarks/memory_published.py reads it")
    parser.add_argument("--without-adapters", action="store_true", help="full fine-tuning only, which all of them count")
    options = parser.parse_args()
    peers: dict[str, Peer] = {"rlhf-lint": ours}
    for name, (make, lacks) in PEERS.items():
        found = made(make)
        if not isinstance(found, str):
            peers[name] = found
        print(f"{name}: {lacks if name in peers else found}")
    adapters = not options.without_adapters
    printed("Traced steps", compared(list(traced(options.traces)), peers, adapters), list(peers))
    if options.published:
        printed("Published measurements", compared(list(published(options.published)), peers, adapters), list(peers))


if __name__ == "__main__":
    main()
