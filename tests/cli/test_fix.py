"""`--fix`, `--diff`, `--in-place`, `--safe-only`, `--suggested`: which edits are written, where, and that twice is once."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli.entry import run

CONFIG = """\
# our first try
policy_name: meta-llama/Llama-3.2-1B-Instruct
dpo_training:
  learning_rate: 5e-6      # as in the paper
  batch_size: 32
beta_update:
  beta_0: 0.1
  beta_min: 0.0            # no floor
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "dpo.yaml"
    path.write_text(CONFIG)
    return path


def changed_lines(before: str, after: str) -> list[str]:
    assert len(before.splitlines()) == len(after.splitlines())
    return [new for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]


def test_the_suggested_file_differs_only_in_the_changed_lines(config: Path) -> None:
    assert run(["check", "--fix", "dpo.yaml"]) == 0
    assert config.read_text() == CONFIG
    suggested = config.with_name("dpo.suggested.yaml").read_text()
    changed = changed_lines(CONFIG, suggested)
    assert changed[-1].startswith("  beta_min: 0.01            # was 0.0: ")
    assert changed[-1].endswith("[DPO201]; no floor")


def test_fixing_twice_changes_nothing(config: Path) -> None:
    run(["check", "--fix", "--in-place", "dpo.yaml"])
    once = config.read_text()
    assert once != CONFIG
    run(["check", "--fix", "--in-place", "dpo.yaml"])
    assert config.read_text() == once


def test_safe_only_leaves_the_training_as_it_is(config: Path) -> None:
    run(["check", "--fix", "--in-place", "--safe-only", "dpo.yaml"])
    changed = changed_lines(CONFIG, config.read_text())
    assert [line.split("#")[0].rstrip() for line in changed] == ["  learning_rate: 5.0e-6"]


def test_a_diff_writes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--diff", "dpo.yaml"])
    said = capsys.readouterr().out
    assert said.startswith("--- a/dpo.yaml\n+++ b/dpo.suggested.yaml\n")
    assert "-  beta_min: 0.0            # no floor\n+  beta_min: 0.01" in said
    assert [path.name for path in config.parent.iterdir()] == ["dpo.yaml"]


def test_the_suggestion_can_go_to_standard_output(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--fix", "--suggested", "-", "dpo.yaml"])
    assert changed_lines(CONFIG, capsys.readouterr().out)
    assert [path.name for path in config.parent.iterdir()] == ["dpo.yaml"]


def test_the_exit_status_speaks_of_what_is_left(config: Path) -> None:
    assert run(["check", "dpo.yaml"]) == 1
    assert run(["check", "--fix", "dpo.yaml"]) == 0
    assert run(["check", "--fix", "--safe-only", "--suggested", "safe.yaml", "dpo.yaml"]) == 1


def test_a_value_behind_an_alias_is_explained_and_not_edited(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG.replace("beta_0: 0.1", "beta_0: 0.1\n  gamma: &zero 0.0").replace("beta_min: 0.0", "beta_min: *zero"))
    before = config.read_text()
    run(["check", "--fix", "--in-place", "dpo.yaml"])
    assert "beta_min" in capsys.readouterr().err
    assert "gamma: &zero 0.0" in config.read_text()
    assert "beta_min: *zero" in config.read_text()
    assert len(before.splitlines()) == len(config.read_text().splitlines())


def test_a_difference_that_is_only_shown_mends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dpo.yaml"
    path.write_text("policy_name: gpt2\ndpo_training:\n  learning_rate: 5.0e-6\nbeta_update:\n  beta_0: 0.1\n  beta_min: 0.0\n")
    assert run([str(path), "--diff"]) == 1
    assert run([str(path), "--fix", "--in-place"]) == 0
