"""Which reader a file needs, told from what stands in it; its name says nothing."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

from advisor.errors import InputError
from advisor.history.history import History
from advisor.history.vocabulary import vocabulary

HEAD = 1 << 16
LARGEST_DOCUMENT = 1 << 30
LARGEST_REPORT = 1 << 26
LINES_TRIED = 20

_BINARY = (
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: unpack it first"),
    (b"PAR1", "a Parquet file: export it as CSV or JSONL"),
    (b"\x89PNG", "an image: export the metrics as CSV or JSONL"),
    (b"%PDF", "a PDF document: export the metrics as CSV or JSONL"),
    (b"\x80\x02", "a pickle, which is never loaded: export the metrics as CSV or JSONL"),
    (b"\x80\x04", "a pickle, which is never loaded: export the metrics as CSV or JSONL"),
)


def read_history(path: str) -> History:
    """The metric history in a file or a run directory.

    Reads trainer states, JSONL, JSON, CSV, console logs, Markdown and notebook tables, trackio databases, artifacts of
    post-training-toolkit, and with the optional packages TensorBoard and offline W&B files.

    Raises InputError, and nothing else, where the input cannot be read or holds no metrics.
    """
    place = Path(path)
    try:
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            from advisor.history.run_directory import read_run_directory

            return read_run_directory(place, path)
        if not stat.S_ISREG(mode):
            raise InputError("unreadable", "neither a file nor a directory", path=path)
        return read_log(place, path)
    except FileNotFoundError:
        raise InputError("unreadable", "no such file or directory", path=path) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name or content cannot be used"
        raise InputError("unreadable", f"cannot be read: {reason}", path=path) from None
    except MemoryError:
        raise InputError("too-large", "too large for the memory of this machine", path=path) from None


def read_log(path: Path, shown: str) -> History:
    """The history in one file. `shown` is the path that messages and the result carry."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head.strip(b"\0 \r\n\t"):
        return _empty(head, shown)
    binary = _read_binary(path, shown, head)
    if binary is not None:
        return binary
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = head.decode(encoding, errors="replace")
    if text.count("\0") > 8:
        raise InputError("unrecognised", "a binary file of no known format: export the metrics as CSV or JSONL", path=shown)
    return _read_text(path, shown, encoding, text.lstrip(), whole=len(head) < HEAD)


def _empty(head: bytes, shown: str) -> History:
    reason = "the file is empty" if not head else "the file holds nothing but blanks"
    return History(path=shown, format="empty", ended="truncated", warnings=(f"{reason}: the run ended before its first log line",))


def _read_binary(path: Path, shown: str, head: bytes) -> History | None:
    from advisor.history import database, event_files

    if head.startswith(database.MAGIC):
        return database.read_database(path, shown)
    if head.startswith(event_files.WANDB_MAGIC):
        return event_files.read_wandb(path, shown)
    if event_files.is_tensorboard(head):
        return event_files.read_tensorboard(path, shown)
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise InputError("unrecognised", what, path=shown)
    return None


def _read_text(path: Path, shown: str, encoding: str, head: str, *, whole: bool) -> History:
    from advisor.history.console import read_console
    from advisor.history.records import no_rows, read_csv, read_jsonl

    if head.startswith("{") or re.match(r"\[\s*[{\[\]]", head):
        if _is_jsonl(head, whole=whole):
            return read_jsonl(path, shown, encoding)
        if not re.match(r"\{\s*'", head):
            return _read_document(path, shown, encoding)
    if _has_table(head):
        from advisor.history.tables import read_markdown

        return read_markdown(_report(path, encoding), shown)
    delimiter = _delimiter(head)
    if delimiter is not None:
        return read_csv(path, shown, delimiter, encoding)
    with path.open(encoding=encoding, errors="replace") as stream:
        log = read_console(stream, shown)
    if log is not None:
        return log
    if path.stat().st_size <= LARGEST_REPORT:
        return _read_report(_report(path, encoding), shown)
    raise no_rows(shown)


def _is_jsonl(head: str, *, whole: bool) -> bool:
    """Whether one of the first lines is a JSON object of its own, and not the whole document."""
    lines = [line for line in head.split("\n") if line.strip()]
    for line in lines[:LINES_TRIED] if whole else lines[: min(LINES_TRIED, len(lines) - 1)]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            return not (len(lines) == 1 and _is_document(record))
    return False


def _is_document(record: dict[str, Any]) -> bool:
    """Whether a lone object is a document, or the last values of a W&B run, rather than a log of one row."""
    from advisor.history.tables import is_notebook
    from advisor.history.toolkit import is_postmortem, is_run_metadata
    from advisor.history.trainer_state import is_trainer_state

    special = is_trainer_state(record) or is_notebook(record) or is_postmortem(record) or is_run_metadata(record)
    return special or "_wandb" in record or any(isinstance(value, list) for value in record.values())


def _read_document(path: Path, shown: str, encoding: str) -> History:
    from advisor.history import tables, toolkit
    from advisor.history.records import read_json
    from advisor.history.trainer_state import is_trainer_state, read_trainer_state

    document = load_document(path, shown, encoding)
    if is_trainer_state(document):
        return read_trainer_state(document, shown)
    if tables.is_notebook(document):
        return tables.read_notebook(document, shown)
    if toolkit.is_postmortem(document):
        return toolkit.read_postmortem(document, shown)
    if toolkit.is_run_metadata(document):
        return toolkit.read_run_metadata(document, shown)
    return read_json(document, shown)


def load_document(path: Path, shown: str, encoding: str = "utf-8-sig") -> Any:
    """A JSON document, bare NaN and Infinity included. Raises InputError with the place of the first error."""
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise InputError("too-large", "the document is larger than 1 GiB: export the metrics as JSONL", path=shown)
    try:
        return json.loads(path.read_text(encoding=encoding, errors="replace"))
    except json.JSONDecodeError as error:
        reason = f"the JSON document is cut off or damaged: {error.msg}"
        raise InputError("syntax", reason, path=shown, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise InputError("syntax", "the JSON document is nested too deeply", path=shown) from None
    except ValueError:
        raise InputError("syntax", "the JSON document holds a number that is too long", path=shown) from None


def _report(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, errors="replace") as stream:
        return stream.read(LARGEST_REPORT)


def _read_report(text: str, shown: str) -> History:
    from advisor.history.tables import html_tables, markdown_tables, read_tables, spaced_tables

    found = [*markdown_tables(text), *(html_tables(text) if "<table" in text else ())]
    if found:
        try:
            return read_tables(found, shown, "markdown")
        except InputError:
            pass
    return read_tables(spaced_tables(text), shown, "csv")


def _has_table(head: str) -> bool:
    if "|" not in head:
        return False
    from advisor.history.tables import has_metric_columns, markdown_tables

    return any(has_metric_columns(table.header) for table in markdown_tables(head))


def _delimiter(head: str) -> str | None:
    """The delimiter of a CSV head with a metric among its columns and a number under it."""
    from advisor.history.number import cell_number
    from advisor.history.records import DELIMITERS

    lines = [line for line in head.split("\n", 3)[:3] if line.strip()]
    if len(lines) < 2:
        return None
    for delimiter in DELIMITERS:
        names = [name.strip().strip('"') for name in lines[0].split(delimiter)]
        cells = [cell.strip().strip('"') for cell in lines[1].split(delimiter)]
        if len(names) < 2 or len(cells) < 2 or any(cell_number(name) is not None for name in names):
            continue
        if any(map(vocabulary().known, names)) and any(cell_number(cell) is not None for cell in cells):
            return delimiter
    return None
