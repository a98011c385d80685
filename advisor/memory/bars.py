"""The components of an estimate as bars to draw: shares of the GPU, largest first, overhead last."""

from __future__ import annotations

from typing import NamedTuple

from advisor.memory.estimate import Estimate


class Bar(NamedTuple):
    """A component, its GiB, and its share (0 to 1) of the larger of the peak and what the GPU offers."""

    name: str
    gib: float
    share: float


def bars(estimate: Estimate) -> tuple[Bar, ...]:
    """Empty for an estimate without a peak."""
    if estimate.peak is None:
        return ()
    whole = max(estimate.peak.expected, estimate.usable or 0.0)
    ordered = sorted(estimate.components.items(), key=lambda item: (item[0] == "overhead", -item[1]))
    return tuple(Bar(name, size, size / whole) for name, size in ordered)
