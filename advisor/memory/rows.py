"""What goes through the model at once: rows by samples, or one packed row by tokens."""

from __future__ import annotations

import math
from typing import NamedTuple

from advisor.errors import InputError
from advisor.memory.reader import Reader


class Rows(NamedTuple):
    """Rows of one forward pass, their length in tokens, samples among them; `least_steps`: micro-batches of an update at least."""

    batch: int
    length: int
    samples: int
    together: float | None = None
    least_steps: int = 1


def rows_of(r: Reader, length: int) -> Rows:
    """By samples; or by tokens, where these size the micro-batches: then one packed row of so many tokens, or of all that a device's share
    of an update has at most. Raises InputError where neither is known."""
    budget = r.count("batch.micro_tokens")
    if budget is None:
        batch = r.count("batch.micro") or r.count("batch.per_device")
        if batch is None:
            raise InputError("usage", "batch.per_device is not known: memory cannot be estimated without it")
        return Rows(batch, length, batch)
    # The budget is one device's: sequence and context parallelism put those of several together (verl, slime, OpenRLHF).
    row = max(budget * r.degree("parallel.context") * r.degree("parallel.sequence"), length)
    mini, devices = r.number("batch.mini"), r.number("batch.devices") or r.number("hardware.gpus")
    if row == length > budget:
        r.assume(f"micro-batches of {budget} tokens hold no sample of {length}: counted as one sample")
    share = max(1.0, mini / devices) if mini and devices else None
    most = row if share is None else min(row, math.ceil(share * length))
    r.assume(f"micro-batches of up to {most} tokens in one packed row; fewer where samples are short and the update small")
    return Rows(1, most, max(1, row // length), share or row / length, 2 if most == row else 1)
