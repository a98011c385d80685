from __future__ import annotations

import math
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.history import read_history

from .reading import points, read, written


def test_transformers_4_takes_steps_from_the_bar_drawn_again() -> None:
    history = read("console_trl.log")
    assert points(history, "loss") == [(5, 0.6931), (10, 0.6902), (15, 0.6844), (20, 0.6713)]
    assert points(history, "eval_loss") == [(10, 0.6887)]
    assert math.isnan(history.series["grad_norm"].values[3])
    assert history.steps_known


def test_out_of_memory_ends_the_run_and_names_nobody() -> None:
    history = read("console_trl.log")
    assert history.ended == "crashed"
    end = history.postmortem
    assert end is not None
    assert (end.exit_reason, end.exception, end.last_step) == ("exception", "OutOfMemoryError", 20)
    assert end.frames == ("train.py:71 in main", "trainer.py:2328 in train", "accelerator.py:2734 in backward")
    assert end.message == "CUDA out of memory. Tried to allocate 1.50 GiB for <removed>."


def test_transformers_5_prints_text_and_several_rows_in_a_line() -> None:
    history = read("console_trl5.log")
    assert points(history, "loss") == [(1, 0.6931), (2, 0.6925), (3, 0.688)]
    assert points(history, "lr")[2] == (3, 3e-07)
    assert history.series["grad_norm"].values[2] == math.inf
    assert not history.steps_known
    assert history.ended == "finished"
    assert any("no step numbers" in warning for warning in history.warnings)


def test_verl_lines_behind_ray_prefixes() -> None:
    history = read("console_verl.log")
    assert points(history, "entropy") == [(1, 0.431), (2, 0.402)]
    kl = history.series["kl_ref"]
    assert kl.values[0] == 0.0004 and math.isnan(kl.values[1])
    assert (kl.estimator, kl.aggregation) == ("k3", "token")
    assert points(history, "eval_reward") == [(0, 0.21)]
    assert points(history, "truncated_frac") == [(1, 0.03), (2, 0.05)]
    assert points(history, "step_time") == [(1, 63.9), (2, 64.4)]


def test_stage_lines_become_one_row_an_iteration() -> None:
    history = read("console_micro.log")
    assert points(history, "loss") == [(0, 0.0108), (1, 0.0)]
    assert points(history, "step_time") == [(0, 9.0), (1, 12.0)]
    assert points(history, "reward") == [(0, 0.5), (1, 0.5)]
    assert points(history, "reward_std") == [(0, 0.1), (1, 0.0)]
    assert points(history, "zero_variance_frac") == [(0, 0.5), (1, 1.0)]
    assert points(history, "kl_ref") == [(0, 0.02), (1, 0.0)]
    assert points(history, "grad_norm") == [(0, 0.75), (1, 0.0)]
    assert points(history, "memory_mb") == [(0, 5200), (1, 5000)]
    # iteration 0: sampling 2 + 3, scoring 0.5 + 0.25, loss 1 + 1, backward 0.5, optimizer 0.75 s
    stages = {name: history.series[f"stage_time/{name}"].values[0] for name in ("sampling", "scoring", "loss", "backward", "optimizer")}
    assert stages == {"sampling": 5.0, "scoring": 0.75, "loss": 2.0, "backward": 0.5, "optimizer": 0.75}


def test_warnings_that_differ_in_numbers_are_one_event_of_the_next_row() -> None:
    (event,) = read("console_micro.log").events
    assert event.kind == "warning"
    assert event.text == "All advantages are near zero! rewards_grouped=[0.5, 0.5]"
    assert (event.count, event.first_step, event.last_step) == (2, 1, 1)


def test_deepspeed_chat_prints_the_reward_on_the_next_line() -> None:
    history = read("console_deepspeed_chat.log")
    assert points(history, "reward") == [(1, -0.4141), (2, -0.25), (3, 0.125)]
    assert points(history, "value_loss") == [(1, 0.2107), (2, 0.1833), (3, 0.15)]


def test_openrlhf_global_steps() -> None:
    history = read("console_openrlhf.log")
    assert points(history, "reward") == [(1, 0.31), (2, 0.35)]
    assert points(history, "completion_len") == [(1, 402.0), (2, 415.5)]


def test_torchtune_pairs() -> None:
    history = read("console_torchtune.log")
    assert points(history, "loss") == [(1, 0.6931), (2, 0.6889)]
    assert points(history, "margin") == [(1, 0.0), (2, 0.0085)]
    assert history.series["tokens_per_s"].aggregation == "GPU"


def test_postfix_of_a_bar_that_starts_over_each_epoch() -> None:
    history = read("console_bar.log")
    assert points(history, "loss") == [(1, 0.70), (2, 0.69), (4, 0.66), (5, 0.65), (6, 0.64), (8, 0.6)]
    assert points(history, "eval_pref_acc") == [(8, 0.5625)]
    assert history.ended == "finished"


def test_prose_and_settings_are_no_log() -> None:
    with pytest.raises(InputError, match="no metric rows found"):
        read("console_nothing.log")


def test_rows_of_two_processes_count_once(tmp_path: Path) -> None:
    line = "{'loss': 0.5, 'reward': 0.1, 'epoch': 0.1}\n"
    history = read_history(written(tmp_path, "a.log", line * 2 + line.replace("0.5", "0.4") * 2))
    assert points(history, "loss") == [(1, 0.5), (2, 0.4)]
    assert any("printed twice" in warning for warning in history.warnings)


def test_a_fault_before_the_first_row_is_a_history_without_series(tmp_path: Path) -> None:
    text = "loading\nTraceback (most recent call last):\n  File \"/srv/a/b.py\", line 3, in f\n    g()\nValueError: bad split 'train'\n"
    history = read_history(written(tmp_path, "a.log", text))
    assert history.series == {} and history.ended == "crashed"
    assert history.postmortem is not None and history.postmortem.message == "bad split 'train'"


def test_a_fault_that_the_run_survived_did_not_end_it(tmp_path: Path) -> None:
    trace = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\nConnectionError: retrying\n'
    history = read_history(written(tmp_path, "a.log", "step 1 loss 0.5\n" + trace + "step 2 loss 0.4\n"))
    assert history.postmortem is None and history.ended == "unknown"


def test_the_launcher_repeats_the_fault_of_its_worker(tmp_path: Path) -> None:
    text = (
        "step 1 loss 0.5\n"
        '[rank3]: Traceback (most recent call last):\n[rank3]:   File "/w/t.py", line 7, in step\n[rank3]: RuntimeError: NCCL error\n'
        'Traceback (most recent call last):\n  File "run.py", line 1, in main\ntorch.distributed.ChildFailedError: worker failed\n'
    )
    end = read_history(written(tmp_path, "a.log", text)).postmortem
    assert end is not None and (end.exception, end.message, end.frames) == ("RuntimeError", "NCCL error", ("t.py:7 in step",))


def test_an_interrupt(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "a.log", "iter 1: loss 0.5, time 20.0ms\nMain process received SIGTERM, exiting\n"))
    assert history.postmortem is not None and history.postmortem.exit_reason == "interrupted"
    assert history.ended == "truncated"


def test_epoch_lines_are_epoch_means(tmp_path: Path) -> None:
    history = read_history(
        written(tmp_path, "a.log", "Epoch 1/3: train_loss=0.52 val_loss=0.6\nEpoch 2/3: train_loss=0.41 val_loss=0.55\n")
    )
    assert history.epochs
    assert points(history, "loss") == [(1, 0.52), (2, 0.41)]
    assert points(history, "eval_loss") == [(1, 0.6), (2, 0.55)]


def test_utf_16_as_powershell_redirects(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes("{'loss': 0.5, 'epoch': 0.1}\r\n{'loss': 0.4, 'epoch': 0.2}\r\n".encode("utf-16"))
    assert points(read_history(str(path)), "loss") == [(1, 0.5), (2, 0.4)]


def test_rows_that_count_whole_epochs_are_epoch_means(tmp_path: Path) -> None:
    text = "".join(f"{{'loss': 0.{9 - n}, 'epoch': {n}.0}}\n{{'eval_loss': 0.5, 'epoch': {n}.0}}\n" for n in (1, 2, 3))
    history = read_history(written(tmp_path, "a.log", text))
    assert history.epochs and history.steps_known
    assert points(history, "loss") == [(1, 0.8), (2, 0.7), (3, 0.6)]
    assert [step for step, _ in points(history, "eval_loss")] == [1, 2, 3]
