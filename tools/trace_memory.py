"""Trace one training step of real transformers modules without weights, and record the peak of allocated tensors.

Modules are built under FakeTensorMode on the CPU, so that every tensor has a size and none has content. Two steps run (optimizer states
exist in the second); the order of forwards, the tensors that stay alive and the copies made for metrics follow TRL's trainers. What is
counted: storages, rounded to the 512 bytes of the CUDA caching allocator. What is not: CUDA context, fragmentation, kernel workspaces,
communication.

    python tools/trace_memory.py --out traces.jsonl [--only REGEX]             the planned cases of tests/memory/data/families.json
    python tools/trace_memory.py --families FAMILIES.json --out traces.jsonl  those of other families, e.g. families_later.json beside it
    python tools/trace_memory.py --cases cases.jsonl --out traces.jsonl       others: {"id", "method", "model": {"config"}, "settings"}

Needs the extra [exact]: torch, transformers and peft.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FAMILIES = ROOT / "tests" / "memory" / "data" / "families.json"


def plan(families: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every family crossed with method, adapters, checkpointing and precision; not the full product: each factor is varied on its own."""
    base: dict[str, Any] = {
        "batch.per_device": 2,
        "batch.accumulation": 1,
        "lengths.total": 1024,
        "memory.gradient_checkpointing": True,
        "memory.attention": "sdpa",
        "memory.fused_loss": False,
        "model.dtype": "bfloat16",
        "precision.bf16": False,
        "precision.fp16": False,
        "peft.kind": "none",
        "optimizer.name": "adamw_torch_fused",
        "parallel.zero_stage": 0,
    }
    plain, amp = {"memory.gradient_checkpointing": False}, {"model.dtype": "float32", "precision.bf16": True}
    mixed = {"precision.bf16": True}
    grpo = {"lengths.prompt": 512, "lengths.completion": 512, "batch.per_device": 8, "kl.coefficient": 0.0}
    cases: list[dict[str, Any]] = []
    for family in families:
        lora = {"peft.kind": "lora", "peft.rank": 16, "peft.targets": family["targets"]}
        every = {"peft.kind": "lora", "peft.rank": 32, "peft.targets": "all-linear"}
        variants: list[tuple[str, dict[str, Any]]] = [
            ("dpo", {}),
            ("dpo", plain),
            ("dpo", {**amp}),
            ("dpo", {**amp, **plain}),
            ("dpo", {**mixed, **plain}),
            ("dpo", lora),
            ("dpo", {**lora, **plain}),
            ("dpo", {**lora, **plain, **mixed}),
            ("dpo", {**every, **plain}),
            ("sft", {}),
            ("sft", plain),
            ("sft", {**plain, **amp}),
            ("reward", plain),
            ("grpo", grpo),
            ("grpo", {**grpo, **plain, "kl.coefficient": 0.04}),
            ("sft", {**plain, "batch.accumulation": 2, "optimizer.name": "adamw_torch"}),
            ("dpo", {**plain, "memory.attention": "eager"}),
            ("kto", {}),
            ("kto", {**plain, **amp}),
            ("grpo", {**grpo, **amp}),
            ("grpo", {**grpo, **lora, "kl.coefficient": 0.04}),
            ("dpo", {"reference.precompute": True}),
            ("dpo", {**amp, **lora, **plain}),
            ("reward", {**lora}),
            ("reward", {**amp}),
        ]
        for number, (method, change) in enumerate(variants):
            if "variants" in family and number not in family["variants"]:
                continue
            settings = {**base, "memory.attention": family.get("attention", "sdpa"), **change}
            if method == "grpo":
                settings["lengths.total"] = settings["lengths.prompt"] + settings["lengths.completion"]
            cases.append(
                {
                    "id": f"{family['name']}-{number:02}",
                    "method": method,
                    "model": {"name": family["name"], "config": family["config"]},
                    "settings": settings,
                }
            )
    return cases


def plan_methods(families: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Methods that compare, imitate or classify, on families whose logits are large beside their layers."""
    plain, amp = {"memory.gradient_checkpointing": False}, {"model.dtype": "float32", "precision.bf16": True}
    cases: list[dict[str, Any]] = []
    for family in families:
        base = {
            **plan([{**family, "variants": [0]}])[0]["settings"],
            "lengths.total": 512,
        }
        lora = {"peft.kind": "lora", "peft.rank": 16, "peft.targets": family["targets"]}
        online = {"lengths.prompt": 256, "lengths.completion": 256, "kl.coefficient": 0.1}
        variants: list[tuple[str, dict[str, Any]]] = [
            (method, {**change, **(online if method in ("online_dpo", "ppo") else {})})
            for method in ("orpo", "cpo", "simpo", "online_dpo", "gkd", "prm", "ppo")
            for change in ({}, plain, amp, {**amp, **plain}, lora, {"batch.per_device": 1, **plain}, {"batch.accumulation": 2, **plain})
        ]
        variants += [("cpo", {"loss.sft_weight": 0.0}), ("simpo", {"loss.sft_weight": 1.0}), ("simpo", {**amp, "loss.sft_weight": 1.0})]
        for number, (method, change) in enumerate(variants):
            model = {"name": family["name"], "config": family["config"]}
            cases.append({"id": f"{family['name']}-{method}-{number:02}", "method": method, "model": model, "settings": {**base, **change}})
    return cases


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, help="cases, one JSON object a line; without it, the planned ones")
    parser.add_argument("--families", type=Path, default=FAMILIES, help="families to plan cases for")
    parser.add_argument("--methods", action="store_true", help="plan the methods that compare, imitate or classify instead")
    parser.add_argument("--out", type=Path, required=True, help="traces are appended here; cases already in it are left out")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="trace cases whose id matches")
    options = parser.parse_args()
    if options.cases:
        cases = [json.loads(line) for line in options.cases.read_text().splitlines()]
    else:
        cases = (plan_methods if options.methods else plan)(json.loads(options.families.read_text()))
    import torch
    import transformers

    from advisor.exact.traced_step import trace

    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    done = {json.loads(line)["id"] for line in options.out.read_text().splitlines()} if options.out.exists() else set()
    for case in cases:
        if case["id"] in done or not options.only.search(case["id"]):
            continue
        try:
            traced = trace(case["model"]["config"], {**case["settings"], "method": case["method"]})
        except Exception as error:  # one family that cannot be traced must not stop the others
            print(f"{case['id']}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr, flush=True)
            continue
        print(case["id"], traced["seconds"], "s", traced["peak_gib"], traced["phase"], flush=True)
        with options.out.open("a") as out:
            out.write(json.dumps({**case, "traced": traced, "tracer": versions}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
