"""A history confirms, refutes or re-aims what the configuration alone would say: one finding, with the evidence of both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from advisor.cli.entry import run
from advisor.history import read_history
from advisor.pipeline import lint_file
from advisor.rulebook.finding import Finding

CONFIG = """\
trl: dpo
training_args: DPOConfig
model_name_or_path: someone/policy-7b
learning_rate: {rate}
beta: 0.1
max_steps: 500
per_device_train_batch_size: 8
gradient_accumulation_steps: 8
loss_type: sigmoid
"""
STEADY = [0.69 - 0.002 * step for step in range(50)]


def of_the_rate(folder: Path, rate: str, losses: Sequence[float], evaluations: Sequence[float] = ()) -> list[Finding]:
    config, log = folder / "dpo.yaml", folder / "log.jsonl"
    config.write_text(CONFIG.format(rate=rate))
    rows = [{"step": 10 * step, "loss": loss, "grad_norm": 1.0} for step, loss in enumerate(losses, start=1)]
    rows += [{"step": 100 * step, "eval_loss": loss} for step, loss in enumerate(evaluations, start=1)]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    outcome = lint_file(str(config), history=read_history(str(log)))
    return [finding for finding in outcome.findings if finding.field == "optimizer.learning_rate"]


def test_a_rate_above_the_band_whose_loss_jumps_is_one_graver_finding(tmp_path: Path) -> None:
    rising = [0.5] * 20 + [0.9] * 10 + [0.5] * 20  # the third fifth is 80 % above the second: high by itself
    (finding,) = of_the_rate(tmp_path, "6.0e-6", rising)
    assert (finding.rule, finding.severity.value) == ("MET106", "high")
    assert {item.metric for item in finding.evidence} >= {"loss"}
    assert finding.fix is not None
    changes = {change.name: change.new for change in finding.fix.changes}
    assert changes["optimizer.learning_rate"] == 1e-6  # the band's; the history alone would only halve it
    assert changes["optimizer.max_grad_norm"] == 0.5


def test_a_medium_finding_of_each_makes_a_high_one(tmp_path: Path) -> None:
    (finding,) = of_the_rate(tmp_path, "6.0e-6", [0.5] * 20 + [0.7] * 10 + [0.5] * 20)  # 40 % above
    assert (finding.rule, finding.severity.value, finding.confidence) == ("LRN101", "high", "high")
    assert "; in the run, from one fifth of the run to the next the mean loss rose by 40 %" in finding.message


def test_a_few_jumps_attach_their_evidence_and_raise_no_severity(tmp_path: Path) -> None:
    jumps = [2.0 if step in (20, 35) else loss for step, loss in enumerate(STEADY)]
    (finding,) = of_the_rate(tmp_path, "6.0e-6", jumps)
    assert (finding.severity.value, bool(finding.evidence)) == ("medium", True)


def test_a_history_that_asks_for_the_opposite_confirms_nothing(tmp_path: Path) -> None:
    jumps = [2.0 if step in (20, 35) else loss for step, loss in enumerate([0.6] * 50)]
    (finding,) = of_the_rate(tmp_path, "2.0e-8", jumps)
    assert finding.evidence == () and "in the run" not in finding.message


def test_held_out_pairs_speak_for_a_rate_above_the_band(tmp_path: Path) -> None:
    (finding,) = of_the_rate(tmp_path, "6.0e-6", STEADY, [0.68, 0.63, 0.6, 0.58, 0.57])
    assert (finding.severity.value, "the evaluation loss fell from 0.68 to 0.57" in finding.message) == ("low", True)
    (finding,) = of_the_rate(tmp_path, "6.0e-6", STEADY)  # training curves alone look best where a run memorises
    assert finding.severity.value == "medium"


def test_the_suggested_file_settles_what_the_history_said(tmp_path: Path) -> None:
    of_the_rate(tmp_path, "6.0e-6", [0.5] * 20 + [0.9] * 10 + [0.5] * 20)
    made = tmp_path / "made.yaml"
    run(["check", str(tmp_path / "dpo.yaml"), "--history", str(tmp_path / "log.jsonl"), "--fix", "--suggested", str(made)])
    text = made.read_text()
    assert "learning_rate: 1.0e-6" in text and "max_grad_norm: 0.5" in text and "Left to you" not in text
