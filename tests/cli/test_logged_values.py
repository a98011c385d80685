"""A history judges only the values that produced it: what the file has changed since is addressed, and not changed again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.entry import run
from advisor.history import read_history
from advisor.outcome import FileOutcome
from advisor.pipeline import lint_file
from advisor.rulebook.finding import Finding

CONFIG = """\
trl: dpo
training_args: DPOConfig
model_name_or_path: someone/policy-1b
learning_rate: {rate}
beta: 0.1
max_steps: 60
per_device_train_batch_size: 8
gradient_accumulation_steps: 8
loss_type: sigmoid
"""


def linted(folder: Path, rate: str, rows: list[dict[str, Any]]) -> FileOutcome:
    config = folder / "dpo.yaml"
    config.write_text(CONFIG.format(rate=rate))
    log = folder / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return lint_file(str(config), history=read_history(str(log)))


def flat(peak: float, steps: int = 60) -> list[dict[str, Any]]:
    """A run that did not learn: the loss at ln 2, under a rate that rises over six steps and falls to zero."""
    return [
        {
            "step": step,
            "loss": 0.6931,
            "rewards/margins": 0.00001 * (step % 3),
            "learning_rate": peak * min(step / 6, (60 - step) / 54),
            "grad_norm": 1.0,
        }
        for step in range(1, steps + 1)
    ]


def of_the_rate(outcome: FileOutcome) -> Finding:
    return next(finding for finding in outcome.findings if finding.evidence and finding.field == "optimizer.learning_rate")


def test_the_value_that_produced_the_history_is_changed(tmp_path: Path) -> None:
    fix = of_the_rate(linted(tmp_path, "5.0e-7", flat(5e-7))).fix
    assert fix is not None
    assert [change.name for change in fix.changes] == ["optimizer.learning_rate"]


def test_a_value_changed_since_is_addressed(tmp_path: Path) -> None:
    outcome = linted(tmp_path, "5.0e-6", flat(5e-7))
    finding = of_the_rate(outcome)
    assert finding.fix is not None and finding.fix.changes == ()
    assert finding.fix.text.startswith("addressed: the run logged learning_rate 5e-7, the file says 5e-6")
    assert any("the run logged learning_rate 5e-7" in said for said in outcome.assumptions)


def test_fixing_after_the_change_writes_nothing_of_the_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    linted(tmp_path, "5.0e-6", flat(5e-7))
    run(["check", "--diff", str(tmp_path / "dpo.yaml"), "--history", str(tmp_path / "log.jsonl")])
    assert "+learning_rate" not in capsys.readouterr().out


def test_a_log_cut_off_in_its_warm_up_says_nothing_of_the_peak(tmp_path: Path) -> None:
    outcome = linted(tmp_path, "5.0e-7", flat(5e-7, steps=5))
    assert not any("the run logged" in said for said in outcome.assumptions)


def test_settings_that_the_log_wrote_down_are_compared(tmp_path: Path) -> None:
    header = {"type": "header", "trainer_type": "dpo", "run_id": "r1", "beta": 0.5}
    rows = [header, *({"step": step, "loss": 0.6 - 0.001 * step, "rewards/margins": 0.01 * step} for step in range(1, 30))]
    outcome = linted(tmp_path, "5.0e-7", rows)
    assert any("the run logged beta 0.5, the file says 0.1" in said for said in outcome.assumptions)
