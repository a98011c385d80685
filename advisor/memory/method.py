"""Training procedures, as far as they decide how often and how the model is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.errors import InputError
from advisor.memory.tables import mapping


@dataclass(frozen=True, slots=True)
class Method:
    """How a training procedure uses the model; the meaning of the fields stands in schemas/memory.yaml."""

    name: str
    rows: int
    loss: str
    reference: bool = False
    reference_by_kl: bool = False
    reference_logits: bool = False
    entropy: bool = False
    halves: bool = False
    online: bool = False
    completion_only: bool = False
    chooses: bool = False
    chosen_loss: float = 0.0
    teacher: bool = False
    critic: bool = False
    reward: bool = False
    judge: bool = False
    group: int = 1


def method_of(name: str | None) -> Method:
    """Raises InputError for a method that the estimate does not know."""
    known: dict[str, Any] = mapping("memory.yaml")["methods"]
    key = (name or "").lower().replace("-", "_")
    if key not in known:
        raise InputError("usage", f"no memory model for method {name!r}: known are {', '.join(known)}")
    return Method(name=key, **known[key])
