"""`check --watch` on a log that grows while it is watched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.cli.entry import run

COMMAND = [sys.executable, "-m", "advisor", "check", "--watch", "--interval", "0.1", "--method", "dpo"]
ROOT = Path(__file__).resolve().parents[2]


def rows(first: int, last: int, loss: float | str) -> str:
    return "".join(json.dumps({"step": step, "loss": loss, "grad_norm": 1.0}) + "\n" for step in range(first, last + 1))


def ended(process: subprocess.Popen[str]) -> str:
    """What a watcher printed until it ended; one that goes on is ended here and fails the test."""
    try:
        return process.communicate(timeout=30)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def test_a_finding_is_printed_when_it_first_holds_and_ends_the_watch(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(rows(1, 12, 0.6))
    with subprocess.Popen(
        [*COMMAND, "--history", str(log), "--fail-on", "high"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)  # a healthy log goes on being watched
        with log.open("a") as file:
            file.write(rows(13, 20, float("nan")))
        said = ended(process)
    assert process.returncode == 1
    assert said.count("MET301") == 1
    assert said.startswith("step 20: history: ")


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with subprocess.Popen(
        [*COMMAND, "--history", str(log), "--fail-on", "high"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        log.write_text(rows(1, 20, float("nan")))
        ended(process)
    assert process.returncode == 1


def test_a_run_that_has_ended_well_ends_the_watch(tmp_path: Path) -> None:
    state = {"global_step": 20, "max_steps": 20, "log_history": [{"step": step, "loss": 0.6 - 0.01 * step} for step in range(1, 21)]}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    assert run(["check", "--watch", "--interval", "0.1", "--history", str(tmp_path / "trainer_state.json")]) == 0


def test_watching_needs_a_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--watch", str(tmp_path)]) == 2
    assert "--history" in capsys.readouterr().err


def test_a_pack_that_cannot_be_used_ends_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pack.yaml").write_text("schema: 1\npack: own\nrules: [{id: OWN101}]\n")
    (tmp_path / "rlhf-lint.toml").write_text('packs = ["pack.yaml"]\n')
    (tmp_path / "log.jsonl").write_text(rows(1, 12, 0.6))
    monkeypatch.chdir(tmp_path)
    assert run(["check", "--watch", "--interval", "0.1", "--method", "dpo", "--history", "log.jsonl"]) == 2
    assert "pack.yaml" in capsys.readouterr().err
