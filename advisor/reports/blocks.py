"""What a report is made of, whatever its format: sections of plain blocks."""

from __future__ import annotations

from typing import NamedTuple


class Paragraph(NamedTuple):
    text: str


class Listing(NamedTuple):
    items: tuple[str, ...]
    boxes: bool = False
    numbered: bool = False


class Table(NamedTuple):
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Code(NamedTuple):
    text: str
    language: str


class Plots(NamedTuple):
    """Where the plots of the metrics go, in formats that have them."""


Block = Paragraph | Listing | Table | Code | Plots


class Section(NamedTuple):
    title: str
    blocks: tuple[Block, ...]
    level: int = 2
