"""Reports for code scanning services and pull requests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from advisor.cli.entry import run

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
CONFIG = """\
policy_name: meta-llama/Llama-3.2-1B-Instruct
dpo_training:
  learning_rate: 5.0e-6
  batch_size: 32
beta_update:
  beta_0: 0.1
  beta_min: 0.0   # π
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a dpo.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "good.yaml").write_text(CONFIG.replace("beta_min: 0.0", "beta_min: 0.01"), encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("a: [1\nb: 2\n", encoding="utf-8")
    return tmp_path


def test_sarif_holds_to_its_schema(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--output-format", "sarif", "good.yaml", "a dpo.yaml", "broken.yaml"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert not list(Draft7Validator(SCHEMA).iter_errors(report))
    (only,) = report["runs"]
    collapse = next(result for result in only["results"] if result["ruleId"] == "DPO201")
    place = collapse["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20dpo.yaml"
    assert place["region"] == {"startLine": 7, "startColumn": 13, "endLine": 7, "endColumn": 16}
    assert collapse["level"] == "error"
    assert [rule["id"] for rule in only["tool"]["driver"]["rules"]] == ["DPO201"]
    assert any(result["ruleId"] == "unusable-input" for result in only["results"])


def test_sarif_of_clean_files_is_complete(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--output-format", "sarif", "good.yaml"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert not list(Draft7Validator(SCHEMA).iter_errors(report))
    assert report["runs"][0]["results"] == []


def test_a_fingerprint_outlives_edits_elsewhere(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fingerprint() -> str:
        run(["check", "--output-format", "sarif", "a dpo.yaml"])
        (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
        return str(result["partialFingerprints"]["rlhfLint/v1"])

    before = fingerprint()
    (here / "a dpo.yaml").write_text("# moved down\n" + CONFIG, encoding="utf-8")
    assert fingerprint() == before
    (here / "a dpo.yaml").write_text(CONFIG.replace("beta_min: 0.0 ", "beta_min: 0.00001 "), encoding="utf-8")
    assert fingerprint() != before


def test_gitlab_gets_one_entry_a_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--output-format", "gitlab", "good.yaml", "a dpo.yaml", "broken.yaml"])
    first, second = json.loads(capsys.readouterr().out)
    assert (first["check_name"], first["severity"]) == ("DPO201", "critical")
    assert first["location"] == {"path": "a dpo.yaml", "lines": {"begin": 7}}
    assert (second["check_name"], second["severity"], second["location"]["path"]) == ("unusable-input", "blocker", "broken.yaml")
    assert first["fingerprint"] != second["fingerprint"]


def test_markdown_is_a_table_whose_cells_hold(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--output-format", "markdown", "a dpo.yaml", "good.yaml"])
    said = capsys.readouterr().out
    assert "| high | DPO201 | line 7 | beta_min is 0:" in said
    assert "### `good.yaml`\n\nNothing to change.\n" in said
    assert all(line.count(" | ") == 4 for line in said.splitlines() if line.startswith("| high"))


def test_several_reports_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--output", "sarif=scan.sarif", "--output", "gitlab=quality.json", "--output-format", "concise", "a dpo.yaml"])
    assert capsys.readouterr().out.startswith("a dpo.yaml:7:13: high [DPO201]")
    assert json.loads((here / "scan.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert json.loads((here / "quality.json").read_text(encoding="utf-8"))[0]["check_name"] == "DPO201"
