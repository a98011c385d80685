"""Bytes that an optimizer keeps between steps, and needs within one."""

from __future__ import annotations

from typing import NamedTuple

from advisor.memory.tables import mapping
from advisor.memory.weights import Weights


class State(NamedTuple):
    """`kept` between steps; `temporary` within one; `pageable`: can move to the host; `gradients`: they are kept at all."""

    kept: float
    temporary: float
    pageable: bool
    gradients: bool
    assumed: str | None


def entry_name(name: str) -> tuple[str, str | None]:
    """The table's name of an optimizer, and in words what was assumed where it has none."""
    data = mapping("memory.yaml")
    key = name.lower().replace("-", "_")
    key = data["optimizer_aliases"].get(key, key)
    return (key, None) if key in data["optimizers"] else (data["optimizer_unknown"], f"optimizer {name or 'not given'}: counted as AdamW")


def state(name: str, weights: Weights, *, hidden: int, deepspeed: bool, wide_gradients: bool = False) -> State:
    """`name` as frameworks write it; an unknown one counts as AdamW, in words. `deepspeed`: float32 master weights and moments;
    `wide_gradients`: gradients are float32 already."""
    data = mapping("memory.yaml")
    key, assumed = entry_name(name)
    entry = data["optimizers"][key]
    learning, outer, width = weights.learning, weights.outer, weights.width
    size = weights.learning_bytes
    if deepspeed and "moments" in entry and key.startswith("adam"):
        kept = float(learning * data["deepspeed_moment_bytes"])
    elif "moments" in entry:
        kept = (size - outer * width) * entry["moments"] + outer * entry.get("outer_moments", entry["moments"]) * width
    elif entry.get("factored"):
        kept = 4.0 * learning / hidden * 2
    elif "low_rank" in entry:
        inner = learning - outer
        share = min(1.0, entry["low_rank"] / hidden)
        kept = inner * share * (2 * entry.get("low_rank_bytes", width) + width) + outer * 2 * width
    else:
        rest = min(weights.embedding, learning) if outer and "embedding_bytes" in entry else 0
        kept = (learning - rest) * entry["bytes"] + rest * entry.get("embedding_bytes", 0)
    if deepspeed:
        kept += learning * data["master_bytes"] if width < data["master_bytes"] else 0
    # DeepSpeed widens the gradients of its partition for the step.
    widened = learning * data["master_bytes"] if deepspeed and width < data["master_bytes"] and not wide_gradients else 0
    temporary = widened + entry.get("temporary", 0) * size + entry.get("largest_temporary", 0) * weights.largest
    return State(kept, temporary, bool(entry.get("pageable")), entry.get("gradients", True), assumed)
