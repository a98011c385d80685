"""What a report concludes from a run, worked out by hand on runs of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.diagnose import diagnose
from advisor.diagnosis.diagnosis import Diagnosis
from advisor.diagnosis.reading_guide import Guide, table
from advisor.diagnosis.run_summary import epoch_rows
from advisor.dialects.options import Options
from advisor.history import read_history
from advisor.pipeline import lint_file, lint_history
from advisor.rulebook.library import raw_rules
from advisor.rulebook.selection import Selection
from tests.diagnosis.runs import jsonl, run_directory

MARGINS = [0.1, 0.25, 0.4, 0.38, 0.5, 0.55]
KLS: list[float | None] = [0.02, 0.05, 0.08, 0.095, 0.12, 0.15]


def diagnosed(run: Path, **options: object) -> Diagnosis:
    history = read_history(str(run))
    config = run / "dpo.yaml"
    outcome = lint_file(str(config), history=history) if config.exists() else lint_history(history, Options(), Selection())
    return diagnose(outcome, str(run), **options)  # type: ignore[arg-type]


def test_the_best_checkpoint_has_the_largest_margin_under_the_gate(tmp_path: Path) -> None:
    found = diagnosed(run_directory(tmp_path, MARGINS, KLS), kl_gate=0.1).checkpoint
    assert found.best is not None
    # 500 and 600 have larger margins above the gate; 400 is the last one below it, with a smaller margin.
    assert (found.best.name, found.best.value, found.best.kl) == ("checkpoint-300", 0.4, 0.08)
    assert (found.considered, found.above_gate, found.unmeasured) == (6, 2, ("checkpoint-650",))


def test_without_any_checkpoint_under_the_gate_there_is_no_best_one(tmp_path: Path) -> None:
    found = diagnosed(run_directory(tmp_path, MARGINS, KLS), kl_gate=0.01).checkpoint
    assert found.best is None
    assert found.above_gate == 6


def test_another_metric_may_decide(tmp_path: Path) -> None:
    found = diagnosed(run_directory(tmp_path, MARGINS, [None] * 6), by="eval_loss").checkpoint
    assert found.best is not None
    assert (found.best.name, found.best.by) == ("checkpoint-600", "eval_loss")
    assert found.others[0].by == "eval_margin"


def test_gates_are_judged_by_what_was_logged_and_the_rest_is_named(tmp_path: Path) -> None:
    diagnosis = diagnosed(run_directory(tmp_path, MARGINS, KLS), kl_gate=0.1)
    results = {gate.name: gate.passed for gate in diagnosis.gates}
    assert results["run completed"] and results["margin growing"] and results["preference accuracy above chance"]
    assert not results["KL to the reference"]
    assert diagnosis.passed is False
    without = diagnosed(run_directory(tmp_path / "other", MARGINS, [None] * 6))
    assert "KL to the reference" in without.gates_unjudged
    assert not any(gate.name.startswith("KL") for gate in without.gates)


def test_a_divergence_of_unknown_unit_is_held_to_a_gate_per_token_and_says_so(tmp_path: Path) -> None:
    gate = next(gate for gate in diagnosed(run_directory(tmp_path, MARGINS, KLS)).gates if gate.name.startswith("KL"))
    assert not gate.passed and gate.note is not None
    assert "unit" in gate.note
    sums = [2.5, 4.0, 6.0, 8.0, 9.0, 9.5]  # nats summed over an answer: no gate of 0.1 speaks of them
    assert not any(gate.name.startswith("KL") for gate in diagnosed(run_directory(tmp_path / "sums", MARGINS, [*sums])).gates)


def test_the_time_of_the_planned_steps_comes_from_the_steps_of_the_run(tmp_path: Path) -> None:
    diagnosis = diagnosed(run_directory(tmp_path, MARGINS, KLS))
    assert (diagnosis.seconds_per_step, diagnosis.planned_steps, diagnosis.seconds_planned) == (3.0, 600.0, 1800.0)


def test_findings_are_those_of_check(tmp_path: Path) -> None:
    run = run_directory(tmp_path, MARGINS, KLS)
    checked = lint_file(str(run / "dpo.yaml"), history=read_history(str(run)))
    assert diagnosed(run).outcome.findings == checked.findings


def test_every_action_names_a_finding_of_the_report(tmp_path: Path) -> None:
    diagnosis = diagnosed(run_directory(tmp_path, [0.0] * 6, KLS))
    rules = {finding.rule for finding in diagnosis.outcome.findings}
    assert diagnosis.actions
    assert {action.rule for action in diagnosis.actions} <= rules
    stages = [action.stage for action in diagnosis.actions]
    assert stages == sorted(stages, key=["immediate", "short-term", "medium-term"].index)


def test_epochs_are_marked_against_the_one_before(tmp_path: Path) -> None:
    rows = [
        {"epoch": 1, "loss": 0.5, "reward": 0.3},
        {"epoch": 2, "loss": 0.8, "reward": 0.31},
        {"epoch": 3, "loss": 0.6, "reward": 0.29},
        {"epoch": 4, "loss": 0.81, "reward": 0.3},
    ]
    marks = [row.mark for row in epoch_rows(read_history(str(jsonl(tmp_path / "epochs.jsonl", rows))))]
    assert marks == ["baseline", "loss jumped 60.0 %", "reward fell 0.02", "loss rose 35.0 %"]


def test_all_expressions_of_the_table_are_sound(tmp_path: Path) -> None:
    history = read_history(str(run_directory(tmp_path, MARGINS, KLS)))
    guide = Guide(lint_history(history, Options(), Selection()).facts, history, "dpo")
    for section in ("gates", "checklist"):
        for entry in table()[section]:
            for field in ("when", "passed", "value", "limit"):
                if field in entry:
                    guide.value(entry[field])  # raises for a name or a type that is wrong


def test_outcomes_name_causes_and_rules_that_exist() -> None:
    known = {raw.get("cause") for _, raw in raw_rules()} | {raw["id"] for _, raw in raw_rules()}
    assert set(table()["outcomes"]) <= known


def test_a_diagnosis_needs_a_history(tmp_path: Path) -> None:
    (tmp_path / "dpo.yaml").write_text("trl: dpo\nlearning_rate: 1.0e-6\n")
    with pytest.raises(ValueError, match="history"):
        diagnose(lint_file(str(tmp_path / "dpo.yaml")), "run")


def test_an_epoch_without_a_reward_has_none_that_fell(tmp_path: Path) -> None:
    rows = [{"epoch": 1, "loss": 0.5, "reward": 0.3}, {"epoch": 2, "loss": 0.4}, {"epoch": 3, "loss": 0.45, "reward": 0.2}]
    found = list(epoch_rows(read_history(str(jsonl(tmp_path / "epochs.jsonl", rows)))))
    assert [row.mark for row in found] == ["baseline", "improving", "loss higher"]
    assert [row.reward_change for row in found] == [None, None, None]
