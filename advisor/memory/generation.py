"""Memory while completions are generated: a key-value cache beside the trainer, or an engine with a pool of its own."""

from __future__ import annotations

from typing import NamedTuple

from advisor.memory.architecture import Architecture, parameters
from advisor.memory.numerics import FULL, HALF
from advisor.memory.settings import Run
from advisor.memory.tables import mapping

GIB = 2**30


class Generation(NamedTuple):
    """Bytes on one GPU. `pool`: reserved by an engine while it generates; `resident`: of it while training; `cache`: keys, values and
    logits where the trained model generates itself; `gathered`: whole weights put together from shards; `shortage`: words, where the
    engine's pool cannot hold its weights and one sequence."""

    pool: float
    resident: float
    cache: float
    gathered: float
    shortage: str | None


def key_value_bytes(shape: Architecture) -> float:
    """Of one token: keys and values of all layers in half precision, or the compressed vector of latent attention."""
    if shape.latent:
        return shape.layers * (shape.latent.key_value_rank + shape.latent.rope) * HALF
    return 2 * shape.attending * shape.key_size * HALF


def generation(shape: Architecture, run: Run, *, total: float | None, sharded: bool) -> Generation | None:
    """None for a method that does not generate here. `total`: bytes of the GPU, which sizes an engine's pool; None if unknown."""
    weights = parameters(shape) * HALF
    split = run.engine_tensor
    gathered = weights if sharded else 0.0
    if run.engine == "generate":
        rows = run.generation_batch * (2 if run.method.name in ("online_dpo", "xpo", "nash_md") else 1)
        cache = rows * (run.sequence * key_value_bytes(shape) + shape.vocabulary * (FULL + HALF))
        return Generation(0.0, 0.0, cache, gathered, None)
    if run.engine == "server":
        return Generation(0.0, 0.0, 0.0, gathered, None) if sharded else None
    if run.engine != "colocate":
        return None
    entry = mapping("memory.yaml")["engine"]
    sequence = key_value_bytes(shape) / split  # of one token, on one of the GPUs that the engine splits the model over
    least = weights / split + entry["activation_gib"] * GIB
    pool = run.engine_share * total if total else least + run.sequence * sequence
    needed = least + (run.engine_length or run.sequence) * sequence
    shortage = None
    if total and needed > pool:
        shortage = f"the engine's share ({pool / GIB:.1f} GiB) does not hold its weights and one sequence ({needed / GIB:.1f} GiB)"
    return Generation(pool, entry["residual_gib"] * GIB if run.engine_sleeps else pool, 0.0, gathered, shortage)
