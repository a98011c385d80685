from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.history import History, read_history

from .reading import points, written

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(path: Path) -> History | None:
    """What reading gives; None for a refusal. Any other exception fails the test."""
    try:
        history = read_history(str(path))
    except InputError as error:
        assert error.message
        return None
    for series in history.series.values():
        assert len(series.steps) == len(series.values) > 0
        assert all(later > earlier for earlier, later in zip(series.steps, series.steps[1:], strict=False))
    return history


@QUICK
@given(st.binary(max_size=400))
def test_garbage_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    outcome(tmp_path / "x")


@QUICK
@given(
    st.sampled_from(
        [b"SQLite format 3\0", b":W&B\xde\xb0\x01", b"\xff\xfe", b"\xef\xbb\xbf{", b"PAR1", b"PK\x03\x04", b'{"log_history": [', b"[{"]
    ),
    st.binary(max_size=300),
)
def test_garbage_behind_a_promising_start(tmp_path: Path, start: bytes, rest: bytes) -> None:
    (tmp_path / "x").write_bytes(start + rest)
    outcome(tmp_path / "x")


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "{'loss': ",
            "0.5",
            "nan",
            "}",
            "{",
            '{"step": ',
            '"loss": ',
            "1e400",
            "NaN",
            ", ",
            "\n",
            "\r",
            "| ",
            "|---|",
            "Step",
            "Epoch",
            "step:3 - ",
            "actor/entropy:0.1 - ",
            "iter 4: loss ",
            "[Micro 1] 3. Samples scored: rewards=0.5±",
            "10/90 [00:01<00:09, 1.1it/s, loss=0.6]",
            "Traceback (most recent call last)",
            'File "/home/u/a.py", line 3, in f',
            "ValueError: x",
            "WARNING: ",
            "Loss",
            ",",
            "\t",
            "5",
            "null",
            "[",
            "]",
            '"',
            "inf",
            "average reward score: 1",
            "-",
        ]
    ),
    max_size=25,
)


@QUICK
@given(FRAGMENTS.map("".join))
def test_scraps_of_logs(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text, encoding="utf-8")
    outcome(tmp_path / "x")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["step", "loss", "log_history", "data", "metrics", "cells", "nbformat", "outputs", "type", "exit_reason", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@QUICK
@given(st.lists(JSON, min_size=1, max_size=4), st.booleans())
def test_odd_json(tmp_path: Path, values: list[object], lines: bool) -> None:
    text = "\n".join(map(json.dumps, values)) if lines else json.dumps(values[0], indent=1)
    (tmp_path / "x").write_text(text, encoding="utf-8")
    outcome(tmp_path / "x")


NUMBERS = st.floats(width=64)
ROWS = st.dictionaries(st.integers(0, 10**7), st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=2, max_size=20)


def same(history: History, rows: dict[int, tuple[float, float, float]]) -> None:
    for metric, index in (("loss", 0), ("reward", 1), ("grad_norm", 2)):
        expected = sorted((step, row[index]) for step, row in rows.items())
        found = points(history, metric)
        assert len(found) == len(expected)
        for (step, value), (wanted_step, wanted) in zip(found, expected, strict=True):
            assert step == wanted_step
            assert value == wanted or (math.isnan(value) and math.isnan(wanted))


@QUICK
@given(ROWS)
def test_what_is_written_is_read(tmp_path: Path, rows: dict[int, tuple[float, float, float]]) -> None:
    ordered = sorted(rows.items())
    records = [{"step": step, "loss": row[0], "reward": row[1], "grad_norm": row[2]} for step, row in ordered]
    cells = [[step, *map(repr, row)] for step, row in ordered]
    texts = {
        "jsonl": "".join(json.dumps(record) + "\n" for record in records),
        "json": json.dumps(records, indent=1),
        "state": json.dumps({"global_step": ordered[-1][0], "log_history": records}),
        "csv": "step,loss,reward,grad_norm\n" + "".join(",".join(map(str, row)) + "\n" for row in cells),
        "markdown": "| Step | Loss | Reward | Grad Norm |\n|---|---|---|---|\n"
        + "".join("| " + " | ".join(map(str, row)) + " |\n" for row in cells),
        "console": "".join(f"{record}\n" for record in records),
        "verl": "".join(f"step:{step} - loss:{row[0]!r} - reward:{row[1]!r} - grad_norm:np.float64({row[2]!r})\n" for step, row in ordered),
        "html": json.dumps(
            {
                "nbformat": 4,
                "cells": [
                    {
                        "outputs": [
                            {
                                "data": {
                                    "text/html": "<table><tr><th>Step</th><th>Training Loss</th><th>reward</th><th>grad_norm</th></tr>"
                                    + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells)
                                    + "</table>"
                                }
                            }
                        ]
                    }
                ],
            }
        ),
    }
    for name, text in texts.items():
        same(read_history(written(tmp_path, name, text)), rows)


@pytest.mark.parametrize("content", [b"", b"\n \n", bytes(32768)])
def test_an_empty_file_is_a_run_without_a_log(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.log").write_bytes(content)
    history = read_history(str(tmp_path / "run.log"))
    assert history.format == "empty" and history.ended == "truncated"
    assert "before its first log line" in history.warnings[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PAR1" + bytes(30), "Parquet"),
        (b"\x1f\x8b\x08" + bytes(30), "gzip"),
        (b"\x80\x04\x95" + bytes(30), "pickle"),
        (bytes(range(256)) * 40, "binary"),
        (b"just a few words", "no metric rows found"),
        (b'{"log_history": [{"loss": 0.5},', "cut off or damaged"),
        (b"[" * 100_000, "no metric rows found|nested too deeply|cut off"),
    ],
)
def test_refusals_say_why(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_history(str(tmp_path / "x"))
    assert caught.value.path == str(tmp_path / "x")


@pytest.mark.parametrize("path", ["/no/such/place", "a\0b", "x" * 5000])
def test_impossible_paths(path: str) -> None:
    with pytest.raises(InputError):
        read_history(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a file nor a directory"):
        read_history(str(tmp_path / "pipe"))


def test_the_name_says_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "history.yaml", '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.4}\n')
    assert read_history(path).format == "jsonl"
