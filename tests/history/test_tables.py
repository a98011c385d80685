from __future__ import annotations

from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.history import read_history

from .reading import points, read, written


@pytest.mark.parametrize("name", ["epochs.md", "epochs_mojibake.md"])
def test_epoch_table_of_a_report(name: str) -> None:
    history = read(name)
    assert history.format == "markdown" and history.epochs
    assert points(history, "loss") == [(1, 0.5), (2, 0.75), (3, 0.6)]
    assert points(history, "reward") == [(1, 0.21), (2, 0.24), (3, 0.23)]
    assert points(history, "win_rate") == [(1, 0.5), (2, 0.625), (3, pytest.approx(0.55))]
    std = history.series["reward_std"]
    assert list(std.values) == pytest.approx([0.2, 0.3, 0.25])
    assert std.estimator == "root of the logged variance" and std.key == "Reward Variance"


def test_trends_and_remarks_are_no_metrics() -> None:
    assert set(read("epochs.md").series) == {"epoch", "reward", "loss", "reward_std", "win_rate"}


def test_a_second_table_over_the_same_epochs_adds_its_columns(tmp_path: Path) -> None:
    text = "| Epoch | Loss |\n|---|---|\n| 1 | 0.5 |\n| 2 | 0.4 |\n\n| Epoch | Best-of-N |\n|---|---|\n| 1 | 0.6 |\n| 2 | 0.7 |\n"
    history = read_history(written(tmp_path, "r.md", text))
    assert points(history, "best_of_n") == [(1, 0.6), (2, 0.7)]
    assert points(history, "loss") == [(1, 0.5), (2, 0.4)]


def test_notebook_table() -> None:
    history = read("notebook.ipynb")
    assert history.format == "notebook"
    assert points(history, "loss") == [(1, 0.6931), (2, 0.6902)]
    assert points(history, "margin") == [(1, 0.0), (2, 0.0041), (3, 0.0098)]
    assert points(history, "completion_len") == [(1, 1024.5), (2, 998.0), (3, 970.0)]
    assert any("2 outputs that differ" in warning for warning in history.warnings)


def test_beside_a_validation_loss_the_other_columns_are_evaluation(tmp_path: Path) -> None:
    text = "Step\tTraining Loss\tValidation Loss\tRewards/margins\n100\t0.61\t0.64\t0.2\n200\t0.55\t0.62\t0.3\n"
    history = read_history(written(tmp_path, "t.md", "| a |\n|---|\n\n" + text))
    assert points(history, "eval_margin") == [(100, 0.2), (200, 0.3)]
    assert points(history, "loss") == [(100, 0.61), (200, 0.55)]


def test_table_set_apart_by_blanks(tmp_path: Path) -> None:
    text = "Here is what I see:\n\n   step    loss  grad_norm\n0    10  0.6931       2.5\n1    20  0.6910       2.4\n"
    history = read_history(written(tmp_path, "t.txt", text))
    assert points(history, "grad_norm") == [(10, 2.5), (20, 2.4)]


def test_a_report_without_metrics_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no metric rows found"):
        read_history(written(tmp_path, "r.md", "| Setting | Value |\n|---|---|\n| beta | 0.1 |\n"))
