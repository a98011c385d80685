"""Trace one training step of real transformers modules without weights, and record the peak of allocated tensors.

Modules are built under FakeTensorMode on the CPU, so that every tensor has a size and none has content. Two steps run (optimizer states
exist in the second); the order of forwards, the tensors that stay alive and the copies made for metrics follow TRL's trainers. What is
counted: storages, rounded to the 512 bytes of the CUDA caching allocator. What is not: CUDA context, fragmentation, kernel workspaces,
communication.

    python tools/trace_memory.py --cases tests/memory/data/cases.jsonl --out tests/memory/data/traces.jsonl [--only REGEX]
    python tools/trace_memory.py --plan tests/memory/data/families.json > tests/memory/data/cases.jsonl

Needs torch, transformers and (for LoRA) peft.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

GIB = 2**30
ROUNDING = 512
ENTROPY_CHUNK = 128
FLOAT32_TARGETS = {"float32", "float16", "bfloat16"}


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


def run(case: dict[str, Any]) -> dict[str, Any]:
    """The traced peaks of a case: overall, by phase, by category of tensor; GiB."""
    import torch
    import torch.nn.functional as F
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.weak import WeakIdKeyDictionary
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

    settings, method = case["settings"], case["method"]
    raw = dict(case["model"]["config"])
    config = AutoConfig.for_model(raw.pop("model_type"), **raw)
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = 0
    vocabulary = config.vocab_size

    class Ledger(TorchDispatchMode):
        """Live storages by category and the peak of each phase."""

        def __init__(self) -> None:
            super().__init__()
            self.seen, self.entries = WeakIdKeyDictionary(), {}
            self.live, self.total, self.phase = Counter(), 0, "weights"
            self.peaks, self.parts = Counter(), {}

        def add(self, tensor: Any) -> None:
            storage = tensor.untyped_storage()
            if storage in self.seen:
                return
            size = -(-storage.nbytes() // ROUNDING) * ROUNDING
            category = (
                self.phase
                if self.phase in ("weights", "reference", "optimizer")
                else "logits"
                if vocabulary in tensor.shape[-1:]
                else "activations"
            )
            self.seen[storage] = True
            weakref.finalize(storage, self.drop, id(storage))
            self.entries[id(storage)] = [category, size]
            self.live[category] += size
            self.total += size
            self.note()

        def note(self) -> None:
            if self.total > self.peaks[self.phase]:
                self.peaks[self.phase] = self.total
                self.parts[self.phase] = dict(self.live)

        def drop(self, key: int) -> None:
            category, size = self.entries.pop(key)
            self.live[category] -= size
            self.total -= size

        def move(self, tensor: Any, category: str) -> None:
            entry = self.entries.get(id(tensor.untyped_storage()))
            if entry is not None:
                self.live[entry[0]] -= entry[1]
                self.live[category] += entry[1]
                entry[0] = category

        def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
            # A dispatch mode makes autograd accumulate out of place where plain tensors are updated in place; do as plain tensors do.
            if self.phase == "backward" and not torch.is_grad_enabled():
                first = arguments[0] if arguments else None
                if str(function) == "aten.scatter_add.default":
                    torch.ops.aten.scatter_add_.default(*arguments)
                    return first
                if (
                    str(function) == "aten.add.Tensor"
                    and isinstance(arguments[1], torch.Tensor)
                    and first.shape == arguments[1].shape
                    and first.dtype == arguments[1].dtype
                    and first.dim() >= 2
                    and vocabulary in (first.shape[-1], first.shape[0])
                ):
                    torch.ops.aten.add_.Tensor(*arguments)
                    return first
            out = function(*arguments, **(keywords or {}))
            for tensor in torch.utils._pytree.tree_leaves(out):
                if isinstance(tensor, torch.Tensor):
                    self.add(tensor)
            return out

    def log_probs(logits: Any, index: Any) -> Any:
        index = index.unsqueeze(-1)
        if logits.dtype == torch.float32:
            chosen = torch.gather(logits, -1, index)
            normalizer = torch.stack([torch.logsumexp(row, -1) for row in logits])
            return (chosen - normalizer.unsqueeze(-1)).squeeze(-1)
        rows = [F.log_softmax(row, -1).gather(-1, i) for row, i in zip(logits, index, strict=True)]
        return torch.stack(rows).squeeze(-1)

    def entropy(logits: Any) -> None:
        for chunk in logits.reshape(-1, logits.shape[-1]).split(ENTROPY_CHUNK):
            log_p = F.log_softmax(chunk, -1)
            (-(torch.exp(log_p) * log_p).sum(-1))

    dtype = getattr(torch, settings["model.dtype"])
    autocast = settings["precision.bf16"] or settings["precision.fp16"]
    adapters = settings["peft.kind"] == "lora"
    checkpointing = settings["memory.gradient_checkpointing"]
    precomputed = settings.get("reference.precompute", False)
    with_reference = {"dpo": not precomputed, "kto": not precomputed, "grpo": settings.get("kl.coefficient", 0) != 0}.get(method, False)
    fake = FakeTensorMode(allow_non_fake_inputs=True)
    ledger = Ledger()
    started = time.time()

    def build(phase: str) -> Any:
        ledger.phase = phase
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        kind = AutoModelForSequenceClassification if method == "reward" else AutoModelForCausalLM
        try:
            return kind.from_config(config, attn_implementation=settings["memory.attention"])
        finally:
            torch.set_default_dtype(before)

    def with_autocast(model: Any) -> None:
        forward = model.forward

        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                out = forward(*arguments, **keywords)
            out.logits = out.logits.float()
            return out

        model.forward = wrapped

    with fake, ledger:
        model = build("weights")
        model.train()
        parameters = sum(p.numel() for p in model.parameters())
        if adapters:
            import peft.tuners.lora.layer
            import peft.tuners.tuners_utils
            from peft import LoraConfig, get_peft_model

            # Both move modules between devices by swapping parameters, which fake tensors refuse; here is one device only.
            peft.tuners.tuners_utils.BaseTunerLayer._move_adapter_to_device_of_base_layer = lambda *a, **k: None
            peft.tuners.lora.layer.LoraLayer._move_adapter_to_device_of_base_layer = lambda *a, **k: None
            moves, torch.nn.Module.to = torch.nn.Module.to, lambda self, *a, **k: self
            try:
                model = get_peft_model(
                    model,
                    LoraConfig(r=settings["peft.rank"], lora_alpha=16, target_modules=settings["peft.targets"], task_type=None),
                    autocast_adapter_dtype=False,
                )
            finally:
                torch.nn.Module.to = moves
            if checkpointing:
                model.enable_input_require_grads()
        reference = None
        if with_reference and not adapters:
            reference = build("reference")
            reference.eval()
            reference.requires_grad_(False)
        if checkpointing:
            (model.get_base_model() if adapters else model).gradient_checkpointing_enable(
                gradient_checkpointing_kwargs={"use_reentrant": False}
            )
        trainable = [p for p in model.parameters() if p.requires_grad]
        for p in model.parameters():
            ledger.move(p, "weights")
        optimizer = torch.optim.AdamW(
            trainable, lr=1e-5, **({"fused": True} if settings["optimizer.name"].endswith("fused") else {"foreach": True})
        )
        for p in trainable:
            p.register_post_accumulate_grad_hook(lambda p: ledger.move(p.grad, "gradients"))
        n, length = settings["batch.per_device"] * (2 if method in ("dpo", "reward") else 1), settings["lengths.total"]
        ledger.phase = "data"
        ids = torch.zeros(n, length, dtype=torch.long)
        if autocast:
            with_autocast(model)
            if reference is not None:
                with_autocast(reference)
        extra: dict[str, Any] = {"use_cache": False}
        if method == "grpo":
            extra["logits_to_keep"] = settings["lengths.completion"] + 1

        def reference_forward() -> Any:
            if reference is not None:
                return reference(input_ids=ids, **extra)
            with model.disable_adapter():
                return model(input_ids=ids, **extra)

        def summed(forward: Any) -> Any:
            return log_probs(forward().logits[:, :-1, :], ids[:, 1:]).sum(-1)

        def loss_of() -> Any:
            ledger.phase = "forward"
            if method == "sft":
                return model(input_ids=ids, labels=ids, **extra).loss
            if method == "reward":
                chosen, rejected = model(input_ids=ids, **extra).logits.squeeze(-1).chunk(2)
                return -F.logsigmoid(chosen - rejected).mean()
            before = kl = None
            with torch.no_grad():
                if method == "grpo" and with_reference:
                    before = log_probs(reference_forward().logits[..., :-1, :], ids[..., -extra["logits_to_keep"] + 1 :])
                if method == "kto":
                    kl = summed(lambda: model(input_ids=ids, **extra))
            out = model(input_ids=ids, **extra)
            logits = out.logits[..., :-1, :]
            labels = ids[..., -logits.shape[1] :]
            log_p = log_probs(logits, labels)
            if method in ("dpo", "kto") and with_reference:
                with torch.no_grad():
                    if method == "kto":
                        kl = kl - summed(reference_forward)
                    reference_out = reference_forward()  # noqa: F841  stays alive until the loss is returned
                    before = log_probs(reference_out.logits[..., :-1, :], labels)
            if before is None:
                before = torch.zeros_like(log_p).detach()
            if method == "dpo":
                (c, r), (rc, rr) = log_p.sum(-1).chunk(2), before.sum(-1).chunk(2)
                loss = -F.logsigmoid(0.1 * ((c - r) - (rc - rr))).mean()
            elif method == "kto":
                loss = (1 - torch.sigmoid(0.1 * (log_p.sum(-1) - before.sum(-1) - kl.mean()))).mean()
            else:
                loss = -torch.exp(log_p - log_p.detach()).mean()
                if with_reference:
                    loss = loss + 0.04 * (torch.exp(before - log_p) - (before - log_p) - 1).mean()
            with torch.no_grad():
                entropy(logits.detach())
                half = logits.detach().chunk(2)[0] if method == "dpo" else logits.detach()[: n // 2]
                if method == "dpo":
                    half.reshape(-1, half.shape[-1]).mean(-1)
                    half.clone().mean(-1)
                elif method == "kto":
                    halves = logits.detach().index_select(0, torch.arange(n // 2)), logits.detach().index_select(0, torch.arange(n // 2, n))
                    for half in halves:
                        half.clone().mean(-1)
            return loss

        for _ in range(2):
            for _ in range(settings["batch.accumulation"]):
                loss = loss_of() / settings["batch.accumulation"]
                ledger.phase = "backward"
                loss.backward()
                del loss
            ledger.phase = "update"
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            for state in optimizer.state.values():
                for value in state.values():
                    if isinstance(value, torch.Tensor):
                        ledger.move(value, "optimizer")
    names = {"forward": "forward", "backward": "backward", "update": "optimizer"}
    phases = {names[phase]: round(ledger.peaks[phase] / GIB, 4) for phase in names}
    decides = max(names, key=lambda phase: ledger.peaks[phase])
    return {
        "parameters": parameters,
        "trainable": sum(p.numel() for p in trainable),
        "seconds": round(time.time() - started, 1),
        "peak_gib": max(phases.values()),
        "phase": names[decides],
        "phases_gib": phases,
        "components_gib": {k: round(v / GIB, 4) for k, v in ledger.parts[decides].items() if v > 2**20},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, help="print the cases of these families (JSON) and stop")
    parser.add_argument("--cases", type=Path, help="cases, one JSON object a line")
    parser.add_argument("--out", type=Path, help="traces are appended here; cases already in it are left out")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="trace cases whose id matches")
    options = parser.parse_args()
    if options.plan:
        for case in plan(json.loads(options.plan.read_text())):
            print(json.dumps(case))
        return 0
    import torch
    import transformers

    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    done = {json.loads(line)["id"] for line in options.out.read_text().splitlines()} if options.out.exists() else set()
    for line in options.cases.read_text().splitlines():
        case = json.loads(line)
        if case["id"] in done or not options.only.search(case["id"]):
            continue
        try:
            traced = run(case)
        except Exception as error:  # one family that cannot be traced must not stop the others
            print(f"{case['id']}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr, flush=True)
            continue
        print(case["id"], traced["seconds"], "s", traced["peak_gib"], traced["phase"], flush=True)
        with options.out.open("a") as out:
            out.write(json.dumps({**case, "traced": traced, "tracer": versions}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
