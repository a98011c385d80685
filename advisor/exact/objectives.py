"""Losses of trainers that compare, imitate or classify, in TRL's order of operations: what they copy is what counts. Needs torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as functional

if TYPE_CHECKING:
    from advisor.exact.traced_step import Trainer


def concatenated(trainer: Trainer) -> Any:
    """ORPO, CPO and SimPO: chosen and rejected in one forward pass, no reference; with `chosen_loss` a cross entropy of the chosen half
    beside the log-probabilities (trl.experimental.cpo, .orpo: concatenated_forward)."""
    out = trainer.forward()
    labels = trainer.ids.clone()
    loss: Any = 0.0
    if trainer.fused:
        log_p = trainer.log_p(out)
    else:
        logits = out.logits
        if trainer.run.chosen_loss:
            loss = _of_the_chosen(logits, labels)
        log_p = trainer.log_p(out)
    chosen, rejected = (log_p.sum(-1) / log_p.shape[-1]).chunk(2)
    if trainer.fused and trainer.run.chosen_loss:
        loss = -chosen.mean()
    loss = loss - functional.logsigmoid(0.1 * (chosen - rejected)).mean()
    if not trainer.fused:
        for half in logits.detach().chunk(2):
            half[:, :-1].mean()
    return loss


def _of_the_chosen(logits: Any, labels: Any) -> Any:
    half = logits.shape[0] // 2
    shifted = logits[:half][..., :-1, :].contiguous()
    return functional.cross_entropy(shifted.view(-1, shifted.shape[-1]), labels[:half][..., 1:].contiguous().view(-1))


def online(trainer: Trainer) -> Any:
    """Online DPO: all logits are built, the completions' are normalized whole; nothing but the log-probabilities outlives a forward pass
    (trl.experimental.online_dpo: _forward)."""

    def log_p(forward: Any) -> Any:
        completion = trainer.run.completion or trainer.run.length // 2
        logits = forward().logits[:, -completion - 1 : -1]
        ids = trainer.ids[:, -completion:]
        return torch.take_along_dim(logits.log_softmax(dim=-1), ids.unsqueeze(-1), dim=2).squeeze(-1)

    current = log_p(trainer.forward)
    with torch.no_grad():
        before = log_p(trainer.compare)
    chosen, rejected = (current.sum(1) - before.sum(1)).chunk(2)
    return -functional.logsigmoid(0.1 * (chosen - rejected)).mean()


def distilled(trainer: Trainer) -> Any:
    """GKD: the generalized Jensen-Shannon divergence of two whole distributions (trl.experimental.gkd). The mask that picks the
    completions' tokens, whose number is in the data, is taken to pick all."""
    student = trainer.forward()
    with torch.no_grad():
        teacher = trainer.compare()
    shifted = student.logits[:, :-1, :], teacher.logits[:, :-1, :]
    return _divergence(*shifted)


def _divergence(student: Any, teacher: Any) -> Any:
    student, teacher = student / 1.0, teacher / 1.0
    own, other = functional.log_softmax(student, dim=-1), functional.log_softmax(teacher, dim=-1)
    beta = torch.tensor(0.5, dtype=own.dtype)
    mixture = torch.logsumexp(torch.stack([own + torch.log1p(-beta), other + torch.log(beta)]), dim=0)
    to_teacher = functional.kl_div(mixture, other, reduction="none", log_target=True)
    to_student = functional.kl_div(mixture, own, reduction="none", log_target=True)
    divergence = beta * to_teacher + (1 - beta) * to_student
    # As picking elements by a mask does, this copies them, and its gradient puts them into a tensor of zeros.
    rows = divergence.reshape(-1, divergence.shape[-1])
    picked = rows.index_select(0, torch.arange(len(rows)))
    return picked.sum() / len(rows)
