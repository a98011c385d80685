"""A rule as a page for people: what it checks, why, on whose evidence, examples, references."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from advisor.evidence.distribution import distribution
from advisor.evidence.firing import firing_rates
from advisor.expression.notation import rate
from advisor.reports.distribution_plot import LEGEND, plot
from advisor.reports.links import is_shipped
from advisor.rulebook.pack import build_rule
from advisor.rulebook.rule import Rulebook

WIDTH = 100


def page(pack: str, raw: Mapping[str, Any], book: Rulebook, address: str | None) -> str:
    """The page of a rule, from the rule as its pack writes it; `book` holds the bands and references that it names."""
    return "\n".join(_lines(pack, raw, book, address)) + "\n"


def _lines(pack: str, raw: Mapping[str, Any], book: Rulebook, address: str | None) -> Iterator[str]:
    yield f"{raw['id']} {raw['name']}: {raw['title']}"
    methods = ", ".join(raw.get("methods", ())) or "all methods"
    grade = "graded by the region of its band" if raw["form"] == "band" else raw.get("severity", "medium")
    yield f"{methods}; {grade}, confidence {raw.get('confidence', 'medium')}; pack {pack}"
    yield ""
    yield from textwrap.wrap(raw["why"].strip(), WIDTH)
    for word, label in (("when", "applies when"), ("holds", "must hold")):
        if raw.get(word):
            yield f"\n{label}: {raw[word]}"
    if raw.get("band"):
        yield from _band(raw, pack, book)
    measured = (
        firing_rates().words(raw["id"])
        if is_shipped(raw["id"])
        else "a rule of your own: its share on published configurations is not measured"
    )
    yield f"\n{measured}"
    if raw.get("examples"):
        yield "\nexamples:"
        for kind, listed in raw["examples"].items():
            yield from (f"  {kind:8} {_facts(example)}" for example in listed[:2])
    if address is not None:
        yield f"\n{address}"
    yield "\nreferences:"
    for key in raw.get("references", ()):
        reference = book.references[key]
        yield f"  {reference.title}" + (f", {reference.url}" if reference.url else "")


def _band(raw: Mapping[str, Any], pack: str, book: Rulebook) -> Iterator[str]:
    band = book.bands[raw["band"]]
    spreads = distribution(build_rule(raw, pack), band)
    yield f"\n{band.title}:"
    for row, spread in zip(band.rows, spreads, strict=True):
        sides = zip(row.fails, ("and below", "and above"), strict=True)
        fails = "".join(f", fails at {rate(edge)} {side}" for edge, side in sides if edge is not None)
        yield f"  {row.label or 'all'}: {_range(row.recommended)}, acceptable {_range(row.acceptable)}{fails}"
        yield from (f"    {line}" for line in textwrap.wrap(f"grade {row.grade}: {'; '.join(row.support)}", WIDTH))
        yield from plot(spread)
    if any(spread.worked or spread.failed for spread in spreads):
        yield f"    ({LEGEND})"


def _range(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    if low is None or high is None:
        return f"up to {rate(high)}" if high is not None else f"from {rate(low)}" if low is not None else "anything"
    return f"{rate(low)} to {rate(high)}"


def _facts(example: Mapping[str, Any]) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in example.get("facts", {}).items())
    fixed = ", ".join(f"{name} {value}" for name, value in example.get("fixed", {}).items())
    return facts + (f"  =>  {fixed}" if fixed else "")
