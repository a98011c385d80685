"""`rlhf-lint report` as its users meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.cli.entry import run
from tests.diagnosis.runs import DPO, jsonl, run_directory

MARGINS = [0.1, 0.25, 0.4, 0.38, 0.5, 0.55]
KLS: list[float | None] = [0.02, 0.05, 0.08, 0.095, 0.12, 0.15]


def test_the_configuration_is_found_in_the_run_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run_directory(tmp_path, MARGINS, KLS)
    assert run(["report", str(folder), "--kl-gate", "0.1"]) == 0
    said = capsys.readouterr().out
    assert "configuration: dpo.yaml: TRL, DPO" in said
    assert "best checkpoint: checkpoint-300" in said
    assert "FAIL KL to the reference: 0.15, limit 0.1" in said
    assert "time for the planned steps: 30 min" in said


def test_json_has_the_shape_of_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["report", str(run_directory(tmp_path, MARGINS, KLS)), "--output-format", "json"])
    report = json.loads(capsys.readouterr().out)
    assert {"version", "run", "findings", "gates", "best_checkpoint", "postmortem", "actions", "expected_outcomes", "checklist"} <= set(
        report
    )
    assert {"path", "config", "steps", "status", "summary"} <= set(report["run"])
    assert report["run"]["status"] == "finished"
    assert report["postmortem"] is None
    assert all({"name", "passed", "value", "limit"} <= set(gate) for gate in report["gates"])
    assert {"path", "step", "by", "value"} <= set(report["best_checkpoint"])
    assert all({"stage", "text", "edits"} <= set(action) for action in report["actions"])


def test_a_history_alone_is_reported_with_its_crash_and_without_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"step": step, "loss": 0.6931, "rewards/margins": 0.00001, "rewards/accuracies": 0.5} for step in range(1, 21)]
    folder = tmp_path / "run"
    folder.mkdir()
    jsonl(folder / "metrics.jsonl", rows)
    trace = 'Traceback (most recent call last):\n  File "/home/some-person/train.py", line 7, in main\n'
    trace += "BrokenPipeError: [Errno 32] Broken pipe\n"
    (folder / "postmortem.json").write_text(json.dumps({"exit_reason": "exception", "last_step": 20, "traceback": trace}))
    assert run(["report", str(folder), "--output-format", "markdown"]) == 0
    said = capsys.readouterr().out
    assert "crashed (exception)" in said
    assert "exception: BrokenPipeError" in said and "train.py:7 in main" in said
    assert "some-person" not in said and str(tmp_path) not in said
    assert "## Monitoring checklist" in said


def test_the_difference_of_a_report_keeps_secrets_to_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = "trl: dpo\nmodel_name_or_path: someone/policy-7b\nhub_token: hf_abcdefghijklmnop\n"
    config += "learning_rate: 5.0e-5\nbeta: 0.1\nmax_steps: 600\n"
    folder = run_directory(tmp_path, [0.0] * 6, [None] * 6, config=config)
    for form in ("markdown", "json", "text"):
        run(["report", str(folder), "--output-format", form])
        assert "hf_abcdefghijklmnop" not in capsys.readouterr().out


def test_a_run_without_metrics_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["report", str(tmp_path / "empty")]) == 2
    assert "no metric rows found" in capsys.readouterr().err


def test_html_without_the_extra_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run(["report", str(run_directory(tmp_path, MARGINS, KLS)), "--output-format", "html"]) == 2
    assert "rlhf-lint[report]" in capsys.readouterr().err


def test_html_stands_alone(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    page = tmp_path / "report.html"
    assert run(["report", str(run_directory(tmp_path, MARGINS, KLS)), "--output", f"html={page}"]) == 0
    text = page.read_text()
    assert text.count("<svg") >= 5
    assert "<script" not in text and 'src="http' not in text
    assert 'id="plot-margin"' in text


def test_silence_about_a_short_history_is_no_good_news(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = jsonl(tmp_path / "log.jsonl", [{"step": step, "loss": 0.69} for step in range(1, 5)])
    for command in (["report", str(log)], ["check", "--history", str(log)]):
        run(command)
        said = " ".join(capsys.readouterr().out.split())
        assert "the history holds 4 logged steps; trends are judged from ten on" in said
        assert "the log does not tell its method" in said
        assert "stable" not in said


def test_a_log_of_another_method_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"step": step, "reward": 0.3, "reward_std": 0.2, "completions/mean_length": 300.0, "loss": 0.0} for step in range(1, 31)]
    log = jsonl(tmp_path / "log.jsonl", rows)
    (tmp_path / "dpo.yaml").write_text(DPO)
    run(["check", str(tmp_path / "dpo.yaml"), "--history", str(log)])
    assert "it is of another method than dpo" in " ".join(capsys.readouterr().out.split())


def test_numbers_that_are_none_leave_valid_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(1, 0.5, 0.1), (2, float("inf"), float("-inf")), (3, float("nan"), 0.2), (4, 1e-320, 1e308), (5, 1e308, -1e308)]
    log = tmp_path / "epochs.csv"
    log.write_text("epoch,loss,reward\n" + "".join(f"{epoch},{loss},{reward}\n" for epoch, loss, reward in rows))
    assert run(["report", str(log), "--method", "grpo", "--output-format", "json"]) == 0
    report = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert len(report["run"]["summary"]["epochs"]) == 5
