"""trackio's SQLite files: `metrics(run_name, step, metrics)` with one JSON object a row, and `configs(run_name, config)`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from advisor.errors import InputError
from advisor.history.assembly import Findings, assembled, has_metrics
from advisor.history.columns import Columns
from advisor.history.history import History
from advisor.history.records import no_rows
from advisor.history.vocabulary import vocabulary

MAGIC = b"SQLite format 3\0"


def read_database(path: Path, shown: str) -> History:
    """The run that was logged last, opened for reading only, with its configuration. Other runs in the file are named in a warning.

    Raises InputError for a damaged file and for a database without metrics.
    """
    try:
        return _read(path, shown)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError):
        raise InputError("unreadable", "the SQLite file is damaged or in use: copy it and try the copy", path=shown) from None


def _read(path: Path, shown: str) -> History:
    columns = Columns(vocabulary())
    findings = Findings()
    with closing(_opened(path)) as connection:
        tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "metrics" not in tables or not {"run_name", "step", "metrics"} <= _columns(connection, "metrics"):
            raise InputError(
                "unrecognised",
                "no metric rows found: the SQLite file has no table metrics(run_name, step, metrics) as trackio writes it",
                path=shown,
            )
        runs = [row[0] for row in connection.execute("SELECT run_name FROM metrics GROUP BY run_name ORDER BY MAX(rowid) DESC")]
        if not runs:
            raise no_rows(shown)
        if len(runs) > 1:
            findings.warnings.append(f"the file holds {len(runs)} runs: the one logged last was read")
        rows = connection.execute("SELECT step, metrics FROM metrics WHERE run_name IS ? ORDER BY rowid", (runs[0],))
        for step, text in rows:
            for record in _objects(text):
                columns.add({**record, "step": step} if isinstance(step, (int, float)) else record)
        if "configs" in tables and {"run_name", "config"} <= _columns(connection, "configs"):
            for (text,) in connection.execute("SELECT config FROM configs WHERE run_name IS ?", (runs[0],)):
                for record in _objects(text):
                    findings.note_config(record)
    if not columns.rows or not (has_metrics(columns) or vocabulary().step_key(columns.logged)):
        raise no_rows(shown)
    findings.framework = vocabulary().framework(columns.logged)
    return assembled(shown, "trackio", columns, findings)


def _opened(path: Path) -> sqlite3.Connection:
    """A read-only connection; one that ignores the write-ahead log where its folder cannot be written."""
    address = path.resolve().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, timeout=5)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        connection = sqlite3.connect(f"{address}?mode=ro&immutable=1", uri=True, timeout=5)
    return connection


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _objects(text: object) -> Iterator[dict[str, object]]:
    if isinstance(text, (str, bytes)):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            yield value
