"""What the detectors say of whole runs: logs as frameworks write them, alone and with the configuration that produced them."""

from __future__ import annotations

import json
import math
import random
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.configuration.fact import Fact
from advisor.dialects.options import Options
from advisor.history.history import History, Series
from advisor.history.recognition import read_history
from advisor.pipeline import lint_file, lint_history
from advisor.resources import data
from advisor.rulebook.cause import united
from advisor.rulebook.epoch_borders import border_drop
from advisor.rulebook.examples import example_history
from advisor.rulebook.finding import Evidence, Finding, Severity
from advisor.rulebook.pack_file import read_pack
from advisor.rulebook.selection import Selection
from advisor.suggestion import suggest

JUDGED_WHEN_SHORT = {"MET326", "MET104", "MET201", "MET202", "MET301", "MET302", "MET311", "MET321", "MET322", "MET323", "MET324", "MET325"}
"""What ten logs are not needed for: beta, what the log itself says, numbers that are none, zero gradients, times, the end of the run."""


def method_given(method: str) -> Options:
    return Options(facts={"method": Fact("method", method, "option")})


def trl_log(folder: Path, rows: list[dict[str, float]], every: int = 10) -> str:
    """A `trainer_state.json` as transformers writes it."""
    log = [{**row, "step": every * (index + 1), "epoch": (index + 1) / len(rows)} for index, row in enumerate(rows)]
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({"global_step": every * len(rows), "max_steps": every * len(rows), "log_history": log}))
    return str(path)


def dpo_rows(loss: list[float], margin: list[float] | None = None, **constant: float) -> list[dict[str, float]]:
    margins = margin or [0.0] * len(loss)
    return [{"loss": one, "rewards/margins": gap, **constant} for one, gap in zip(loss, margins, strict=True)]


def alone(path: str) -> dict[str, Finding]:
    return by_rule(lint_history(read_history(path), Options(), Selection()).findings)


def by_rule(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.rule: finding for finding in findings}


def changes(finding: Finding) -> dict[str | None, Any]:
    return {change.name: change.new for change in finding.fix.changes} if finding.fix is not None else {}


def loud(findings: dict[str, Finding], least: Severity = Severity.LOW) -> set[str]:
    return {rule for rule, finding in findings.items() if finding.severity >= least}


def dpo_config(folder: Path, *lines: str) -> str:
    path = folder / "dpo.yaml"
    path.write_text(
        "\n".join(["trainer_type: DPOTrainer", "model_name_or_path: example/model", "dataset_name: example/pairs", *lines]) + "\n"
    )
    return str(path)


def test_a_flat_loss_at_a_low_rate_raises_it(tmp_path: Path) -> None:
    history = read_history(trl_log(tmp_path, dpo_rows([0.6931] * 40, grad_norm=2.0)))
    config = dpo_config(tmp_path, "beta: 0.1", "learning_rate: 4.0e-7", "use_peft: false")
    found = by_rule(lint_file(config, options=method_given("dpo"), history=history).findings)
    assert found["MET101"].severity == Severity.HIGH
    assert changes(found["MET101"]) == {"optimizer.learning_rate": 2.0e-6}  # five times
    assert {one.metric for one in found["MET101"].evidence} >= {"loss", "margin", "grad_norm"}


def test_a_flat_loss_at_a_high_adapter_rate_does_not_raise_it(tmp_path: Path) -> None:
    history = read_history(trl_log(tmp_path, dpo_rows([0.6931] * 40, grad_norm=0.01)))
    config = dpo_config(tmp_path, "beta: 0.1", "learning_rate: 5.0e-5", "use_peft: true", "lora_r: 16")
    found = by_rule(lint_file(config, options=method_given("dpo"), history=history).findings)
    assert found["MET102"].severity == Severity.HIGH
    assert found["MET102"].fix is not None and found["MET102"].fix.applicability == "manual"
    raised = [new for finding in found.values() for name, new in changes(finding).items() if name == "optimizer.learning_rate"]
    assert all(new <= 5.0e-5 for new in raised)


def test_one_cause_is_one_finding(tmp_path: Path) -> None:
    """A beta that the file lets fall to zero, and that did fall: one finding, with the evidence and the edit."""
    config = tmp_path / "config_dpo.yaml"
    config.write_text(
        "dpo_training:\n  epochs: 1\n  learning_rate: 5.0e-6\n  batch_size: 16\n"
        "beta_update:\n  beta_0: 0.1\n  beta_min: 0.0\n  beta_max: 1.0\n"
    )
    log = tmp_path / "beta_log.jsonl"
    log.write_text(
        "".join(json.dumps({"step": step, "beta": 0.1 * 0.7**step, "p_hat": 0.1, "loss": 0.6931}) + "\n" for step in range(1, 81))
    )
    findings = lint_file(str(config), options=Options(dialect="dynamic-dpo"), history=read_history(str(log))).findings
    about = [finding for finding in findings if finding.field == "loss.beta_min"]
    assert [finding.rule for finding in about] == ["MET104"]
    assert changes(about[0])["loss.beta_min"] == 0.01
    assert "MET101" not in by_rule(findings), "a collapsed beta explains the flat loss"


def test_a_zero_loss_with_a_live_gradient_is_no_fault(tmp_path: Path) -> None:
    spread = random.Random(3)
    rows = [
        {
            "loss": 0.0,
            "grad_norm": 0.3 + 0.1 * spread.random(),
            "reward": 0.4 + 0.01 * step + 0.05 * spread.random(),
            "reward_std": 0.2,
            "frac_reward_zero_std": 0.1,
        }
        for step in range(40)
    ]
    assert loud(alone(trl_log(tmp_path, rows))) == set()


def test_a_zero_loss_with_equal_rewards_is_one(tmp_path: Path) -> None:
    rows = [{"loss": 0.0, "grad_norm": 0.0, "reward": 0.5, "reward_std": 0.0, "frac_reward_zero_std": 1.0}] * 20
    found = alone(trl_log(tmp_path, rows))
    assert loud(found, Severity.HIGH) == {"MET201"}  # the zero gradient is the same cause and is not reported beside it
    assert {"reward_std", "zero_variance_frac", "loss", "grad_norm"} <= {one.metric for one in found["MET201"].evidence}


@pytest.mark.parametrize("seed", range(8))
def test_noisy_healthy_runs_stay_below_medium(tmp_path: Path, seed: int) -> None:
    noise = random.Random(seed)
    preference = [
        {
            "loss": 0.69 - 0.13 * (1 - math.exp(-step / 30)) + noise.gauss(0, 0.03),
            "rewards/margins": 0.9 * (1 - math.exp(-step / 40)) + noise.gauss(0, 0.1),
            "rewards/accuracies": 0.5 + 0.2 * (1 - math.exp(-step / 30)) + noise.gauss(0, 0.06),
            "rewards/chosen": -0.5 * step / 120,
            "grad_norm": 4 * math.exp(noise.gauss(0, 0.3)),
            "learning_rate": 5e-7 * min(1, (step + 1) / 12, (121 - step) / 100),
        }
        for step in range(120)
    ]
    assert loud(alone(trl_log(tmp_path, preference)), Severity.MEDIUM) == set()
    rollouts = [
        {
            "loss": noise.gauss(0, 0.02),
            "reward": 0.3 + 0.4 * (1 - math.exp(-step / 60)) + noise.gauss(0, 0.08),
            "reward_std": 0.3 + noise.gauss(0, 0.03),
            "kl": 0.04 * step / 120 + abs(noise.gauss(0, 0.003)),
            "entropy": 0.5 - 0.15 * step / 120,
            "completions/mean_length": 300 + step * 0.6 + noise.gauss(0, 20),
            "completions/clipped_ratio": max(0.0, noise.gauss(0.03, 0.02)),
            "grad_norm": 0.4 * math.exp(noise.gauss(0, 0.4)),
        }
        for step in range(120)
    ]
    assert loud(alone(trl_log(tmp_path, rollouts)), Severity.MEDIUM) == set()


def test_per_token_and_per_answer_divergence_share_no_threshold(tmp_path: Path) -> None:
    tokens = [{"reward": 0.3 + 0.01 * step, "reward_std": 0.3, "kl": 6.0, "completions/mean_length": 300.0} for step in range(30)]
    assert "MET222" in alone(trl_log(tmp_path, tokens))
    answers = [{"objective/kl": 6.0, "objective/scores": 0.3 + 0.01 * step, "loss/value_avg": 0.2} for step in range(30)]
    assert "MET222" not in alone(trl_log(tmp_path, answers))


EPOCHS = "Epoch,Avg Reward,Avg Loss\n1,0.30,0.50\n2,0.29,0.72\n3,0.31,0.70\n4,0.30,0.55\n5,0.31,0.80\n"


def test_epoch_means_that_jump(tmp_path: Path) -> None:
    table = tmp_path / "epochs.csv"
    table.write_text(EPOCHS)
    finding = alone(str(table))["MET331"]
    assert finding.severity == Severity.MEDIUM  # 0.50 to 0.72 is 44 %, 0.55 to 0.80 is 45 %: above 30 %, below 50 %
    assert finding.evidence[0] == Evidence("loss", "largest rise between epochs", pytest.approx(0.25 / 0.55), (4, 5))
    table.write_text(EPOCHS.replace("0.80", "0.58").replace("0.72", "0.52").replace("0.70", "0.60"))
    assert "MET331" not in alone(str(table))
    table.write_text("\n".join(EPOCHS.splitlines()[:4]) + "\n")
    assert set(alone(str(table))) == {"MET325"}, "three rows are too few"


CRASH = """{{'loss': 0.6931, 'grad_norm': 2.8, 'learning_rate': 1e-07, 'epoch': 0.01}}
Traceback (most recent call last):
  File "/home/someone/project/train.py", line 52, in <module>
    trainer.train()
{exception}
"""


@pytest.mark.parametrize(
    ("exception", "rule", "severity"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 7.83 GiB.", "MET321", Severity.HIGH),
        ("BrokenPipeError: [Errno 32] Broken pipe", "MET323", Severity.LOW),
        ("RuntimeError: shape mismatch in the loss", "MET323", Severity.MEDIUM),
    ],
)
def test_how_a_run_ended(tmp_path: Path, exception: str, rule: str, severity: Severity) -> None:
    log = tmp_path / "train.log"
    log.write_text(CRASH.format(exception=exception))
    found = alone(str(log))
    assert found[rule].severity == severity
    assert len({"MET321", "MET323"} & set(found)) == 1
    assert "someone" not in found[rule].message
    assert "MET325" in found, "one log says nothing of the training, and that is said"


values = st.floats(min_value=-100, max_value=100, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["loss", "margin", "pref_acc", "reward", "kl_ref", "entropy", "grad_norm", "truncated_frac", "completion_len", "lr"]
        ),
        st.lists(values, min_size=1, max_size=9),
        min_size=1,
    ),
    st.sampled_from(["dpo", "grpo", "ppo", "reward"]),
)
def test_a_short_history_is_hardly_judged(metrics: dict[str, list[float]], method: str) -> None:
    found = lint_history(example_history({"metrics": metrics}), method_given(method), Selection()).findings
    assert {finding.rule for finding in found} <= JUDGED_WHEN_SHORT
    assert "MET325" in {finding.rule for finding in found}


anything = st.one_of(values, st.sampled_from([float("nan"), float("inf"), -float("inf"), 0.0, 1e300, -1e300, 1e-300]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(anything, anything, anything, anything), min_size=1, max_size=40),
    st.sampled_from(
        [
            ("loss", "margin", "pref_acc", "epoch"),
            ("reward", "reward_std", "kl_ref", "entropy"),
            ("grad_norm", "lr", "step_time", "eval_loss"),
        ]
    ),
    st.booleans(),
)
def test_any_numbers_are_judged_without_an_exception(rows: list[tuple[float, ...]], names: tuple[str, ...], epochs: bool) -> None:
    metrics = {name: [row[index] for row in rows] for index, name in enumerate(names)}
    history = example_history({"metrics": metrics, "epochs": epochs})
    for finding in lint_history(history, method_given("dpo" if "loss" in names else "grpo"), Selection()).findings:
        assert finding.message and "?" not in finding.message


def test_a_statistic_that_is_not_defined_is_no_missing_fact() -> None:
    one_epoch = {"loss": {"start": 0.69, "end": 0.5, "points": 30}, "epoch": {"start": 0.0, "end": 0.9, "points": 30}}
    outcome = lint_history(example_history({"metrics": one_epoch}), method_given("dpo"), Selection())
    assert "MET117" not in {skipped.rule for skipped in outcome.skipped} | set(outcome.rules_applied)
    assert outcome.skipped == ()


def test_border_drop_is_the_least_of_the_drops() -> None:
    steps = array("d", range(36))
    loss = Series("loss", "loss", steps, array("d", [0.6] * 12 + [0.3] * 12 + [0.24] * 12))
    epochs = Series("epoch", "epoch", steps, array("d", [index / 12 for index in range(36)]))
    assert border_drop(loss, epochs, 5) == pytest.approx(0.2)  # 0.6 -> 0.3 is half, 0.3 -> 0.24 a fifth
    few = Series("epoch", "epoch", steps, array("d", [index / 6 for index in range(36)]))
    assert border_drop(loss, few, 5) is None, "six logs an epoch are too few"


@pytest.mark.parametrize("name", ["history_preference", "history_online", "history_run"])
def test_the_packs_are_such_as_a_user_may_write(name: str) -> None:
    assert read_pack(str(data("rules", f"{name}.yaml"))).rules


def test_what_the_run_showed_comes_first() -> None:
    def finding(rule: str, *evidence: Evidence) -> Finding:
        return Finding(rule, rule, Severity.HIGH, "high", "message", "why", "loss.beta_min", None, 0.0, None, "beta-collapse", (), evidence)

    shown = finding("MET104", Evidence("beta", "last value", 0.0, (1, 90)))
    assert united([finding("DPO201"), shown]) == (shown,)


def test_a_history_of_nothing_is_no_praise() -> None:
    found = lint_history(History("empty", "example"), Options(), Selection()).findings
    assert [finding.rule for finding in found] == ["MET325"]


RLAIF = """training:
  num_epochs: 5
  batch_size: 2
  gradient_accumulation_steps: 32
  learning_rate: 8.0e-6   # copied
  warmup_steps: 20
  max_grad_norm: 1.0
rlaif:
  kl_penalty: 0.1
  num_samples_per_prompt: 8
"""


def test_a_history_changes_a_value_once(tmp_path: Path) -> None:
    """The history judges the rate that produced it, neither the halved one nor, in a second fix, the one that carries our comment."""
    config, table = tmp_path / "config.yaml", tmp_path / "epochs.csv"
    config.write_text(RLAIF)
    table.write_text(EPOCHS)
    history, options = read_history(str(table)), method_given("rlaif")
    first = suggest(lint_file(str(config), options=options, history=history), options=options, selection=Selection())
    assert "learning_rate: 4.0e-6   # was 8.0e-6" in first.text
    assert "max_grad_norm: 0.5" in first.text
    config.write_text(first.text)
    again = suggest(lint_file(str(config), options=options, history=history), options=options, selection=Selection())
    assert not again.changed
