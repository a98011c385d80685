"""`compare`: two configurations in the same words, whatever framework they are written for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.cli.entry import run

TRL = """\
model_name_or_path: Qwen/Qwen2.5-7B-Instruct
loss_type: sigmoid
beta: 0.1
learning_rate: 5.0e-7
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
output_dir: out/dpo
"""
AXOLOTL = """\
base_model: Qwen/Qwen2.5-7B-Instruct
rl: dpo
rl_beta: 0.1
learning_rate: 5.0e-6
micro_batch_size: 4
gradient_accumulation_steps: 4
adapter: lora
lora_r: 16
datasets:
  - path: mine
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(TRL)
    (tmp_path / "b.yaml").write_text(AXOLOTL)
    return tmp_path


def test_the_first_line_says_what_matters(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "a.yaml", "b.yaml", "--gpus", "8"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A a.yaml: TRL, dpo"
    assert lines[1] == "B b.yaml: axolotl, dpo"
    assert lines[3].startswith("full against LoRA, same effective batch, rate x10")


def test_kl_that_is_off_is_called_off(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grpo = TRL.replace("loss_type: sigmoid\n", "num_generations: 8\n").replace("out/dpo", "out/grpo")
    (here / "a.yaml").write_text(grpo.replace("beta: 0.1", "beta: 0.04"))
    (here / "b.yaml").write_text(grpo.replace("beta: 0.1", "beta: 0.0"))
    run(["compare", "a.yaml", "b.yaml"])
    assert "same rate, KL off" in capsys.readouterr().out


def test_a_file_equals_itself(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["compare", "a.yaml", "a.yaml"])
    said = capsys.readouterr().out
    assert "same rate" in said
    assert "0 values differ" in said


def test_json_has_both_sides(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["compare", "--output-format", "json", "a.yaml", "b.yaml"])
    report = json.loads(capsys.readouterr().out)
    rate = next(entry for entry in report["differences"] if entry["field"] == "optimizer.learning_rate")
    assert (rate["a"]["value"], rate["b"]["value"], round(rate["ratio"], 6)) == (5e-7, 5e-6, 10.0)
    assert "loss.beta" in report["same"]


def test_what_cannot_be_read_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "b.yaml").write_text("name: nothing\n")
    assert run(["compare", "a.yaml", "b.yaml"]) == 2
    assert "b.yaml" in capsys.readouterr().err
