"""The names and functions that the tests of the language declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisor.expression import ABSENT, Environment, Function, Type

NAMES = {
    "method": Type.TEXT,
    "model.name": Type.TEXT,
    "model.parameters": Type.NUMBER,
    "optimizer.learning_rate": Type.NUMBER,
    "critic.learning_rate": Type.NUMBER,
    "batch.per_device": Type.NUMBER,
    "batch.accumulation": Type.NUMBER,
    "batch.devices": Type.NUMBER,
    "loss.beta": Type.NUMBER,
    "rollout.group_size": Type.NUMBER,
    "precision.bf16": Type.BOOLEAN,
    "precision.fp16": Type.BOOLEAN,
    "peft.targets": Type.LIST,
    "reward.weights": Type.LIST,
}

WRITTEN = {"dpo_training.learning_rate": 5e-7, "dpo_training.beta": 0.1}

FUNCTIONS = {
    "key": Function((Type.TEXT,), Type.BOOLEAN, lambda path: path in WRITTEN, literal=frozenset({0})),
    "inverse": Function((Type.NUMBER,), Type.NUMBER, lambda number: 1 / number),
    "twice": Function((Type.ANY,), Type.NUMBER, lambda value: value * 2),
}

ENVIRONMENT = Environment(NAMES, FUNCTIONS)


def looking_at(facts: Mapping[str, Any]) -> Callable[[str], Any]:
    """A lookup in which every name that `facts` lacks is absent."""
    return lambda name: facts.get(name, ABSENT)
