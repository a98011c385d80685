"""Plans: what rules ask for is tried together before it is written, and what does not hold together is given up and said."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.dialects.options import Options
from advisor.fixes.edit import Spliced, UnsoundEdit
from advisor.pipeline import lint_file
from advisor.rulebook.selection import Selection
from advisor.source.document import Document
from advisor.source.reading import read
from advisor.suggestion import Suggestion, suggest
from advisor.wishes import Choice

CONFIG = """\
trl: dpo
model_name_or_path: Qwen/Qwen2.5-0.5B-Instruct
learning_rate: 4.0e-6  # mine
beta: 0.1
per_device_train_batch_size: 8
gradient_accumulation_steps: 4
seed: 1
"""


def rule(name: str, of: str, holds: str, fix: str, *, severity: str = "medium", more: str = "") -> str:
    return f"""
  - id: {name}
    name: {name.lower()}-rule
    title: A rule
    form: relation
    of: {of}
    holds: {holds}
    severity: {severity}
    confidence: high
    message: "{name} fires"
    why: For a test.
    fixes: [{fix}]
    references: [rafailov2023]
    {more}
    examples: {{bad: [{{facts: {{seed: 1}}}}], good: [{{facts: {{seed: 2}}}}], skipped: [{{facts: {{method: dpo}}}}]}}
"""


def suggested(
    folder: Path, *rules: str, config: str = CONFIG, choice: Choice | None = None, further: str = "", alone: bool = False
) -> Suggestion:
    pack, path, second = folder / "pack.yaml", folder / "dpo.yaml", folder / "second.yaml"
    pack.write_text("schema: 1\npack: own\nrules:\n" + "".join(rules))
    path.write_text(config)
    second.write_text(further)
    selection = Selection(("TST",), packs=(str(pack),))
    documents = [read(str(second))] if further else []
    outcome = lint_file(str(path), further=documents, selection=selection)
    assert outcome.error is None
    return suggest(outcome, options=Options(), selection=selection, further=documents, choice=choice, alone=alone)


def said(made: Suggestion) -> list[str]:
    return [f"{one.finding.rule} {one.key} {one.reason}" for one in made.given_up]


SMALLER = rule(
    "TST101", "optimizer.learning_rate", "optimizer.learning_rate <= 1.0e-6", "{set: {optimizer.learning_rate: '1.0e-6'}, because: calm}"
)


def test_what_holds_together_is_made(tmp_path: Path) -> None:
    other = rule("TST102", "seed", "seed == 42", "{set: {seed: '42'}}", severity="low")
    made = suggested(tmp_path, SMALLER, other)
    assert made.text == CONFIG.replace("4.0e-6  # mine", "1.0e-6  # was 4.0e-6: calm [TST101]; mine").replace(
        "seed: 1", "seed: 42  # was 1: a rule [TST102]"
    )
    assert not said(made)
    assert not made.after.findings


@pytest.mark.parametrize(("severity", "winner", "value"), [("high", "TST102", "2.0e-6"), ("low", "TST101", "1.0e-6")])
def test_of_two_that_would_undo_each_other_the_graver_is_made(tmp_path: Path, severity: str, winner: str, value: str) -> None:
    narrow = "optimizer.learning_rate >= 2.0e-6 and optimizer.learning_rate < 3.0e-6"
    larger = rule("TST102", "optimizer.learning_rate", narrow, "{set: {optimizer.learning_rate: '2.0e-6'}}", severity=severity)
    made = suggested(tmp_path, SMALLER, larger)
    assert f"learning_rate: {value}  # was 4.0e-6" in made.text
    assert [one.finding.rule for one in made.given_up] == [{"TST101": "TST102", "TST102": "TST101"}[winner]]
    assert [finding.rule for finding in made.after.findings] == [made.given_up[0].finding.rule]


def test_a_change_that_makes_something_else_fire_is_not_made(tmp_path: Path) -> None:
    bad = rule("TST102", "seed", "seed != 1", "{set: {seed: '13'}}")
    alarm = rule("TST103", "seed", "seed != 13", "{text: choose another, applicability: manual}", severity="low")
    made = suggested(tmp_path, SMALLER, bad, alarm)
    assert "seed: 1\n" in made.text
    assert "learning_rate: 1.0e-6" in made.text
    assert said(made) == ["TST102 seed would make TST103 fire: TST103 fires"]


def test_what_an_edit_makes_graver_counts_as_well(tmp_path: Path) -> None:
    bad = rule("TST102", "seed", "seed != 1", "{set: {seed: '13'}}")
    alarm = rule(
        "TST103",
        "seed",
        "seed > 20",
        "{text: larger, applicability: manual}",
        severity="low",
        more="cases: [{when: seed == 13, severity: high}]",
    )
    made = suggested(tmp_path, bad, alarm)
    assert made.text == CONFIG
    assert said(made) == ["TST102 seed would make TST103 fire: TST103 fires"]


def test_a_change_that_settles_nothing_is_not_made(tmp_path: Path) -> None:
    made = suggested(tmp_path, rule("TST102", "seed", "seed > 100", "{set: {seed: '50'}}"))
    assert made.text == CONFIG
    assert said(made) == ["TST102 seed would not settle it: TST102 fires"]


def test_a_value_that_runs_away_is_not_written(tmp_path: Path) -> None:
    made = suggested(tmp_path, rule("TST102", "seed", "seed == 0", "{set: {seed: 2 * seed}}"))
    assert made.text == CONFIG
    assert said(made) == ["TST102 seed never comes to an end"]


def test_changes_of_one_finding_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    """Half the micro-batch with twice the accumulation is the same training; either alone is another."""
    fix = "{set: {batch.per_device: batch.per_device // 2, batch.accumulation: 2 * batch.accumulation}, because: less memory}"
    memory = rule("TST104", "batch.per_device", "batch.per_device < 8", fix)
    made = suggested(tmp_path, memory)
    assert "per_device_train_batch_size: 4  # was 8" in made.text
    assert "gradient_accumulation_steps: 8  # was 4" in made.text
    computed = CONFIG.replace("gradient_accumulation_steps: 4", "gradient_accumulation_steps: &a 4\nsave_steps: *a")
    shared = suggested(
        tmp_path,
        memory,
        config=computed.replace("gradient_accumulation_steps: &a 4\nsave_steps: *a", "save_steps: &a 4\ngradient_accumulation_steps: *a"),
    )
    assert shared.text == shared.document.text
    assert said(shared)[0].startswith("TST104 gradient_accumulation_steps is used in several places")


def test_a_change_calls_for_another_until_nothing_fires(tmp_path: Path) -> None:
    first = rule("TST102", "loss.beta", "loss.beta >= 0.2", "{set: {loss.beta: '0.2'}}")
    made = suggested(tmp_path, first, rule("TST103", "loss.beta", "loss.beta >= 0.3", "{set: {loss.beta: '0.3'}}", severity="low"))
    assert "beta: 0.3  # was 0.1: a rule [TST103]" in made.text
    assert not made.after.findings


def test_info_is_shown_and_not_written(tmp_path: Path) -> None:
    made = suggested(tmp_path, rule("TST102", "loss.beta", "loss.beta >= 0.2", "{set: {loss.beta: '0.2'}}", severity="info"))
    assert not made.changed
    assert not said(made)


def test_values_of_another_file_are_changed_there(tmp_path: Path) -> None:
    calm = rule("TST102", "loss.beta", "loss.beta >= 0.2", "{set: {loss.beta: '0.3'}}")
    made = suggested(tmp_path, SMALLER, calm, further="# mine\nlearning_rate: 5.0e-6\n")
    assert [file.changes for file in made.files] == [1, 1]
    assert made.text == CONFIG.replace("beta: 0.1", "beta: 0.3  # was 0.1: a rule [TST102]")
    assert made.files[1].text == "# mine\nlearning_rate: 1.0e-6  # was 5.0e-6: calm [TST101]\n"
    assert not {finding.rule for finding in made.after.findings} & {"TST101", "TST102"}


def test_values_of_a_file_that_other_runs_share_are_said_to_belong_there(tmp_path: Path) -> None:
    made = suggested(tmp_path, SMALLER, further="beta: 0.2\nlearning_rate: 5.0e-6\n", alone=True)
    assert made.text == CONFIG
    assert said(made) == ["TST101 learning_rate belongs in second.yaml:2, as 1e-6"]


def test_a_stage_includes_the_earlier_ones(tmp_path: Path) -> None:
    later = rule("TST102", "seed", "seed == 42", "{set: {seed: '42'}, stage: short-term}")
    last = rule("TST103", "loss.beta", "loss.beta == 0.2", "{set: {loss.beta: '0.2'}, stage: medium-term}")
    changed = {}
    for stage in ("immediate", "short-term", "medium-term"):
        made = suggested(tmp_path, SMALLER, later, last, choice=Choice(stage=stage))  # type: ignore[arg-type]
        changed[stage] = {applied.edit.key for applied in made.applied}
    assert changed == {
        "immediate": {"learning_rate"},
        "short-term": {"learning_rate", "seed"},
        "medium-term": {"learning_rate", "seed", "beta"},
    }


@pytest.mark.parametrize(
    ("words", "keys"), [(("TST102",), {"seed"}), (("tst101-rule",), {"learning_rate"}), (("TST",), {"seed", "learning_rate"})]
)
def test_only_what_some_rules_ask_for(tmp_path: Path, words: tuple[str, ...], keys: set[str]) -> None:
    made = suggested(tmp_path, SMALLER, rule("TST102", "seed", "seed == 42", "{set: {seed: '42'}}"), choice=Choice(rules=words))
    assert {applied.edit.key for applied in made.applied} == keys


def test_values_of_an_attached_file_are_said_to_belong_there(tmp_path: Path) -> None:
    engine = tmp_path / "ds.json"
    engine.write_text('{\n  "zero_optimization": {"stage": 2}\n}\n')
    wanted = rule("TST102", "parallel.zero_stage", "parallel.zero_stage == 3", "{set: {parallel.zero_stage: '3'}}")
    made = suggested(tmp_path, wanted, config=CONFIG + "deepspeed: ds.json\n")
    assert not made.changed
    assert said(made) == ["TST102 deepspeed.zero_optimization.stage belongs in ds.json:2, as 3"]


def test_an_edit_that_some_parser_would_misread_is_given_up_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def strict(document: Document, spliced: Spliced) -> None:
        if any(one.edit.key == "beta" for one in spliced.applied):
            raise UnsoundEdit("PyYAML reads the result with other values than intended")

    monkeypatch.setattr("advisor.planning.verify", strict)
    made = suggested(tmp_path, SMALLER, rule("TST102", "loss.beta", "loss.beta >= 0.2", "{set: {loss.beta: '0.3'}}"))
    assert "learning_rate: 1.0e-6" in made.text and "beta: 0.1" in made.text
    assert said(made) == ["TST102 beta cannot be changed so that every parser reads the file as meant; change it by hand"]
