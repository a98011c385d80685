from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import InputError
from advisor.history import read_history

from .reading import points

VERSION_RECORD = bytes.fromhex("0900000000000000001a0d") + b"brain.Event:2"


def event_file(payloads: list[bytes]) -> bytes:
    """Records with their lengths; the checksums are not those of the format, which recognition does not look at."""
    return b"".join(struct.pack("<QI", len(payload), 0) + payload + struct.pack("<I", 0) for payload in payloads)


@pytest.mark.parametrize(
    ("content", "package"),
    [(event_file([VERSION_RECORD]), "tensorboard"), (b":W&B\xde\xb0\x01" + bytes(40), "wandb")],
)
def test_a_missing_package_is_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, package: str) -> None:
    import importlib

    def absent(name: str, *_: Any) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(InputError, match=rf"needs the package {package}: pip install 'rlhf-lint\[{package}\]'"):
        read_history(str(tmp_path / "log"))


def test_tensorboard_scalars(tmp_path: Path) -> None:
    writer_module = pytest.importorskip("tensorboard.summary.writer.event_file_writer")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    writer = writer_module.EventFileWriter(str(tmp_path))
    for step in range(1, 6):
        value = [Summary.Value(tag="train/loss", simple_value=1 / 2**step), Summary.Value(tag="eval/loss", simple_value=0.5)]
        writer.add_event(Event(step=step * 10, wall_time=step, summary=Summary(value=value)))
    writer.close()
    (path,) = tmp_path.iterdir()
    history = read_history(str(path))
    assert history.format == "tensorboard"
    assert points(history, "loss") == [(10, 0.5), (20, 0.25), (30, 0.125), (40, 0.0625), (50, 0.03125)]
    assert len(history.series["eval_loss"]) == 5

    (tmp_path / "cut").write_bytes(path.read_bytes()[:-9])
    cut = read_history(str(tmp_path / "cut"))
    assert cut.last_step == 40 and cut.ended == "truncated"
    assert any("middle of a record" in warning for warning in cut.warnings)


def wandb_file(records: list[bytes]) -> bytes:
    """Frames of LevelDB's log, every record in one frame."""
    content = b":W&B\xde\xb0\x01"
    for record in records:
        content += struct.pack("<IHB", zlib.crc32(record), len(record), 1) + record
    return content


def wandb_records() -> list[bytes]:
    schema = pytest.importorskip("wandb.proto.wandb_internal_pb2")
    records = []
    start = schema.Record()
    start.run.host = "machine-of-frida"
    item = start.run.config.update.add()
    item.key, item.value_json = "learning_rate", "5e-07"
    records.append(start.SerializeToString())
    for step in range(3):
        record = schema.Record()
        record.history.step.num = step
        for key, value in (("train/global_step", str(step * 10)), ("train/loss", "NaN" if step == 1 else "0.5"), ("_timestamp", "1.0")):
            item = record.history.item.add()
            item.key, item.value_json = key, value
        records.append(record.SerializeToString())
    end = schema.Record()
    end.exit.exit_code = 0
    return [*records, end.SerializeToString()]


def test_wandb_offline_run(tmp_path: Path) -> None:
    records = wandb_records()
    (tmp_path / "run.wandb").write_bytes(wandb_file(records))
    history = read_history(str(tmp_path / "run.wandb"))
    assert list(history.series["loss"].steps) == [0, 10, 20]
    assert history.series["loss"].values[1] != history.series["loss"].values[1]
    assert history.logged_config == {"learning_rate": 5e-07}
    assert history.ended == "finished"
    assert "frida" not in repr(history)

    (tmp_path / "killed.wandb").write_bytes(wandb_file(records[:-1]))
    assert read_history(str(tmp_path / "killed.wandb")).ended == "truncated"
    (tmp_path / "cut.wandb").write_bytes(wandb_file(records)[:-20])
    assert any("middle of a record" in warning for warning in read_history(str(tmp_path / "cut.wandb")).warnings)
    (tmp_path / "none.wandb").write_bytes(wandb_file(records[:1]))
    none = read_history(str(tmp_path / "none.wandb"))
    assert none.series == {} and any("holds no metric" in warning for warning in none.warnings)
