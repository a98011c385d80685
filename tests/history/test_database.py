from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.history import read_history

from .reading import points


def trackio(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step INTEGER, metrics TEXT)")
        connection.execute("CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name TEXT, config TEXT, created_at TEXT)")
        for run, step, row in [
            ("first", 1, {"train/loss": 0.9}),
            ("second", 1, {"train/loss": 0.7, "train/reward": 0.25}),
            ("second", 2, {"train/loss": float("nan"), "train/reward": 0.5}),
        ]:
            connection.execute("INSERT INTO metrics (run_name, step, metrics) VALUES (?, ?, ?)", (run, step, json.dumps(row)))
        config = {"learning_rate": 1e-6, "output_dir": "/home/dora/out", "_Username": "dora"}
        connection.execute("INSERT INTO configs (run_name, config) VALUES ('second', ?)", (json.dumps(config),))


def test_the_last_run_with_its_configuration(tmp_path: Path) -> None:
    trackio(tmp_path / "project.db")
    before = (tmp_path / "project.db").read_bytes()
    history = read_history(str(tmp_path / "project.db"))
    assert history.format == "trackio"
    assert points(history, "reward") == [(1, 0.25), (2, 0.5)]
    assert history.logged_config == {"learning_rate": 1e-6}
    assert history.warnings == ("the file holds 2 runs: the one logged last was read",)
    assert (tmp_path / "project.db").read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["project.db"]


def test_another_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    with pytest.raises(InputError, match=r"no table metrics\(run_name, step, metrics\)"):
        read_history(str(tmp_path / "a.db"))


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    trackio(tmp_path / "project.db")
    content = (tmp_path / "project.db").read_bytes()
    (tmp_path / "cut.db").write_bytes(content[:100] + b"\xff" * 3000)
    with pytest.raises(InputError, match="damaged"):
        read_history(str(tmp_path / "cut.db"))
