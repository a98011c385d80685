"""PPO's critic: a value for every token, updated after the policy with an optimizer of its own, on adapters where the policy has them.
Needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from transformers import AutoModelForTokenClassification

if TYPE_CHECKING:
    from advisor.exact.traced_step import Trainer


class ValueModel:
    """A critic of the policy's shape."""

    def __init__(self, trainer: Trainer, placed: Mapping[str, float] | None) -> None:
        self.trainer = trainer
        self.model = trainer.build("weights", AutoModelForTokenClassification)
        self.model.train()
        trainer.prepared(self.model)
        self.model = trainer.adapted(self.model)
        trainable = [p for p in self.model.parameters() if p.requires_grad]
        for p in self.model.parameters():
            trainer.ledger.move(p, "weights")
        self.optimizer = trainer.optimizing(placed, trainable)

    def loss(self) -> Any:
        self.trainer.ledger.phase = "forward"
        values = self.model(input_ids=self.trainer.ids, use_cache=False).logits[..., 0]
        return (values.float() ** 2).mean()

    def step(self) -> None:
        self.trainer.walk(self.loss, self.optimizer)
