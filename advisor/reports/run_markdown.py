"""The report of a run as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.diagnosis.diagnosis import Diagnosis
from advisor.reports.blocks import Block, Code, Listing, Paragraph, Plots, Table
from advisor.reports.run_sections import sections
from advisor.reports.sparkline import sparkline


def render(diagnosis: Diagnosis, generated: str) -> str:
    """`generated` is the time at which the report was made."""
    lines = ["# Run report", "", f"Generated {generated}", ""]
    for section in sections(diagnosis):
        lines += [f"{'#' * section.level} {_escaped(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block, diagnosis), ""]
    return "\n".join(lines).rstrip() + "\n"


def _block(block: Block, diagnosis: Diagnosis) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield _escaped(block.text)
    elif isinstance(block, Listing):
        for place, item in enumerate(block.items, start=1):
            mark = f"{place}." if block.numbered else "- [ ]" if block.boxes else "-"
            yield f"{mark} {_escaped(item)}"
    elif isinstance(block, Table):
        yield _row(block.header)
        yield _row(("---",) * len(block.header))
        yield from map(_row, block.rows)
    elif isinstance(block, Code):
        fence = "`" * max(3, 1 + max((len(run) for run in block.text.split("\n") if run and set(run) == {"`"}), default=0))
        yield f"{fence}{block.language}"
        yield block.text.rstrip("\n")
        yield fence
    elif isinstance(block, Plots):
        yield from (f"- {curve.title}: `{sparkline(curve.values)}`" for curve in diagnosis.curves)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(_escaped(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Text of a log must not become markup of the report."""
    return text.replace("<http", "\0").replace("<", "&lt;").replace("\0", "<http")
