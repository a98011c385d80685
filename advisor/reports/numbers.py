"""Measured values and times as reports write them."""

from __future__ import annotations

import math

from advisor.expression.notation import number


def duration(seconds: float) -> str:
    """A time in the unit that people would use."""
    if seconds < 120:
        return f"{seconds:.3g} s"
    if seconds < 7200:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h" if seconds < 172800 else f"{seconds / 86400:.3g} days"


def value_text(value: float | None) -> str:
    return "-" if value is None else str(value) if not math.isfinite(value) else number(float(f"{value:.4g}"))
