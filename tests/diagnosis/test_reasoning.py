"""Causes told apart, options with what speaks against them, evaluations, and values beside published ranges, on runs of our own."""

from __future__ import annotations

import json
from array import array
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.entry import run
from advisor.configuration.fact import Facts
from advisor.diagnose import diagnose
from advisor.diagnosis.diagnosis import Diagnosis, Option
from advisor.diagnosis.reading_guide import Guide, table
from advisor.diagnosis.run_summary import offending_range, united_ranges
from advisor.history import read_history
from advisor.history.history import History, Series
from advisor.pipeline import lint_file
from advisor.reports.run_html import marked
from advisor.reports.run_markdown import render
from advisor.rulebook.finding import Evidence
from advisor.rulebook.library import raw_rules, references
from tests.diagnosis.runs import DPO, jsonl, run_directory

RLAIF = """\
training:
  num_epochs: 5
  batch_size: 4
  gradient_accumulation_steps: 16
  learning_rate: 9.0e-6
  warmup_steps: 120
  max_grad_norm: 1.0
rlaif:
  kl_penalty: 0.05
  reward_threshold: 0.1
  generation_temperature: 1.25
  num_samples_per_prompt: 9
evaluation:
  reward_threshold: 0.6
"""
JUMPS = [(0.30, 0.52), (0.31, 0.50), (0.29, 0.86), (0.30, 0.61), (0.31, 0.57)]
GRPO = """\
batch_size = 2
group_size = 6
gradient_accumulation_steps = 8
learning_rate = 1e-6
kl_beta = 0.005
max_iters = 300
warmup_iters = 10
compile = True
"""
BETA = "policy_name: someone/tiny-1b\ndpo_training:\n  epochs: 1\n  batch_size: 32\n  learning_rate: 4.0e-7\n"
BETA += "beta_update:\n  beta_0: 0.2\n  beta_min: 0.0\n  beta_max: 1.0\n  alpha: 1.2\n  gamma: 1.0\nrisk_test:\n  delta: 0.1\n"


def diagnosed(config: Path, history: Path) -> Diagnosis:
    return diagnose(lint_file(str(config), history=read_history(str(history))), str(history))


def epochs(folder: Path, rows: list[tuple[float, float]], text: str = RLAIF) -> Diagnosis:
    config = folder / "rlaif.yaml"
    config.write_text(text)
    written = [{"epoch": number, "reward": reward, "loss": loss} for number, (reward, loss) in enumerate(rows, start=1)]
    return diagnosed(config, jsonl(folder / "epochs.jsonl", written))


def option(diagnosis: Diagnosis, field: str) -> Option:
    return next(one for one in diagnosis.options if one.field == field)


def question(diagnosis: Diagnosis, words: str) -> str:
    return "\n".join(next(one for one in diagnosis.questions if words in one.title).steps)


def test_proposals_that_evidence_speaks_against_are_options_that_no_fix_writes(tmp_path: Path) -> None:
    diagnosis = epochs(tmp_path, JUMPS)
    # Two thirds of 9 samples, four fifths of 16 accumulations rounded down; a warm-up half as long again.
    group = option(diagnosis, "rollout.group_size")
    assert (group.key, group.old, group.new, group.confidence) == ("rlaif.num_samples_per_prompt", 9, 6, "low")
    assert "16 to 32" in group.against and group.references
    assert (option(diagnosis, "batch.accumulation").old, option(diagnosis, "batch.accumulation").new) == (16, 12)
    assert "128 to 1024" in option(diagnosis, "batch.accumulation").against
    assert option(diagnosis, "schedule.warmup_steps").new == 180
    assert "--samples" in option(diagnosis, "schedule.warmup_steps").against
    changed = {change.name: (change.old, change.new) for action in diagnosis.actions for change in action.changes}
    assert not {"rollout.group_size", "batch.accumulation", "schedule.warmup_steps"} & set(changed)
    config = tmp_path / "rlaif.yaml"
    run(["check", str(config), "--history", str(tmp_path / "epochs.jsonl"), "--fix", "--suggested", str(tmp_path / "new.yaml")])
    written = (tmp_path / "new.yaml").read_text()
    assert "learning_rate: 4.5e-6" in written and "2.25e-6" not in written  # said once, and not again of the value just written
    assert "num_samples_per_prompt: 9" in written and "gradient_accumulation_steps: 16" in written and "warmup_steps: 120" in written


def test_a_longer_warmup_is_advice_where_the_steps_are_known(tmp_path: Path) -> None:
    diagnosis = epochs(tmp_path, JUMPS, RLAIF.replace("num_epochs: 5", "num_epochs: 5\n  max_steps: 2000"))
    fields = {one.field for one in diagnosis.options}
    assert "rollout.group_size" in fields
    changed = {change.name for action in diagnosis.actions for change in action.changes}
    assert ("schedule.warmup_steps" in fields) != ("schedule.warmup_steps" in changed)


def test_options_need_their_symptom(tmp_path: Path) -> None:
    diagnosis = epochs(tmp_path, [(0.30, 0.52), (0.33, 0.50), (0.36, 0.47), (0.4, 0.44), (0.45, 0.42)])
    assert diagnosis.options == () and diagnosis.questions == ()
    assert all(finding.severity.value == "info" for finding in diagnosis.outcome.findings if finding.historic)


def test_a_reversal_after_better_epochs_is_named(tmp_path: Path) -> None:
    marks = [row.mark for row in epochs(tmp_path, JUMPS).epochs]
    assert marks == ["baseline", "improving", "loss jumped 72.0 %, reward fell 0.02", "improving", "improving"]
    later = epochs(tmp_path, [(0.3, 0.9), (0.3, 0.8), (0.3, 0.7), (0.3, 1.0)])
    assert later.epochs[-1].mark == "loss rose 42.9 % after 2 epochs of improvement"


def test_the_end_of_all_planned_epochs_is_said(tmp_path: Path) -> None:
    assert epochs(tmp_path, JUMPS).status == "all 5 planned epochs are logged"
    assert epochs(tmp_path, JUMPS[:4]).status == "not known to have ended"


def test_what_a_flat_loss_means_is_told_by_beta_and_by_the_loss(tmp_path: Path) -> None:
    config = tmp_path / "beta.yaml"
    config.write_text(BETA)
    steps = range(1, 61)
    gone = [{"step": step, "loss": 0.6931, "beta": 0.2 * 0.5**step} for step in steps]
    said = question(diagnosed(config, jsonl(tmp_path / "gone.jsonl", gone)), "does not move")
    # 0.2 / 2**28 is the first below 1e-9: 7.5e-10.
    assert "below 1e-9 from step 28 on" in said and "Confirmed as a cause" in said
    assert "only then the learning rate" not in said
    kept = [{"step": step, "loss": 0.6931, "beta": 0.2} for step in steps]
    said = question(diagnosed(config, jsonl(tmp_path / "kept.jsonl", kept)), "does not move")
    assert "between 0.2 and 0.2 throughout" in said and "only then the learning rate" in said
    fell = [{"step": step, "loss": 0.7 - 0.006 * step, "beta": 0.2} for step in steps]
    moved = diagnosed(config, jsonl(tmp_path / "fell.jsonl", fell))
    assert "training moved" in question(moved, "does not move") and "get_state_dict" in question(moved, "does not move")
    assert not any(one.field == "optimizer.learning_rate" for one in moved.options)
    floor = next(finding for finding in moved.outcome.findings if finding.rule == "DPO201")
    assert floor.severity.value == "low" and "not the cause" in floor.message


def test_a_high_rate_is_not_what_keeps_a_loss_flat(tmp_path: Path) -> None:
    config = tmp_path / "lora.yaml"
    config.write_text(DPO.replace("1.0e-6", "8.0e-5") + "use_peft: true\nlora_r: 8\n")
    rows = [{"step": step, "loss": 0.6931, "rewards/margins": 1e-5, "rewards/accuracies": 0.5} for step in range(1, 31)]
    diagnosis = diagnosed(config, jsonl(tmp_path / "log.jsonl", rows))
    rules = [finding.rule for finding in diagnosis.outcome.findings]
    assert "MET102" in rules and "MET107" not in rules  # one symptom, one finding
    assert "the learning rate is not it: 8e-5" in question(diagnosis, "does not move")
    assert "is the rate too low" not in question(diagnosis, "margin")


def grpo_rows(**further: float) -> list[dict[str, Any]]:
    rows = []
    for step in range(20):
        row = {"step": step, "loss": 0.0, "reward": 0.4, "reward_std": 0.0, "step_time": 12.0 if step else 4.0}
        rows.append({**row, "stage_time/sampling": 2.0, "stage_time/scoring": 9.0, **further})
    return rows


def test_a_zero_loss_of_a_group_method_is_taken_apart(tmp_path: Path) -> None:
    config = tmp_path / "grpo.py"
    config.write_text(GRPO)
    diagnosis = diagnosed(config, jsonl(tmp_path / "log.jsonl", grpo_rows()))
    said = question(diagnosis, "loss of a group method is zero")
    assert "8 accumulation steps makes it small, never exactly zero" in said and "Their deviation is 0 " in said
    time = question(diagnosis, "time of a step")
    assert "first step took 4 s, the later ones 12 s" in time and "at least 24 passes" in time
    assert "scoring takes 75 % of a step" in time and "sampling takes 1" not in time
    debugging = option(diagnosis, "batch.accumulation")
    assert (debugging.old, debugging.new) == (8, 2) and "debugging only" in debugging.against


def test_evaluations_are_held_to_the_gate_one_by_one(tmp_path: Path) -> None:
    folder = run_directory(tmp_path, [0.1, 0.25, 0.4, 0.38, 0.5, -0.1], [0.02, 0.05, 0.08, 0.095, 0.12, 0.15])
    diagnosis = diagnosed(folder / "dpo.yaml", folder)
    assert [row.failed for row in diagnosis.evaluations] == [
        (),
        (),
        (),
        (),
        ("KL above its gate",),
        ("KL above its gate", "margin not above zero"),
    ]
    assert "| 500 | 0.49 | 0.5 | 0.6 | 0.12 | FAIL | KL above its gate |" in render(diagnosis, "now")


def test_values_stand_beside_their_published_range(tmp_path: Path) -> None:
    folder = run_directory(tmp_path, [0.1, 0.25], [None, None])
    values = {one.field: one for one in diagnosed(folder / "dpo.yaml", folder).published}
    rate = values["optimizer.learning_rate"]
    assert (rate.key, rate.value, rate.region, rate.label) == ("learning_rate", 1e-6, "recommended", "models of 4.5B to 11B")
    assert rate.measure_missing is None and "start low" in rate.advice
    (folder / "dpo.yaml").write_text(DPO.replace("someone/policy-7b", "someone/policy"))
    unsized = {one.field: one for one in diagnosed(folder / "dpo.yaml", folder).published}
    assert unsized["optimizer.learning_rate"].measure_missing == "model.parameters"


def test_the_report_names_the_run_and_how_it_came_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    rows = [{"type": "header", "schema_version": "1.0", "run_id": "autumn-3", "trainer_type": "dpo"}]
    rows += [{"step": step, "metrics": {"dpo_loss": 0.69, "reward_margin": 0.01 * step}} for step in range(1, 13)]  # type: ignore[dict-item]
    jsonl(folder / "metrics.jsonl", rows)  # type: ignore[arg-type]
    places = [
        ("train.py", 7, "main"),
        ("trainer.py", 90, "evaluate"),
        ("trainer.py", 95, "_inner"),
        ("a.py", 1, "log"),
        ("b.py", 2, "emit"),
        ("c.py", 3, "put"),
    ]
    trace = "Traceback (most recent call last):\n" + "".join(
        f'  File "/srv/someone/{name}", line {line}, in {function}\n' for name, line, function in places
    )
    end = {"exit_reason": "exception", "last_step": 12, "traceback": trace + "ValueError: wrong\n"}
    (folder / "postmortem.json").write_text(json.dumps(end))
    assert run(["report", str(folder)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "trainer: dpo" in said and "run id: autumn-3" in said
    assert "reached through: main, evaluate; to go on from: no checkpoint was found beside the log" in said


def test_json_holds_questions_options_and_ranges(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    epochs(tmp_path, JUMPS)
    run(["report", str(tmp_path / "epochs.jsonl"), "--config", str(tmp_path / "rlaif.yaml"), "--output-format", "json"])
    report = json.loads(capsys.readouterr().out)
    assert report["questions"][0]["steps"] and report["questions"][0]["references"][0]["url"].startswith("https://")
    assert {"field", "key", "old", "new", "for", "against", "confidence"} <= set(report["options"][0])
    assert report["published"][0]["recommended"]


def test_all_expressions_and_texts_of_the_table_are_sound() -> None:
    guide = Guide(Facts(), History("", "none"), "dpo")
    known = {raw.get("cause") for _, raw in raw_rules()} | {raw["id"] for _, raw in raw_rules()}
    for section in ("questions", "options"):
        for entry in table()[section]:
            assert set(entry.get("findings", ())) <= known and set(entry.get("references", ())) <= set(references())
            for part in (entry, *entry.get("steps", ())):
                assert set(part.get("findings", ())) <= known
                for field in ("when", "to"):
                    if field in part:
                        guide.value(part[field])  # raises for a name or a type that is wrong
                for field in ("text", "intro", "gain", "against"):
                    guide.words(part.get(field, ""))
    for text in table()["outcomes"].values():
        guide.words(text)


@pytest.mark.parametrize(
    ("statistic", "value", "steps"),
    [
        ("mean of the last 40 %", 0.5, (7, 10)),
        ("mean of the first 30 % (s)", 0.5, (1, 3)),
        ("mean of the last half", 0.5, (6, 10)),
        ("last fifth minus first fifth", 0.5, (1, 10)),
        ("first step without a finite value", 4.0, (4, 10)),
        ("last value", 0.1, (9, 10)),
        ("largest value", 0.9, (6, 7)),
        ("largest rise between epochs", 0.8, (6, 7)),
        ("median", 0.5, (1, 10)),
    ],
)
def test_the_steps_that_a_statistic_speaks_of(statistic: str, value: float, steps: tuple[float, float]) -> None:
    values = array("d", [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.9, 0.5, 0.4, 0.1])
    series = Series("loss", "loss", array("d", range(1, 11)), values)
    first, last = offending_range(series, Evidence("loss", statistic, value, (1, 10)))
    assert (first, last) == steps


def test_addresses_become_links_and_markup_of_a_log_does_not() -> None:
    assert marked("see <https://arxiv.org/abs/1> and `lr: 5e-7`") == (
        'see <a href="https://arxiv.org/abs/1">https://arxiv.org/abs/1</a> and <code>lr: 5e-7</code>'
    )
    assert marked('<script>x</script> <javascript:x> <https://a"onload=b>').count("<") == 0


def test_marked_ranges_do_not_overlap_and_the_whole_run_gives_way() -> None:
    assert united_ranges([(1, 10), (8, 10), (2, 4), (3, 5)], (1, 10)) == ((2, 5), (8, 10))
    assert united_ranges([(1, 10)], (1, 10)) == ((1, 10),)
    assert united_ranges([], (1, 10)) == ()


def test_a_report_begins_with_what_is_wrong_and_what_to_do_first(tmp_path: Path) -> None:
    lines = render(epochs(tmp_path, JUMPS), "now").splitlines()
    head = lines[lines.index("## In short") : lines.index("## Summary")]
    assert any(line.startswith("| problem | the mean loss rose by 72 %") for line in head)
    assert any(line.startswith("| first | [MET331] training.learning_rate: 9.0e-6 -> 4.5e-6") for line in head)
    assert "| 3 | 0.86 | 0.29 | +72.0 % | -0.0200 | loss jumped 72.0 %, reward fell 0.02 |" in lines
    steady = epochs(tmp_path, [(0.30, 0.52), (0.33, 0.50), (0.36, 0.47), (0.4, 0.44), (0.45, 0.42)])
    assert "## In short" not in render(steady, "now")
