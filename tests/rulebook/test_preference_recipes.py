"""Published recipes of offline methods draw nothing above `info`; known mistakes are told once, with one change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.pipeline import lint
from advisor.rulebook.cause import united
from advisor.rulebook.examples import example_facts
from advisor.rulebook.finding import Finding, Severity
from advisor.rulebook.judgement import Run, judge
from advisor.rulebook.library import rulebook, rules_for

PACKS = ("learning-rate", "preference", "schedule", "optimizer", "notation")
RECIPES = yaml.safe_load(Path(__file__).with_name("preference_recipes.yaml").read_text(encoding="utf-8"))


def findings(facts: dict[str, Any], dialect: str = "trl") -> tuple[Finding, ...]:
    rules = [rule for rule in rules_for(facts["method"]) if rule.pack in PACKS]
    run = Run(
        facts=example_facts({"peft.kind": "none", **facts}),
        method=facts["method"],
        source={"source.dialect": dialect, "source.framework": dialect},
        key_for=lambda name: name,
    )
    return united(judge(run, rulebook(rules)).findings)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe["title"])
def test_a_published_recipe_draws_nothing_above_info(recipe: dict[str, Any]) -> None:
    found = findings(recipe["facts"], recipe["dialect"])
    assert [finding.message for finding in found if finding.severity > Severity.INFO] == []


def test_an_adapter_at_a_full_rate_is_one_finding() -> None:
    found = findings({"method": "dpo", "peft.kind": "lora", "optimizer.learning_rate": 5e-7, "model.parameters": 7e9, "loss.beta": 0.1})
    assert [finding.rule for finding in found] == ["LRN132"]


def test_a_rate_of_zero_is_one_finding_with_a_rate_to_start_from() -> None:
    (finding,) = findings({"method": "dpo", "optimizer.learning_rate": 0.0, "model.parameters": 7e9, "loss.beta": 0.1})
    assert finding.severity == Severity.CRITICAL
    assert finding.fix is not None
    assert [change.new for change in finding.fix.changes] == [5e-7]


def test_beta_of_dpo_in_simpo_is_not_also_blamed_on_the_margin() -> None:
    found = findings({"method": "simpo", "optimizer.learning_rate": 1e-6, "model.parameters": 8e9, "loss.beta": 0.1, "loss.gamma": 0.5})
    assert [finding.rule for finding in found] == ["PRF113"]


def test_clipping_switched_off_by_null_is_seen() -> None:
    keys = {
        "model_name_or_path": "mistralai/Mistral-7B-v0.1",
        "loss_type": "sigmoid",
        "beta": 0.1,
        "learning_rate": 5e-7,
        "num_train_epochs": 1,
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 2,
    }
    assert "OPT112" not in {finding.rule for finding in lint(keys).findings}
    assert "OPT112" in {finding.rule for finding in lint({**keys, "max_grad_norm": None}).findings}
