from __future__ import annotations

import json
from array import array
from pathlib import Path

import pytest

from advisor.history import History, Series, merge, read_history

from .reading import points, written


def history(form: str, *series: Series, **rest: object) -> History:
    return History(path=form, format=form, series={one.metric: one for one in series}, **rest)  # type: ignore[arg-type]


def series(metric: str, rows: dict[float, float], key: str | None = None) -> Series:
    return Series(metric, key or metric, array("d", rows), array("d", rows.values()))


def test_parts_of_one_log_are_joined_and_the_later_wins() -> None:
    merged = merge([history("jsonl", series("loss", {1: 0.9, 2: 0.8})), history("jsonl", series("loss", {2: 0.7, 3: 0.6}))])
    assert points(merged, "loss") == [(1, 0.9), (2, 0.7), (3, 0.6)]
    assert merged.step_count == 3


def test_the_more_exact_format_wins_and_the_other_continues_it() -> None:
    console = history("console", series("loss", {1: 0.7, 2: 0.69, 3: 0.6}), series("grad_norm", {3: 1.0}))
    exact = history("trainer_state", series("loss", {1: 0.701, 2: 0.692}))
    merged = merge([console, exact])
    assert points(merged, "loss") == [(1, 0.701), (2, 0.692), (3, 0.6)]
    assert points(merged, "grad_norm") == [(3, 1.0)]
    assert merged.format == "trainer_state" and merged.path == "console"


def test_numbered_rows_only_fill_what_is_missing() -> None:
    numbered = history("jsonl", series("loss", {1: 0.5}), series("reward", {1: 0.5}), steps_known=False)
    merged = merge([numbered, history("console", series("loss", {10: 0.7}))])
    assert points(merged, "loss") == [(10, 0.7)]
    assert points(merged, "reward") == [(1, 0.5)]


def test_logs_of_different_runs_are_suspected() -> None:
    first = history("jsonl", series("loss", {1: 0.9, 2: 0.8, 3: 0.7}))
    merged = merge([first, history("jsonl", series("loss", {1: 0.5, 2: 0.4, 3: 0.3}))])
    assert any("two logs disagree about loss" in warning for warning in merged.warnings)
    assert merge([first, first]).warnings == ()


def test_epoch_tables_of_one_run(tmp_path: Path) -> None:
    one = read_history(written(tmp_path, "a.csv", "Epoch,Avg Reward,Avg Loss\n1,0.24,0.45\n2,0.25,0.81\n"))
    other = read_history(written(tmp_path, "b.csv", "epoch,avg_reward,best_of_n_reward\n1,0.24,0.49\n2,0.25,0.52\n"))
    merged = merge([one, other])
    assert merged.epochs and merged.warnings == ()
    assert points(merged, "best_of_n") == [(1, 0.49), (2, 0.52)]


def test_a_crash_anywhere_is_the_end() -> None:
    merged = merge([history("jsonl", ended="finished"), history("console", ended="crashed")])
    assert merged.ended == "crashed"


def test_nothing_to_merge() -> None:
    with pytest.raises(ValueError, match="at least one"):
        merge([])


def test_settings_come_from_all_logs(tmp_path: Path) -> None:
    one = read_history(written(tmp_path, "m.jsonl", json.dumps({"type": "header", "trainer_type": "dpo"}) + '\n{"step": 1, "loss": 0.5}\n'))
    two = history("jsonl", series("loss", {1: 0.5}), logged_config={"beta": 0.1})
    assert merge([one, two]).logged_config == {"trainer_type": "dpo", "beta": 0.1}


def test_a_numbered_log_that_adds_nothing_is_not_complained_about(tmp_path: Path) -> None:
    console = read_history(written(tmp_path, "a.log", "{'loss': 0.7, 'epoch': 0.1}\n{'loss': 0.6, 'epoch': 0.2}\n"))
    assert any("no step numbers" in warning for warning in console.warnings)
    merged = merge([history("trainer_state", series("loss", {10: 0.7}), series("epoch", {10: 0.1})), console])
    assert merged.warnings == () and points(merged, "loss") == [(10, 0.7)]
