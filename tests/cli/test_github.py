"""`--output-format github`: lines that GitHub Actions turns into annotations."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli.entry import run


def test_a_finding_is_an_annotation_at_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dpo, first.yaml").write_text(
        "policy_name: gpt2\ndpo_training:\n  learning_rate: 5.0e-6\nbeta_update:\n  beta_0: 0.1\n  beta_min: 0.0\n"
    )
    assert run(["--output-format", "github", "--select", "DPO201", "dpo, first.yaml"]) == 1
    assert capsys.readouterr().out == (
        "::error file=dpo%2C first.yaml,line=6,endLine=6,col=13,endColumn=16,title=DPO201 beta-min-zero (high)"
        "::beta_min is 0: a dynamic schedule can drive beta to 0, where nothing is learnt"
        "%0A=> set beta_update.beta_min: 0.01, keeps beta, and with it the gradient, above zero\n"
    )


def test_a_file_that_cannot_be_read_is_an_annotation_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.yaml").write_text("beta: 0.1\nlearning_rate: [1\n")
    assert run(["--output-format", "github", "broken.yaml"]) == 2
    assert capsys.readouterr().out.startswith("::error file=broken.yaml,line=")
