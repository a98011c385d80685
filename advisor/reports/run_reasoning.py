"""The reasoning of a report as blocks: questions that tell causes apart, options, evaluations, values beside published ranges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.diagnosis.diagnosis import EvaluationRow, Option, Published, Question
from advisor.expression.notation import number
from advisor.reports.blocks import Block, Listing, Paragraph, Section, Table
from advisor.reports.numbers import value_text
from advisor.reports.text import shown

REGIONS = {
    "recommended": "within the recommended range",
    "acceptable": "acceptable",
    "outside": "outside what is published",
    "fails": "where runs fail",
}


def reasoning(questions: Sequence[Question]) -> Iterator[Section]:
    """One section a symptom, under a heading of their own."""
    if not questions:
        return
    yield Section("Causes told apart", ())
    for question in questions:
        blocks: list[Block] = [Paragraph(question.intro)] if question.intro else []
        blocks.append(Listing(question.steps, numbered=True))
        if question.references:
            blocks.append(Paragraph("Sources: " + "; ".join(one.title for one in question.references)))
        yield Section(question.title, tuple(blocks), level=3)


def options_table(options: Sequence[Option]) -> Section:
    rows = tuple(
        (
            change_words(one),
            one.gain,
            one.against,
            one.confidence,
            "; ".join(reference.title for reference in one.references),
        )
        for one in options
    )
    return Section(
        "Options",
        (
            Paragraph("Changes that may come to mind here, with what speaks against each. None of them is advice, and --fix writes none."),
            Table(("change", "for", "against", "confidence", "sources"), rows),
        ),
    )


def change_words(one: Option) -> str:
    """`beta: 0.1 -> 0.08`; a dash where the option is no single value."""
    if one.field is None:
        return "-"
    return f"{one.key or one.field}: {'(not set)' if one.old is None else shown(one.old)} -> {shown(one.new)}"


def evaluation_table(rows: Sequence[EvaluationRow]) -> Section:
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    lines = tuple(
        (
            value_text(row.step),
            *(value_text(row.values.get(name)) for name in names),
            "FAIL" if row.failed else "pass",
            ", ".join(row.failed),
        )
        for row in rows
    )
    return Section("Evaluations", (Table(("step", *names, "result", "because"), lines),))


def published_table(values: Sequence[Published]) -> Section:
    rows = tuple(
        (
            one.key or f"{one.field} (not in the file)",
            shown(one.value),
            _range(one.recommended),
            _range(one.acceptable),
            _where(one),
            one.advice,
        )
        for one in values
    )
    header = ("setting", "value", "recommended", "acceptable", "where it lies", "how it works")
    return Section("Settings beside published ranges", (Table(header, rows),))


def _where(one: Published) -> str:
    if one.measure_missing and one.region in ("recommended", "acceptable"):
        return f"depends on {one.measure_missing}, which is not known"
    return REGIONS[one.region] + (f" for {one.label}" if one.label else "")


def _range(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    if low is None and high is None:
        return "any"
    if low is None or high is None:
        return f"up to {number(high)}" if high is not None else f"from {number(low or 0)}"
    return f"{number(low)} to {number(high)}" if low != high else number(low)
