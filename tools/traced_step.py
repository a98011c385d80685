"""Two training steps of real modules on fake tensors, and a ledger of what is alive. Imported by trace_memory.py; needs torch."""

from __future__ import annotations

import time
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as functional
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

GIB = 2**30
ROUNDING = 512
ENTROPY_CHUNK = 128
PAIRED = ("dpo", "reward")
PHASES = {"forward": "forward", "backward": "backward", "update": "optimizer"}


class Ledger(TorchDispatchMode):
    """Live storages by category, and the peak of each phase with what it was made of."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.seen: Any = WeakIdKeyDictionary()
        self.entries: dict[int, list[Any]] = {}
        self.live: Counter[str] = Counter()
        self.peaks: Counter[str] = Counter()
        self.parts: dict[str, dict[str, int]] = {}
        self.total, self.phase = 0, "weights"

    def add(self, tensor: Any) -> None:
        storage = tensor.untyped_storage()
        if storage in self.seen:
            return
        size = -(-storage.nbytes() // ROUNDING) * ROUNDING
        own = self.phase in ("weights", "reference", "optimizer")
        category = self.phase if own else "logits" if self.vocabulary in tensor.shape[-1:] else "activations"
        self.seen[storage] = True
        weakref.finalize(storage, self.drop, id(storage))
        self.entries[id(storage)] = [category, size]
        self.live[category] += size
        self.total += size
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

    def accumulated(self, name: str, arguments: Any) -> bool:
        """A dispatch mode makes autograd accumulate vocabulary-sized gradients out of place where plain tensors are updated in place; do as
        plain tensors do."""
        if self.phase != "backward" or torch.is_grad_enabled():
            return False
        if name == "aten.scatter_add.default":
            torch.ops.aten.scatter_add_.default(*arguments)
            return True
        if name != "aten.add.Tensor" or not isinstance(arguments[1], torch.Tensor):
            return False
        left, right = arguments[:2]
        if (
            left.shape != right.shape
            or left.dtype != right.dtype
            or left.dim() < 2
            or self.vocabulary not in (left.shape[-1], left.shape[0])
        ):
            return False
        torch.ops.aten.add_.Tensor(*arguments)
        return True

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        if self.accumulated(str(function), arguments):
            return arguments[0]
        out = function(*arguments, **(keywords or {}))
        for tensor in torch.utils._pytree.tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self.add(tensor)
        return out


def log_probs(logits: Any, index: Any) -> Any:
    """Log-probabilities of the tokens `index`, row by row in half precision."""
    index = index.unsqueeze(-1)
    if logits.dtype == torch.float32:
        chosen = torch.gather(logits, -1, index)
        normalizer = torch.stack([torch.logsumexp(row, -1) for row in logits])
        return (chosen - normalizer.unsqueeze(-1)).squeeze(-1)
    rows = [functional.log_softmax(row, -1).gather(-1, i) for row, i in zip(logits, index, strict=True)]
    return torch.stack(rows).squeeze(-1)


def entropy(logits: Any) -> None:
    """What the entropy metric computes, in chunks of tokens."""
    for chunk in logits.reshape(-1, logits.shape[-1]).split(ENTROPY_CHUNK):
        log_p = functional.log_softmax(chunk, -1)
        (-(torch.exp(log_p) * log_p).sum(-1))


def log_metrics(method: str, logits: Any) -> None:
    """Copies of logits that trainers make to log entropy and mean logits."""
    entropy(logits)
    if method == "dpo":
        half = logits.chunk(2)[0]
        half.reshape(-1, half.shape[-1]).mean(-1)
        half.clone().mean(-1)
    elif method == "kto":
        rows = logits.shape[0]
        halves = [logits.index_select(0, torch.arange(*ends)) for ends in ((0, rows // 2), (rows // 2, rows))]
        for half in halves:
            half.clone().mean(-1)


def with_autocast(model: Any) -> None:
    """As accelerate prepares a model: forward under autocast, logits converted to float32."""
    forward = model.forward

    def wrapped(*arguments: Any, **keywords: Any) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = forward(*arguments, **keywords)
        out.logits = out.logits.float()
        return out

    model.forward = wrapped


def with_adapters(model: Any, rank: int, targets: Any) -> Any:
    """PEFT's LoRA, adapters in float32."""
    import peft.tuners.lora.layer
    import peft.tuners.tuners_utils
    from peft import LoraConfig, get_peft_model

    # Both move modules between devices by swapping parameters, which fake tensors refuse; here is one device only.
    peft.tuners.tuners_utils.BaseTunerLayer._move_adapter_to_device_of_base_layer = lambda *a, **k: None
    peft.tuners.lora.layer.LoraLayer._move_adapter_to_device_of_base_layer = lambda *a, **k: None
    moves, torch.nn.Module.to = torch.nn.Module.to, lambda self, *a, **k: self  # type: ignore[method-assign]
    try:
        return get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets), autocast_adapter_dtype=False)
    finally:
        torch.nn.Module.to = moves  # type: ignore[method-assign]


class Trainer:
    """Model, reference and optimizer of a case, and its loss; built under a fake mode and a ledger."""

    def __init__(self, case: dict[str, Any], config: Any, ledger: Ledger) -> None:
        self.settings, self.method, self.ledger, self.config = case["settings"], case["method"], ledger, config
        settings = self.settings
        adapters = settings["peft.kind"] == "lora"
        checkpointing = settings["memory.gradient_checkpointing"]
        wanted = {"grpo": settings.get("kl.coefficient", 0) != 0, "dpo": True, "kto": True}
        self.compares = wanted.get(self.method, False) and not settings.get("reference.precompute", False)
        self.model = self.build("weights")
        self.model.train()
        self.parameters = sum(p.numel() for p in self.model.parameters())
        if adapters:
            self.model = with_adapters(self.model, settings["peft.rank"], settings["peft.targets"])
            if checkpointing:
                self.model.enable_input_require_grads()
        self.reference = None
        if self.compares and not adapters:
            self.reference = self.build("reference")
            self.reference.eval()
            self.reference.requires_grad_(False)
        if checkpointing:
            base = self.model.get_base_model() if adapters else self.model
            base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        self.trainable = [p for p in self.model.parameters() if p.requires_grad]
        for p in self.model.parameters():
            ledger.move(p, "weights")
        kind = {"fused": True} if settings["optimizer.name"].endswith("fused") else {"foreach": True}
        self.optimizer = torch.optim.AdamW(self.trainable, lr=1e-5, **kind)
        for p in self.trainable:
            p.register_post_accumulate_grad_hook(lambda p: ledger.move(p.grad, "gradients"))
        rows = settings["batch.per_device"] * (2 if self.method in PAIRED else 1)
        ledger.phase = "data"
        self.ids = torch.zeros(rows, settings["lengths.total"], dtype=torch.long)
        if settings["precision.bf16"] or settings["precision.fp16"]:
            with_autocast(self.model)
            if self.reference is not None:
                with_autocast(self.reference)
        self.extra: dict[str, Any] = {"use_cache": False}
        if self.method == "grpo":
            self.extra["logits_to_keep"] = settings["lengths.completion"] + 1

    def build(self, phase: str) -> Any:
        self.ledger.phase = phase
        before = torch.get_default_dtype()
        torch.set_default_dtype(getattr(torch, self.settings["model.dtype"]))
        kind = AutoModelForSequenceClassification if self.method == "reward" else AutoModelForCausalLM
        try:
            return kind.from_config(self.config, attn_implementation=self.settings["memory.attention"])
        finally:
            torch.set_default_dtype(before)

    def forward(self) -> Any:
        return self.model(input_ids=self.ids, **self.extra)

    def compare(self) -> Any:
        """The reference's forward pass: a model of its own, or the policy without its adapter."""
        if self.reference is not None:
            return self.reference(input_ids=self.ids, **self.extra)
        with self.model.disable_adapter():
            return self.forward()

    def summed(self, forward: Callable[[], Any]) -> Any:
        return log_probs(forward().logits[:, :-1, :], self.ids[:, 1:]).sum(-1)

    def loss(self) -> Any:
        self.ledger.phase = "forward"
        if self.method == "sft":
            return self.model(input_ids=self.ids, labels=self.ids, **self.extra).loss
        if self.method == "reward":
            chosen, rejected = self.forward().logits.squeeze(-1).chunk(2)
            return -functional.logsigmoid(chosen - rejected).mean()
        return self.policy_loss()

    def policy_loss(self) -> Any:
        """Log-probabilities of policy and reference in the order of TRL's trainers; logits live until the loss is returned."""
        before = kl = None
        with torch.no_grad():
            if self.method == "grpo" and self.compares:
                before = log_probs(self.compare().logits[..., :-1, :], self.ids[..., -self.settings["lengths.completion"] :])
            if self.method == "kto":
                kl = self.summed(self.forward)
        out = self.forward()
        logits = out.logits[..., :-1, :]
        labels = self.ids[..., -logits.shape[1] :]
        log_p = log_probs(logits, labels)
        if self.method != "grpo" and self.compares:
            with torch.no_grad():
                if self.method == "kto":
                    kl = kl - self.summed(self.compare)
                compared = self.compare()
                before = log_probs(compared.logits[..., :-1, :], labels)
        if before is None:
            before = torch.zeros_like(log_p).detach()
        loss = self.objective(log_p, before, kl)
        with torch.no_grad():
            log_metrics(self.method, logits.detach())
        return loss

    def objective(self, log_p: Any, before: Any, kl: Any) -> Any:
        if self.method == "dpo":
            (chosen, rejected), (old_chosen, old_rejected) = log_p.sum(-1).chunk(2), before.sum(-1).chunk(2)
            return -functional.logsigmoid(0.1 * ((chosen - rejected) - (old_chosen - old_rejected))).mean()
        if self.method == "kto":
            return (1 - torch.sigmoid(0.1 * (log_p.sum(-1) - before.sum(-1) - kl.mean()))).mean()
        loss = -torch.exp(log_p - log_p.detach()).mean()
        if self.compares:
            loss = loss + 0.04 * (torch.exp(before - log_p) - (before - log_p) - 1).mean()
        return loss

    def step(self) -> None:
        accumulation = self.settings["batch.accumulation"]
        for _ in range(accumulation):
            loss = self.loss() / accumulation
            self.ledger.phase = "backward"
            loss.backward()
            del loss
        self.ledger.phase = "update"
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        for state in self.optimizer.state.values():
            for value in state.values():
                if isinstance(value, torch.Tensor):
                    self.ledger.move(value, "optimizer")


def run(case: dict[str, Any]) -> dict[str, Any]:
    """The traced peaks of a case in GiB: overall, by phase, and by category of tensor at the highest."""
    raw = dict(case["model"]["config"])
    config = AutoConfig.for_model(raw.pop("model_type"), **raw)
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = 0
    ledger = Ledger(config.vocab_size)
    started = time.time()
    with FakeTensorMode(allow_non_fake_inputs=True), ledger:
        trainer = Trainer(case, config, ledger)
        for _ in range(2):
            trainer.step()
    phases = {PHASES[phase]: round(ledger.peaks[phase] / GIB, 4) for phase in PHASES}
    decides = max(PHASES, key=lambda phase: ledger.peaks[phase])
    return {
        "parameters": trainer.parameters,
        "trainable": sum(p.numel() for p in trainer.trainable),
        "seconds": round(time.time() - started, 1),
        "peak_gib": max(phases.values()),
        "phase": PHASES[decides],
        "phases_gib": phases,
        "components_gib": {name: round(size / GIB, 4) for name, size in ledger.parts[decides].items() if size > 2**20},
    }
