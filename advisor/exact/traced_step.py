"""Two training steps of real transformers modules on tensors without content, in the order of TRL's trainers. Needs torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as functional
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

from advisor.exact.kernels import TiledLogProbabilities, register, stand_ins
from advisor.exact.ledger import Ledger
from advisor.exact.objectives import concatenated, distilled, online
from advisor.exact.preparation import PlacedOptimizer, implementation, with_adapters, with_autocast, without_head
from advisor.exact.value_model import ValueModel
from advisor.memory.numerics import HALF
from advisor.memory.settings import Run, read
from advisor.memory.tables import mapping

GIB = 2**30
ENTROPY_CHUNK = 128
PHASES = {"forward": "forward", "backward": "backward", "update": "optimizer"}
FOREACH = "adamw_torch"
"""The optimizer that updates all tensors at once, in lists; others that are traced update in place."""


def log_probs(logits: Any, index: Any) -> Any:
    """Log-probabilities of the tokens `index`, row by row in half precision."""
    index = index.unsqueeze(-1)
    if logits.dtype == torch.float32:
        chosen = torch.gather(logits, -1, index)
        normalizer = torch.stack([torch.logsumexp(row, -1) for row in logits])
        return (chosen - normalizer.unsqueeze(-1)).squeeze(-1)
    rows = [functional.log_softmax(row, -1).gather(-1, i) for row, i in zip(logits, index, strict=True)]
    return torch.stack(rows).squeeze(-1)


def tiled(hidden: Any, weight: Any) -> Any:
    """Log-probabilities as a fused or chunked head makes them, in the shape of `hidden` without its last axis."""
    tile = mapping("memory.yaml")["fused_loss"]
    rows = hidden.reshape(-1, hidden.shape[-1])
    return TiledLogProbabilities.apply(rows, weight, tile["tile_tokens"], tile["tile_columns"]).view(hidden.shape[:-1])


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


AHEAD = ("grpo", "ppo")
"""Methods whose reference runs before the policy's own forward pass."""
OBJECTIVES = {"orpo": concatenated, "cpo": concatenated, "simpo": concatenated, "online_dpo": online, "gkd": distilled}


class Trainer:
    """Model, reference and optimizer of a run, and its loss; built under a fake mode and a ledger."""

    def __init__(self, run: Run, config: Any, ledger: Ledger, optimizer: Mapping[str, float] | None) -> None:
        self.run, self.method, self.ledger, self.config = run, run.method.name, ledger, config
        adapters = run.peft != "none"
        self.compares = run.reference in ("shared", "separate")
        self.model = self.build("weights")
        self.model.train()
        self.parameters = sum(p.numel() for p in self.model.parameters())
        self.model = self.adapted(self.model)
        self.reference = None
        if run.reference == "separate":
            self.reference = self.build("reference")
            self.reference.eval()
            self.reference.requires_grad_(False)
        base = self.model.get_base_model() if adapters else self.model
        if run.checkpointing:
            base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        self.trainable = [p for p in self.model.parameters() if p.requires_grad]
        for p in self.model.parameters():
            ledger.move(p, "weights")
        self.optimizer = self.optimizing(optimizer, self.trainable)
        self.critic = ValueModel(self, optimizer) if run.method.critic else None
        self.reward = self.build("reference", AutoModelForSequenceClassification) if run.method.reward else None
        ledger.phase = "data"
        self.ids = torch.zeros(run.batch * run.method.rows, run.length, dtype=torch.long)
        self.heads = [without_head(model) for model in (base, self.reference) if model is not None] if self.fused else []
        if run.half:
            with_autocast(self.model, wide=not self.fused)
            if self.reference is not None:
                with_autocast(self.reference, wide=not self.fused)
        self.extra: dict[str, Any] = {"use_cache": False}
        if run.completion and self.method not in OBJECTIVES:
            self.extra["logits_to_keep"] = run.completion + 1

    @property
    def fused(self) -> bool:
        return self.run.fused_loss and self.run.method.loss != "score"

    def optimizing(self, placed: Mapping[str, float] | None, parameters: list[Any]) -> Any:
        for p in parameters:
            p.register_post_accumulate_grad_hook(lambda p: self.ledger.move(p.grad, "gradients"))
        if placed is not None:
            return PlacedOptimizer(placed["kept"], placed["temporary"], parameters)
        kind = {"foreach": True} if self.run.optimizer == FOREACH else {"fused": True}
        return torch.optim.AdamW(parameters, lr=1e-5, **kind)

    def adapted(self, model: Any) -> Any:
        """With PEFT's adapters, where the run has any."""
        if self.run.peft == "none":
            return model
        model = with_adapters(model, self.run)
        if self.run.checkpointing:
            model.enable_input_require_grads()
        return model

    def prepared(self, model: Any) -> None:
        """Checkpointing and autocast of a model that is trained beside the policy."""
        if self.run.checkpointing:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        if self.run.half:
            with_autocast(model, wide=True)

    def build(self, phase: str, kind: Any = None) -> Any:
        self.ledger.phase = phase
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.bfloat16 if self.run.weight == HALF else torch.float32)
        kind = kind or (AutoModelForSequenceClassification if self.run.method.loss == "score" else AutoModelForCausalLM)
        try:
            return kind.from_config(self.config, attn_implementation=implementation(kind, self.config, self.run.attention))
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
        return self.log_p(forward()).sum(-1)

    def log_p(self, out: Any, head: int = 0) -> Any:
        """Log-probabilities of the tokens whose logits the model gave; with a fused loss, from what it gave instead."""
        if not self.fused:
            logits = out.logits[..., :-1, :]
            return log_probs(logits, self.ids[..., -logits.shape[1] :])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.run.half):
            return tiled(out.logits[..., :-1, :], self.heads[head])

    def loss(self) -> Any:
        self.ledger.phase = "forward"
        loss = self.run.method.loss
        if loss == "cross_entropy":
            return -self.log_p(self.forward()).mean() if self.fused else self.model(input_ids=self.ids, labels=self.ids, **self.extra).loss
        if loss == "score":
            scores = self.forward().logits.squeeze(-1)
            if self.run.method.rows == 1:
                return functional.binary_cross_entropy_with_logits(scores.float(), torch.zeros(scores.shape))
            chosen, rejected = scores.chunk(2)
            return -functional.logsigmoid(chosen - rejected).mean()
        return OBJECTIVES[self.method](self) if self.method in OBJECTIVES else self.policy_loss()

    def policy_loss(self) -> Any:
        """Log-probabilities of policy and reference in the order of TRL's trainers; logits live until the loss is returned."""
        before = kl = None
        last = len(self.heads) - 1
        with torch.no_grad():
            if self.method in AHEAD and self.compares:
                before = self.log_p(self.compare(), last)
            if self.method == "kto":
                kl = self.summed(self.forward)
        out = self.forward()
        log_p = self.log_p(out)
        if self.method not in AHEAD and self.compares:
            with torch.no_grad():
                if self.method == "kto":
                    kl = kl - self.summed(self.compare)
                compared = self.compare()
                before = self.log_p(compared, last)
        if before is None:
            before = torch.zeros_like(log_p).detach()
        loss = self.objective(log_p, before, kl)
        if not self.fused:
            with torch.no_grad():
                log_metrics(self.method, out.logits[..., :-1, :].detach())
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
        self.walk(self.loss, self.optimizer)
        if self.critic is not None:
            self.critic.step()

    def walk(self, objective: Callable[[], Any], optimizer: Any) -> None:
        """One optimizer step on an objective."""
        accumulation = self.run.accumulation
        for _ in range(accumulation):
            loss = objective() / accumulation
            self.ledger.phase = "backward"
            loss.backward()
            del loss
        self.ledger.phase = "update"
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        for state in optimizer.state.values():
            for value in state.values():
                if isinstance(value, torch.Tensor):
                    self.ledger.move(value, "optimizer")


def trace(config: Mapping[str, Any], settings: Mapping[str, Any], optimizer: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The traced peaks of a run in GiB: overall, by phase, and by category of tensor at the highest.

    `config`: a config.json; `settings`: canonical names, as the closed form reads them; `optimizer`: bytes `kept` and `temporary`, where
    torch's AdamW does not stand for it. Raises whatever transformers raises for a model that it cannot build.
    """
    raw = dict(config)
    shape = AutoConfig.for_model(raw.pop("model_type"), **raw)
    if getattr(shape, "pad_token_id", None) is None:
        shape.pad_token_id = 0
    register()
    run = read(settings)
    ledger = Ledger(shape.vocab_size)
    started = time.time()
    with FakeTensorMode(allow_non_fake_inputs=True), stand_ins(), ledger:
        trainer = Trainer(run, shape, ledger, optimizer)
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
