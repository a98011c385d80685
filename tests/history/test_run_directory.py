from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.history import read_history

from .reading import DATA, points, read, written


def test_the_most_complete_state_and_the_checkpoints() -> None:
    history = read("trainer_run")
    assert [step for step, _ in points(history, "loss")] == [10, 20, 30, 40, 50, 60]
    assert [(one.name, one.step, one.has_state) for one in history.checkpoints] == [
        ("checkpoint-20", 20, True),
        ("checkpoint-40", 40, False),
        ("checkpoint-60", 60, True),
    ]
    assert history.ended == "finished"


def test_a_checkpoint_holds_the_evaluation_of_its_own_step_only() -> None:
    by_name = {one.name: one.metrics for one in read("trainer_run").checkpoints}
    assert by_name["checkpoint-20"] == pytest.approx({"eval_loss": 0.69, "eval_margin": 0.036, "eval_kl_ref": 0.022})
    assert by_name["checkpoint-60"] == pytest.approx({"eval_loss": 0.65, "eval_margin": 0.108, "eval_kl_ref": 0.066})
    assert by_name["checkpoint-40"] == {}


def test_logs_of_one_run_are_joined() -> None:
    history = read("dynamic_run")
    assert points(history, "loss") == [(2, 0.6931), (4, 0.6931), (6, 0.6931)]
    assert [step for step, _ in points(history, "beta")] == [2, 3, 4, 5, 6]
    assert history.logged_config["beta_0"] == 0.1
    assert "margin" not in history.series and "margin_unscaled" in history.series


def test_weights_data_and_settings_are_passed_over(tmp_path: Path) -> None:
    shutil.copytree(DATA / "trainer_run", tmp_path / "run")
    written(tmp_path / "run", "config.json", json.dumps({"hidden_size": 64}))
    written(
        tmp_path / "run",
        "train.jsonl",
        "".join(json.dumps({"prompt": "a", "chosen": "b", "rejected": "c", "score": 1}) + "\n" for _ in range(9)),
    )
    (tmp_path / "run" / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}" + bytes(64))
    assert read_history(str(tmp_path / "run")).series.keys() == read("trainer_run").series.keys()


def test_a_console_beside_the_state_tells_how_it_ended(tmp_path: Path) -> None:
    shutil.copytree(DATA / "trainer_run" / "checkpoint-20", tmp_path / "run" / "checkpoint-20")
    shutil.copy(DATA / "console_trl.log", tmp_path / "run" / "train.log")
    history = read_history(str(tmp_path / "run"))
    assert history.ended == "crashed"
    assert history.postmortem is not None and history.postmortem.exception == "OutOfMemoryError"
    assert history.series["loss"].key == "loss" and history.series["loss"].steps[-1] == 20


def test_a_damaged_state_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    shutil.copytree(DATA / "trainer_run", tmp_path / "run")
    state = tmp_path / "run" / "checkpoint-60" / "trainer_state.json"
    state.write_text(state.read_text(encoding="utf-8")[:300], encoding="utf-8")
    history = read_history(str(tmp_path / "run"))
    assert history.warnings[0].startswith("checkpoint-60: its trainer state is cut off")
    assert history.last_step == 20


def test_several_runs_are_not_mixed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(DATA / "trainer_run", tmp_path / name)
    with pytest.raises(InputError, match="holds 2 runs: name one of them"):
        read_history(str(tmp_path))
    shutil.rmtree(tmp_path / "b")
    assert read_history(str(tmp_path)).last_step == 60


def test_an_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no metric rows found: looked for"):
        read_history(str(tmp_path))
