"""`report --quick-test FILE`: the small configuration, in the file's own dialect."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli.entry import run
from advisor.pipeline import lint_file
from advisor.rulebook.finding import Severity
from tests.diagnosis.runs import jsonl

FLAT = """\
method = 'grpo'
batch_size = 2
group_size = 16                    # completions per prompt
gradient_accumulation_steps = 32
learning_rate = 1e-6
kl_beta = 0.0
max_iters = 900
warmup_iters = 40
compile = True
"""
GRPO = """\
from trl import GRPOConfig
args = GRPOConfig(
    output_dir="out",
    learning_rate=1e-6,
    per_device_train_batch_size=16,
    gradient_accumulation_steps=8,
    num_generations=8,
    max_completion_length=2048,
    max_steps=500,
)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return jsonl(tmp_path / "log.jsonl", [{"step": step, "loss": 0.0, "reward": 0.5, "reward_std": 0.0} for step in range(1, 13)])


def quick(config: Path, log: Path) -> str:
    target = config.with_name(f"quick{config.suffix}")
    assert run(["report", str(log), "--config", str(config), "--quick-test", str(target)]) == 0
    return target.read_text()


def test_prompts_groups_and_steps_shrink_and_each_line_says_what_it_was(tmp_path: Path, log: Path) -> None:
    config = tmp_path / "grpo.py"
    config.write_text(FLAT)
    text = quick(config, log)
    for line in ("batch_size = 1  # was 2", "group_size = 4 ", "gradient_accumulation_steps = 1  # was 32", "max_iters = 10  # was 900"):
        assert line in text
    assert "compile = False  # was True" in text
    assert "; completions per prompt" in text  # the file's own comment stays
    assert config.read_text() == FLAT


def test_where_the_batch_counts_completions_it_holds_a_whole_group(tmp_path: Path, log: Path) -> None:
    config = tmp_path / "train.py"
    config.write_text(GRPO)
    quick(config, log)
    facts = lint_file(str(tmp_path / "quick.py")).facts
    wanted = {"batch.per_device": 4, "batch.accumulation": 1, "rollout.group_size": 4, "schedule.max_steps": 10, "lengths.completion": 256}
    assert {name: facts.lookup(name) for name in wanted} == wanted
    assert facts.lookup("upkeep.logging_steps") == 1
    assert facts.lookup("optimizer.learning_rate") == 1e-6


def test_it_is_a_valid_configuration(tmp_path: Path, log: Path) -> None:
    config = tmp_path / "train.py"
    config.write_text(GRPO)
    quick(config, log)
    worst = lint_file(str(tmp_path / "quick.py")).worst()
    assert worst is None or worst < Severity.HIGH


def test_without_a_configuration_there_is_nothing_to_derive_it_from(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(log), "--quick-test", "-"]) == 2
    assert "--config" in capsys.readouterr().err
