"""Settings files and baselines as their users meet them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from advisor.cli.entry import run
from tests.diagnosis.runs import run_directory

CONFIG = """\
policy_name: meta-llama/Llama-3.2-1B-Instruct
dpo_training:
  learning_rate: 5.0e-6
  batch_size: 32
beta_update:
  beta_0: 0.1
  beta_min: 0.0
"""
PACK = """\
schema: 1
pack: house
rules:
  - id: HOU101
    name: house-beta
    title: Beta of this house
    form: relation
    of: loss.beta
    when: has(loss.beta)
    holds: loss.beta >= 0.2
    severity: low
    confidence: high
    message: "{key} {loss.beta:number} is below what this team uses"
    why: Agreed after the run of May.
    references: [rafailov2023]
    examples:
      bad: [{facts: {loss.beta: 0.1}}]
      good: [{facts: {loss.beta: 0.3}}]
      skipped: [{facts: {method: dpo}}]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "configs" / "old").mkdir(parents=True)
    (tmp_path / "configs" / "dpo.yaml").write_text(CONFIG)
    (tmp_path / "configs" / "old" / "dpo.yaml").write_text(CONFIG)
    (tmp_path / "house.yaml").write_text(PACK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = run(["check", "--output-format", "concise", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_nearest_file_speaks_for_a_configuration(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rlhf-lint.toml").write_text('[severity]\nDPO201 = "medium"\n')
    (project / "configs" / "old" / "rlhf-lint.toml").write_text('ignore = ["DPO201"]\n')
    status, out, _ = said(capsys, "configs")
    assert status == 0
    assert "configs/dpo.yaml:7:13: medium [DPO201]" in out
    assert "configs/old" not in out


def test_pyproject_holds_settings_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.rlhf-lint]\nfail-on = "never"\n')
    assert said(capsys, "configs/dpo.yaml")[0] == 0
    assert said(capsys, "--fail-on", "high", "configs/dpo.yaml")[0] == 1
    assert said(capsys, "--isolated", "configs/dpo.yaml")[0] == 1


def test_nothing_above_the_repository_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inner = project / "inner"
    (inner / ".git").mkdir(parents=True)
    (inner / "dpo.yaml").write_text(CONFIG)
    (project / "rlhf-lint.toml").write_text('fail-on = "never"\n')
    assert said(capsys, "inner/dpo.yaml")[0] == 1


def test_globs_ignore_rules_in_some_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rlhf-lint.toml").write_text('[per-file-ignores]\n"configs/old/*" = ["DPO"]\n')
    _, out, _ = said(capsys, "configs")
    assert [line.split(":")[0] for line in out.splitlines()] == ["configs/dpo.yaml"]


def test_own_packs_are_applied_beside_ours(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rlhf-lint.toml").write_text('packs = ["house.yaml"]\n')
    assert "low [HOU101] beta_0 0.1 is below what this team uses" in said(capsys, "configs/dpo.yaml")[1]
    assert said(capsys, "--select", "HOU", "configs/dpo.yaml")[1].count("\n") == 1


def test_a_base_is_extended(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "base.toml").write_text('fail-on = "never"\n[severity]\nDPO201 = "low"\n')
    (project / "rlhf-lint.toml").write_text('extends = "base.toml"\nfail-on = "low"\n')
    status, out, _ = said(capsys, "configs/dpo.yaml")
    assert (status, "low [DPO201]" in out) == (1, True)


def test_parameters_stand_in_for_options(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rlhf-lint.toml").write_text("[parameters]\ngpus = 8\n")
    run(["check", "--output-format", "text", "configs/dpo.yaml"])
    assert "batch 256 on 8 GPUs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["show", "configs/dpo.yaml"], "option gpus=8"),
        (["memory", "configs/dpo.yaml"], "h100-80gb, 8 GPUs"),
        (["compare", "configs/dpo.yaml", "other.yaml"], "256  512"),
    ],
)
def test_every_command_that_reads_a_configuration_heeds_parameters(
    project: Path, capsys: pytest.CaptureFixture[str], command: list[str], shown: str
) -> None:
    (project / "rlhf-lint.toml").write_text('[parameters]\ngpus = 8\ngpu = "h100-80gb"\n')
    (project / "other.yaml").write_text(CONFIG.replace("32", "64"))
    run(command)
    assert shown in capsys.readouterr().out
    run([*command, "--isolated"])
    assert shown not in capsys.readouterr().out


def test_a_report_leaves_out_what_settings_ignore(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run_directory(project, [0.0] * 6, [None] * 6)
    run(["report", str(folder), "--show-info", "--isolated"])
    [rule, *_] = re.findall(r"\[([A-Z]{3}\d{3})\]", capsys.readouterr().out)
    (project / "rlhf-lint.toml").write_text(f'ignore = ["{rule}"]\n')
    run(["report", str(folder), "--show-info"])
    assert rule not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ('fail-onn = "high"\n', "rlhf-lint.toml:1:1: unknown setting 'fail-onn', did you mean 'fail-on'?"),
        ('ignore = ["LRN101"]\nfail-on = "hig"\n', "rlhf-lint.toml:2:11: fail-on is one of"),
        ('[severity]\nNOPE7 = "low"\n', "no rule answers to NOPE7"),
        ("[parameters]\ngpus = 0\n", "rlhf-lint.toml:2:8: gpus=0: expected a whole number above 0"),
        ("[parameters]\ngpuss = 8\n", "unknown parameter 'gpuss', did you mean 'gpus'?"),
        ("ignore = 3\n", "rlhf-lint.toml:1:10: ignore is a list of texts"),
        ('extends = "../outside.toml"\n', "lies outside of this repository"),
        ('extends = "rlhf-lint.toml"\n', "extend each other without end"),
        ('packs = ["nowhere.yaml"]\n', "nowhere.yaml"),
        ("ignore = [\n", "rlhf-lint.toml"),
    ],
)
def test_a_mistake_is_told_with_its_place(project: Path, capsys: pytest.CaptureFixture[str], written: str, complaint: str) -> None:
    (project / "rlhf-lint.toml").write_text(written)
    status, out, err = said(capsys, "configs/dpo.yaml")
    assert status == 2
    assert out == ""
    assert complaint in err


def test_what_applies_can_be_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rlhf-lint.toml").write_text('fail-on = "low"\n[severity]\nDPO201 = "off"\n')
    assert run(["check", "--show-settings", "configs/dpo.yaml"]) == 0
    out = capsys.readouterr().out
    assert "rlhf-lint.toml" in out
    assert "fail-on = low" in out
    assert "DPO201: off" in out


def test_a_baseline_remembers_values_and_not_lines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--write-baseline", "known.json", "configs"]) == 0
    capsys.readouterr()
    assert said(capsys, "--baseline", "known.json", "configs")[:2] == (0, "")
    moved = project / "configs" / "dpo.yaml"
    moved.write_text("# moved down\n" + CONFIG)
    assert said(capsys, "--baseline", "known.json", "configs")[:2] == (0, "")
    moved.write_text(CONFIG.replace("beta_min: 0.0", "beta_min: -0.5"))
    status, out, err = said(capsys, "--baseline", "known.json", "configs")
    assert status == 1
    assert out
    assert "configs/dpo.yaml: no longer found, take it out of the baseline: DPO201 beta_update.beta_min 0.0" in err


def test_a_baseline_that_is_none_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "known.json").write_text("{}")
    status, _, err = said(capsys, "--baseline", "known.json", "configs")
    assert (status, "known.json: no baseline; --write-baseline makes one" in err) == (2, True)


def test_a_baseline_is_written_whole_or_not_at_all(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "configs" / "broken.yaml").write_text("a: [1\n")
    assert run(["check", "--write-baseline", "known.json", "configs/broken.yaml"]) == 2
    assert not (project / "known.json").exists()


def test_only_grave_and_sure_findings_on_request(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rlhf-lint.toml").write_text('packs = ["house.yaml"]\n')
    assert "HOU101" not in said(capsys, "--min-severity", "medium", "configs/dpo.yaml")[1]
    assert "DPO201" in said(capsys, "--min-confidence", "high", "configs/dpo.yaml")[1]


def test_rules_are_counted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "     2  DPO201 beta-min-zero\n" in said(capsys, "--statistics", "configs")[1]
    run(["check", "--statistics", "--output-format", "json", "configs"])
    captured = capsys.readouterr()
    assert json.loads(captured.out)["summary"]["files"] == 2
    assert "DPO201" in captured.err
