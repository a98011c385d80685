from __future__ import annotations

import json
from pathlib import Path

from advisor.history import read_history

from .reading import points, read, written


def test_artifacts_of_a_run_are_read_together() -> None:
    history = read("toolkit_run")
    assert history.format == "post-training-toolkit"
    assert points(history, "loss") == [(1, 0.6931), (2, 0.6931), (3, 0.6931)]
    assert points(history, "pref_acc") == [(1, 0.0), (2, 0.75), (3, 0.5)]
    assert history.ended == "crashed"
    assert history.postmortem is not None
    assert history.postmortem.exception == "BrokenPipeError"
    assert history.postmortem.frames == ("train.py:9 in <module>", "train.py:5 in go")
    assert history.postmortem.timestamp == "2026-01-05T08:00:05+00:00"


def test_a_deviation_below_zero_is_none() -> None:
    history = read("toolkit_run")
    assert "reward_std" not in history.series
    raw = history.series["raw/reward_std"]
    assert raw.key == "reward_std" and raw.estimator is not None and raw.estimator.startswith("not a deviation")
    assert any("`reward_std` goes below zero" in warning for warning in history.warnings)


def test_logged_settings_without_people_places_and_secrets() -> None:
    assert read("toolkit_run").logged_config == {
        "run_id": "r1",
        "trainer_type": "dpo",
        "learning_rate": 5e-7,
        "beta": 0.1,
        "trl_version": "0.24.0",
    }
    assert "carla" not in repr(read("toolkit_run").postmortem)


def test_the_log_alone_lacks_its_closing_record() -> None:
    history = read("toolkit_run/metrics.jsonl")
    assert history.ended == "truncated"
    assert any("no closing record" in warning for warning in history.warnings)


def test_a_completed_run_has_no_postmortem(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "p.json", json.dumps({"exit_reason": "completed", "last_step": 9})))
    assert history.ended == "finished" and history.postmortem is None
