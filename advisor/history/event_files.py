"""Binary logs of TensorBoard and W&B, read through the packages that define them, which are optional extras."""

from __future__ import annotations

import importlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.errors import InputError
from advisor.history.assembly import Findings, assembled, has_metrics
from advisor.history.columns import Columns
from advisor.history.history import History
from advisor.history.vocabulary import vocabulary

WANDB_MAGIC = b":W&B"
_WANDB_HEADER = 7
_WANDB_BLOCK = 1 << 15
_WANDB_RECORD = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_TENSORBOARD_FRAME = 16
"""Bytes around a record: its length and two checksums."""
_CUT = "the file ends in the middle of a record, as when a run is killed"
_NOTHING = "the file holds no metric: the run ended before its first log line"


def is_tensorboard(head: bytes) -> bool:
    """Whether a file starts with the version record of an event file."""
    return len(head) > 24 and b"brain.Event:" in head[12:64]


def read_tensorboard(path: Path, shown: str) -> History:
    """The scalars of an event file. A cut tail is reported, not an error.

    Raises InputError where the package `tensorboard` is not installed.
    """
    loader = _imported("tensorboard.backend.event_processing.event_file_loader", "tensorboard", shown)
    events = _imported("tensorboard.compat.proto.event_pb2", "tensorboard", shown)
    columns = Columns(vocabulary())
    findings = Findings()
    size = read = 0
    try:
        for record in loader.RawEventFileLoader(str(path)).Load():
            read += len(record) + _TENSORBOARD_FRAME
            event = events.Event.FromString(record)
            row = dict(_scalars(event))
            if row:
                columns.add({**row, "step": int(event.step)})
        size = path.stat().st_size
    except Exception as error:  # the package raises types of its own, of protobuf and of TensorFlow where that is installed
        findings.warnings.append(f"{_CUT} ({type(error).__name__})")
        findings.ended = "truncated"
    if read < size:
        findings.warnings.append(_CUT)
        findings.ended = "truncated"
    return _closed(columns, findings, "tensorboard", shown)


def _scalars(event: Any) -> Iterator[tuple[str, float]]:
    for value in event.summary.value:
        kind = value.WhichOneof("value")
        if kind == "simple_value":
            yield value.tag, float(value.simple_value)
        elif kind == "tensor":
            number = _tensor_scalar(value.tensor)
            if number is not None:
                yield value.tag, number


def _tensor_scalar(tensor: Any) -> float | None:
    for values in (tensor.float_val, tensor.double_val, tensor.int_val, tensor.int64_val):
        if len(values) == 1:
            return float(values[0])
    widths = {4: "<f", 8: "<d"}
    content = bytes(tensor.tensor_content)
    if not tensor.tensor_shape.dim and len(content) in widths and tensor.dtype in (1, 2):
        return float(struct.unpack(widths[len(content)], content)[0])
    return None


def read_wandb(path: Path, shown: str) -> History:
    """The history and configuration of an offline run. What else is recorded (machine, user, command line) is passed over.

    The package `wandb` gives the meaning of the records; the frames around them are those of LevelDB's log, for which recent versions of
    the package have no reader in Python.

    Raises InputError where the package is not installed.
    """
    schema = _imported("wandb.proto.wandb_internal_pb2", "wandb", shown)
    columns = Columns(vocabulary())
    findings = Findings()
    data = path.read_bytes()
    frames = _Frames(data)
    for frame in frames:
        try:
            record = schema.Record.FromString(frame)
        except Exception:  # protobuf's DecodeError, whose module differs between its versions
            frames.cut = True
            break
        kind = record.WhichOneof("record_type")
        if kind == "history":
            columns.add(_wandb_row(record.history))
        elif kind in ("config", "run"):
            config = record.config if kind == "config" else record.run.config
            findings.note_config({item.key: _json(item.value_json) for item in config.update if item.key})
        elif kind == "exit":
            findings.ended = "finished" if record.exit.exit_code == 0 else "crashed"
    if frames.cut:
        findings.warnings.append(_CUT)
    elif findings.ended == "unknown" and columns.rows:
        findings.warnings.append("the file has no closing record: the run was killed, or goes on")
    if findings.ended == "unknown":
        findings.ended = "truncated"
    return _closed(columns, findings, "wandb", shown)


class _Frames:
    """The payloads of a LevelDB log; `cut` tells after the end whether the last one was incomplete."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.cut = False

    def __iter__(self) -> Iterator[bytes]:
        data, position, parts = self._data, _WANDB_HEADER, b""
        while position + _WANDB_RECORD.size <= len(data):
            left = _WANDB_BLOCK - position % _WANDB_BLOCK
            if left < _WANDB_RECORD.size:
                position += left
                continue
            _, length, kind = _WANDB_RECORD.unpack_from(data, position)
            if kind == 0 and length == 0:
                position += left
                continue
            position += _WANDB_RECORD.size
            if position + length > len(data) or not _FULL <= kind <= _LAST:
                self.cut = True
                return
            part = data[position : position + length]
            position += length
            if kind == _FULL:
                yield part
            elif kind == _FIRST:
                parts = part
            elif kind == _MIDDLE:
                parts += part
            else:
                yield parts + part
                parts = b""
        self.cut = bool(parts) or any(data[position:]) or len(data) % _WANDB_BLOCK == 0


def _wandb_row(history: Any) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for item in history.item:
        row[item.key or "/".join(item.nested_key)] = _json(item.value_json)
    if "_step" not in row:
        row["_step"] = int(history.step.num)
    return row


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _closed(columns: Columns, findings: Findings, form: str, shown: str) -> History:
    if not columns.rows:
        findings.warnings.append(_NOTHING)
        findings.ended = "truncated" if findings.ended == "unknown" else findings.ended
    elif not has_metrics(columns) and vocabulary().step_key(columns.logged) is None:
        findings.warnings.append("none of the keys is a known metric")
    findings.framework = vocabulary().framework(columns.logged)
    return assembled(shown, form, columns, findings)


def _imported(module: str, extra: str, shown: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(
            "unreadable",
            f"reading this file needs the package {extra}: pip install 'rlhf-lint[{extra}]', or export the run as CSV or JSONL",
            path=shown,
        ) from None
