from __future__ import annotations

import json
from pathlib import Path

from advisor.history import read_history

from .reading import points, read, written


def test_training_and_evaluation_rows_of_one_step(tmp_path: Path) -> None:
    history = read("trainer_run/checkpoint-60/trainer_state.json")
    assert history.format == "trainer_state"
    assert points(history, "loss")[:2] == [(10, 0.69), (20, 0.68)]
    assert [step for step, _ in points(history, "eval_loss")] == [20, 40, 60]
    assert history.series["grad_norm"].values[2] != history.series["grad_norm"].values[2]
    assert history.logged_config["logging_steps"] == 10
    assert history.step_count == 6


def test_the_summary_of_the_run_is_no_point_of_a_series() -> None:
    history = read("trainer_run/checkpoint-60/trainer_state.json")
    assert len(history.series["loss"]) == 6
    assert "train_runtime" not in history.series
    assert history.ended == "finished"


def test_a_checkpoint_before_the_end_tells_nothing_of_the_end() -> None:
    assert read("trainer_run/checkpoint-20/trainer_state.json").ended == "unknown"


def test_one_long_line(tmp_path: Path) -> None:
    state = {"global_step": 2, "max_steps": 4, "log_history": [{"step": 1, "loss": 0.7}, {"step": 2, "loss": 0.6}]}
    history = read_history(written(tmp_path, "state", json.dumps(state)))
    assert history.format == "trainer_state"
    assert points(history, "loss") == [(1, 0.7), (2, 0.6)]


def test_an_empty_log(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "state", json.dumps({"global_step": 0, "log_history": []})))
    assert history.series == {}
    assert history.warnings == ("the trainer state holds no logged row",)
