"""Logs with one record a line (JSONL), documents of records (JSON), and tables of values (CSV)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from advisor.errors import InputError
from advisor.history.assembly import Findings, assembled, has_metrics
from advisor.history.columns import Columns
from advisor.history.history import History
from advisor.history.number import number_in, numbers_in
from advisor.history.redaction import redacted
from advisor.history.toolkit import FRAMEWORK as TOOLKIT
from advisor.history.toolkit import is_header
from advisor.history.vocabulary import vocabulary

ROWS_TRIED = 2000
LINES_AT_ONCE = 1 << 20
LARGE = 1 << 23
"""Bytes from which pydantic's decoder is worth its import."""
DELIMITERS = ",;\t|"

_DECIMAL_COMMA = re.compile(r"^(\s*[-+]?\d*),(\d+(?:[eE][-+]?\d+)?\s*)$")
"""Where fields are parted by semicolons, a comma in a number is the decimal point of half of Europe's spreadsheets."""

_RECORD_KEYS = ("type", "schema_version", "config_hash", "timestamp")


def read_jsonl(path: Path, shown: str, encoding: str = "utf-8-sig") -> History:
    """One JSON object a line. Lines that are no object are counted, a cut last line is named as such.

    Raises InputError where the first rows hold no number that could be a metric.
    """
    words = vocabulary()
    columns = Columns(words)
    findings = Findings()
    form = "jsonl"
    seen = broken = 0
    cut = False
    quick = decoder_of_large_logs() if path.stat().st_size >= LARGE else None
    with path.open(encoding=encoding, errors="replace", newline="\n") as stream:
        for record in _objects(stream, quick):
            if record is None:
                broken += 1
                cut = True
                continue
            cut = False
            seen += 1
            if columns.repeat(record):
                continue
            if "type" in record and words.step_key(record) is None:
                if is_header(record):
                    form = findings.framework = TOOLKIT
                elif record["type"] in ("footer", "end", "run_end"):
                    findings.ended = "finished"
                findings.note_config({key: value for key, value in record.items() if key not in _RECORD_KEYS})
                continue
            columns.add(_unwrapped(record, words.wrappers))
            if seen == ROWS_TRIED and not columns.rows:
                break
    broken -= cut
    if cut:
        findings.warnings.append("the last line is cut off, as when a run is killed: it was left out")
        findings.ended = "truncated"
    if broken:
        lines = "1 line is no JSON object" if broken == 1 else f"{broken} lines are no JSON objects"
        findings.warnings.append(f"{lines}, and left out")
    if form == TOOLKIT and findings.ended == "unknown":
        findings.ended = "truncated"
        findings.warnings.append("the log has no closing record, so the run did not end properly")
    return _closed(columns, findings, form, shown)


def read_json(document: object, shown: str) -> History:
    """A JSON document that is a list of records, a mapping of columns, or a single record of last values."""
    words = vocabulary()
    columns = Columns(words)
    findings = Findings()
    rows = list(_rows_of(document))
    for row in rows:
        columns.add(_unwrapped(row, words.wrappers))
    if not has_metrics(columns):
        raise no_rows(shown)
    if isinstance(document, dict) and len(rows) == 1:
        findings.warnings.append("the file holds last values only: nothing can be said about trends")
    return _closed(columns, findings, "json", shown)


def read_csv(path: Path, shown: str, delimiter: str, encoding: str = "utf-8-sig") -> History:
    """A table with a header line. Cells that are no number are left out; a percentage becomes a share."""
    columns = Columns(vocabulary())
    findings = Findings()
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        try:
            rows = csv.reader((line.replace("\0", "") for line in stream), delimiter=delimiter)
            header = [name.strip() for name in next(rows, [])]
            short = 0
            for cells in rows:
                if not cells:
                    continue
                if delimiter == ";":
                    cells = [_DECIMAL_COMMA.sub(r"\1.\2", cell) for cell in cells]
                short += len(cells) < len(header)
                columns.add(numbers_in(header, cells))
        except csv.Error as error:
            raise InputError("syntax", f"the table cannot be read: {redacted(str(error))}", path=shown) from None
    if short:
        findings.warnings.append(
            "1 line has fewer cells than the header" if short == 1 else f"{short} lines have fewer cells than the header"
        )
    return _closed(columns, findings, "csv", shown)


def _closed(columns: Columns, findings: Findings, form: str, shown: str) -> History:
    if not has_metrics(columns) and not (columns.rows and vocabulary().step_key(columns.logged) is not None):
        raise no_rows(shown)
    findings.framework = findings.framework or vocabulary().framework(columns.logged)
    return assembled(shown, form, columns, findings)


def no_rows(shown: str) -> InputError:
    """The refusal of a file without metrics."""
    return InputError(
        "unrecognised",
        "no metric rows found: looked for records, tables and log lines with a loss, a reward, a KL or another known metric",
        path=shown,
    )


def _unwrapped(record: Mapping[str, Any], wrappers: frozenset[str]) -> Mapping[str, Any]:
    """`{"step": 3, "data": {...}}` as one flat record."""
    for name in wrappers:
        inner = record.get(name)
        if type(inner) is dict:
            return {**{key: value for key, value in record.items() if key != name}, **inner}
    return record


def decoder_of_large_logs() -> Callable[[str], Any]:
    """The decoder that pydantic brings along: a quarter of the standard library's time, the same values.

    It refuses some lines that the standard library takes (a lone surrogate, deep nesting, odd blanks at the end) and takes none that the
    standard library refuses, so that a refused line is decoded the usual way.
    """
    from pydantic_core import from_json

    return from_json


def _objects(stream: TextIO, quick: Callable[[str], Any] | None = None) -> Iterator[dict[str, Any] | None]:
    """The objects of a JSONL stream; None for a line that is none. What `quick` refuses is decoded the usual way."""
    decode = json.JSONDecoder().raw_decode
    while lines := stream.readlines(LINES_AT_ONCE):
        for line in lines:
            if quick is not None:
                try:
                    value = quick(line)
                except (ValueError, TypeError, RecursionError):
                    pass
                else:
                    yield value if type(value) is dict else None
                    continue
            try:
                value, end = decode(line)
            except (ValueError, RecursionError):
                if line.isspace():
                    continue
                value, end = _unindented(line), len(line)
            yield value if type(value) is dict and (end >= len(line) - 1 or not line[end:].strip()) else None


def _unindented(line: str) -> object:
    """The value of a line with blanks before it, which the fast way does not take."""
    if line[:1].isspace():
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            pass
    return None


def _rows_of(document: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        yield from (row for row in document if isinstance(row, dict))
    elif isinstance(document, dict):
        listed = {key: value for key, value in document.items() if isinstance(value, list)}
        if not listed:
            yield document
        elif all(isinstance(row, dict) for value in listed.values() for row in value):
            for value in listed.values():
                yield from value
        else:
            yield from _transposed(listed)


def _transposed(columns: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    numeric = {key: value for key, value in columns.items() if any(number_in(one) is not None for one in value)}
    for index in range(max(map(len, numeric.values()), default=0)):
        yield {key: value[index] for key, value in numeric.items() if index < len(value)}
