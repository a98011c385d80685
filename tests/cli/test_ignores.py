"""Findings that people decided to live with: comments in the file, as their users write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli.entry import run

BETA = "  beta: 0.0"
CONFIG = f"""\
model:
  name: meta-llama/Llama-3.2-1B-Instruct
training:
  method: dpo
  learning_rate: 5.0e-6
  batch_size: 8
  gradient_accumulation_steps: 4
  num_epochs: 1
dpo:
{BETA}
"""


def said(text: str, folder: Path, capsys: pytest.CaptureFixture[str], *options: str, name: str = "config.yaml") -> tuple[int, str]:
    path = folder / name
    path.write_text(text)
    status = run([str(path), *options])
    printed = capsys.readouterr()
    return status, printed.out + printed.err


def test_the_finding_is_there_without_a_comment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed = said(CONFIG, tmp_path, capsys)
    assert status == 1
    assert "[PRF101]" in printed


@pytest.mark.parametrize(
    "replacement",
    [
        "  beta: 0.0  # rlhf-lint: ignore[PRF101] an ablation",
        "  beta: 0.0  # reviewed  # rlhf-lint: ignore[PRF101]",
        "  # rlhf-lint: ignore[LEN111, PRF101] an ablation\n  beta: 0.0",
        "  # rlhf-lint: ignore[PRF101]\n\n  # why: an ablation\n  beta: 0.0",
        "  beta: 0.0  # rlhf-lint: ignore[PRF]",
        "  beta: 0.0\n# rlhf-lint: ignore-file[PRF101]",
    ],
)
def test_a_comment_hides_the_finding_and_is_counted(replacement: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = CONFIG.replace(BETA, replacement)
    status, printed = said(text, tmp_path, capsys)
    assert status == 0
    assert "[PRF101]" not in printed
    assert "1 ignored by comments" in printed
    assert said(text, tmp_path, capsys, "--no-ignores")[0] == 1


@pytest.mark.parametrize(
    "replacement",
    [
        "  beta: 0.0  # rlhf-lint: ignore[LRN101]",
        "  # rlhf-lint: ignore[PRF101]\n  label_smoothing: 0.0\n  beta: 0.0",
        "  beta: 0.0\n  # rlhf-lint: ignore[PRF101]",
    ],
    ids=["another rule", "another line", "the line after"],
)
def test_a_comment_hides_nothing_else(replacement: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed = said(CONFIG.replace(BETA, replacement), tmp_path, capsys)
    assert status == 1
    assert "[PRF101]" in printed


def test_a_comment_that_hides_nothing_is_remarked_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mended = CONFIG.replace(BETA, "  beta: 0.1  # rlhf-lint: ignore[PRF101] an ablation")
    status, printed = said(mended, tmp_path, capsys, "--show-info")
    assert status == 0
    assert "config.yaml:10:14: info [CFG107] ignore[PRF101] ignores nothing" in printed


def test_a_rule_that_lacked_its_facts_may_still_fire(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unknown_size = CONFIG.replace("meta-llama/Llama-3.2-1B-Instruct", "ours/base")
    text = unknown_size.replace("learning_rate: 5.0e-6", "learning_rate: 5.0e-6  # rlhf-lint: ignore[LRN133] short on purpose")
    assert "[CFG107]" not in said(text, tmp_path, capsys, "--show-info")[1]


def test_what_is_hidden_is_not_fixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(CONFIG.replace(BETA, f"{BETA}  # rlhf-lint: ignore[PRF101]"), tmp_path, capsys, "--diff")[1]
    assert "beta" not in printed


def test_an_ignore_has_to_name_its_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed = said(CONFIG.replace(BETA, f"{BETA}  # rlhf-lint: ignore"), tmp_path, capsys)
    assert status == 2
    assert "config.yaml:10:14: error an ignore names its rules" in printed


def test_python_files_have_the_same_comments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'from trl import DPOConfig\n\nargs = DPOConfig(output_dir="out", beta=0.0, learning_rate=5e-7)  # rlhf-lint: ignore[PRF101]\n'
    status, printed = said(text, tmp_path, capsys, name="train.py")
    assert status == 0
    assert "1 ignored by comments" in printed
