"""Curves as SVG, drawn by matplotlib: its output is plain markup that needs no script and no network, and prints like it shows."""

from __future__ import annotations

import io
import math
import re
from importlib import import_module

from advisor.diagnosis.diagnosis import Curve
from advisor.errors import InputError

MOST_POINTS = 4000
"""Beyond this, neighbours are drawn as their minimum and maximum, so that no spike is lost."""


def svg(curve: Curve) -> str:
    """One metric over the steps, with ranges that findings speak of shaded. Raises InputError where matplotlib is missing."""
    try:
        matplotlib, svg_backend, figures = map(import_module, ("matplotlib", "matplotlib.backends.backend_svg", "matplotlib.figure"))
    except ImportError:
        raise InputError("usage", "HTML reports draw with matplotlib: pip install 'rlhf-lint[report]'") from None
    steps, values = _thinned(curve)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": curve.metric}):
        figure = figures.Figure(figsize=(7.2, 2.2), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(steps, values, linewidth=1.2, marker="." if len(steps) <= 40 else None, color="#1f5fa8")
        for start, end in curve.offending:
            axes.axvspan(start, max(end, start + 1e-9), color="#d62728", alpha=0.12, linewidth=0)
        for step, value in zip(curve.steps, curve.values, strict=True):
            if not math.isfinite(value):
                axes.axvline(step, color="#d62728", linewidth=0.8)
                break
        axes.set_title(curve.title, loc="left", fontsize=10)
        axes.grid(alpha=0.25)
        axes.tick_params(labelsize=8)
        drawn = io.StringIO()
        svg_backend.FigureCanvasSVG(figure).print_svg(drawn, metadata={"Date": None, "Creator": None})
    markup = drawn.getvalue()
    return _unique(markup[markup.index("<svg") :], curve.metric)


def _unique(markup: str, metric: str) -> str:
    """Several drawings stand in one page, so the names within each must be its own."""
    prefix = re.sub(r"\W", "-", metric)
    markup = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', markup)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", markup)


def _thinned(curve: Curve) -> tuple[list[float], list[float]]:
    points = [(step, value if math.isfinite(value) else math.nan) for step, value in zip(curve.steps, curve.values, strict=True)]
    if len(points) > MOST_POINTS:
        width = math.ceil(2 * len(points) / MOST_POINTS)
        groups = [points[start : start + width] for start in range(0, len(points), width)]
        points = [point for group in groups for point in sorted({min(group, key=_height), max(group, key=_height)})]
    return [step for step, _ in points], [value for _, value in points]


def _height(point: tuple[float, float]) -> float:
    return point[1] if math.isfinite(point[1]) else 0.0
