"""Tables of metrics in reports and notebooks: Markdown pipes, HTML, and columns set apart by blanks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, NamedTuple

from advisor.history.assembly import Findings, assembled, has_metrics
from advisor.history.columns import Columns
from advisor.history.console import read_console
from advisor.history.history import History, Series
from advisor.history.merging import merge
from advisor.history.number import cell_number
from advisor.history.records import no_rows
from advisor.history.vocabulary import normalised, vocabulary

LARGEST_TABLE = 2_000_000
LONGEST_RULE = 5_000

_RULE = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)*(?:\s*:?-+:?)?\s*$")
_GAP = re.compile(r"\t+|\s{2,}")


class RawTable(NamedTuple):
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def markdown_tables(text: str) -> Iterator[RawTable]:
    """Pipe tables: a header, a line of dashes, rows until the next line without a pipe."""
    lines = text.splitlines()
    index = 0
    while index + 1 < len(lines):
        rule = lines[index + 1]
        if "|" in lines[index] and "|" in rule and len(rule) <= LONGEST_RULE and _RULE.match(rule):
            header = _cells(lines[index])
            index += 2
            rows = []
            while index < len(lines) and "|" in lines[index]:
                rows.append(_cells(lines[index]))
                index += 1
            yield RawTable(header, tuple(rows))
        else:
            index += 1


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return tuple(cell.strip().strip("*`").strip() for cell in inner.split("|"))


def spaced_tables(text: str) -> Iterator[RawTable]:
    """Tables whose columns are set apart by tabs or several blanks, as printed by pandas or copied from a notebook."""
    lines = text.splitlines()
    index = 0
    while index < len(lines):
        header = tuple(_GAP.split(lines[index].strip()))
        index += 1
        if len(header) < 2 or not has_metric_columns(header):
            continue
        rows = []
        while index < len(lines):
            cells = tuple(_GAP.split(lines[index].strip()))
            cells = cells[-len(header) :] if len(cells) == len(header) + 1 else cells
            if len(cells) != len(header) or cell_number(cells[0]) is None:
                break
            rows.append(cells)
            index += 1
        if rows:
            yield RawTable(header, tuple(rows))


class _HtmlTables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
            self._cell = None  # a table within a cell: its rows are its own
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][-1].append("".join(self._cell).strip())
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def html_tables(text: str) -> Iterator[RawTable]:
    parser = _HtmlTables()
    parser.feed(text[:LARGEST_TABLE])
    for rows in parser.tables:
        filled = [tuple(row) for row in rows if row]
        if len(filled) > 1:
            yield RawTable(filled[0], tuple(row for row in filled[1:] if len(row) == len(filled[0])))


def has_metric_columns(header: Sequence[str]) -> bool:
    """Whether a header has a column of steps or epochs and one of a known metric."""
    words = vocabulary()
    return (words.step_key(header) is not None or words.epoch_key(header) is not None) and any(words.known(name) for name in header)


def read_tables(tables: Iterable[RawTable], shown: str, form: str) -> History:
    """The history in the largest table of metrics; further tables over the same steps or epochs add their columns.

    Raises InputError where no table has a column of steps or epochs beside a metric.
    """
    found = [history for table in tables if has_metric_columns(table.header) and (history := _read(table, shown, form)) is not None]
    if not found:
        raise no_rows(shown)
    found.sort(key=lambda history: -history.step_count)
    first = found[0]
    rest = [history for history in found[1:] if history.epochs == first.epochs and not set(history.series) <= set(first.series)]
    return merge([first, *rest]) if rest else first


def _read(table: RawTable, shown: str, form: str) -> History | None:
    columns = Columns(vocabulary())
    header = _sided(table.header)
    for cells in table.rows:
        row = {name: number for name, cell in zip(header, cells, strict=False) if (number := cell_number(cell)) is not None}
        columns.add(row)
    return assembled(shown, form, columns, Findings()) if columns.rows and has_metrics(columns) else None


def _sided(header: Sequence[str]) -> tuple[str, ...]:
    """Beside a validation loss, the notebook callback of transformers shows evaluation metrics without their prefix."""
    if not any(normalised(name) == "validation_loss" for name in header):
        return tuple(header)
    words = vocabulary()
    axes = {words.step_key(header), words.epoch_key(header)}
    plain = {"training_loss", "validation_loss"}
    return tuple(name if name in axes or normalised(name) in plain else f"eval_{name}" for name in header)


def read_markdown(text: str, shown: str) -> History:
    return read_tables(markdown_tables(text), shown, "markdown")


def is_notebook(document: object) -> bool:
    return isinstance(document, dict) and isinstance(document.get("cells"), list) and "nbformat" in document


def read_notebook(document: Mapping[str, Any], shown: str) -> History:
    """The run in the outputs of a notebook: the largest table or printed log; what differs in other cells is named in a warning."""
    found: list[History] = []
    for cell in document["cells"]:
        found.extend(_outputs(cell, shown))
    if not found:
        raise no_rows(shown)
    found.sort(key=lambda history: (-history.step_count, -len(history.series)))
    best = found[0]
    others = [history for history in found[1:] if not _repeats(history, best)]
    if others:
        remark = f"metrics stand in {len(others) + 1} outputs that differ, as of several runs: the one with most rows was read"
        return replace(best, warnings=(*best.warnings, remark))
    return best


def _repeats(history: History, other: History) -> bool:
    """Whether a table shows part of what another one shows."""
    return all(metric in other.series and _points(one) <= _points(other.series[metric]) for metric, one in history.series.items())


def _points(one: Series) -> set[tuple[float, float]]:
    return set(zip(one.steps, one.values, strict=True))


def _outputs(cell: object, shown: str) -> Iterator[History]:
    if not isinstance(cell, dict) or not isinstance(cell.get("outputs"), list):
        return
    printed: list[str] = []
    for output in cell["outputs"]:
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        if isinstance(data, dict):
            tables = [*html_tables(_joined(data.get("text/html"))), *spaced_tables(_joined(data.get("text/plain")))]
            yield from (
                history for table in tables if has_metric_columns(table.header) and (history := _read(table, shown, "notebook")) is not None
            )
        if output.get("output_type") == "stream":
            printed.append(_joined(output.get("text")))
        elif output.get("output_type") == "error" and isinstance(output.get("traceback"), list):
            printed.append("\n".join(str(line) for line in output["traceback"]))
    text = "".join(printed)
    if text:
        yield from (history for table in spaced_tables(text) if (history := _read(table, shown, "notebook")) is not None)
        log = read_console(re.split(r"[\r\n]", text), shown)
        if log is not None and log.series:
            yield replace(log, format="notebook")


def _joined(text: object) -> str:
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""
