"""Published recipes of online methods draw nothing above `info`, and one mistake is told once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.rulebook.examples import example_facts
from advisor.rulebook.finding import Finding, Severity
from advisor.rulebook.judgement import Run, judge
from advisor.rulebook.library import rulebook, rules_for

PACKS = ("online", "online-batch", "policy", "ppo", "rlaif", "rollout")
RECIPES = yaml.safe_load(Path(__file__).with_name("online_recipes.yaml").read_text(encoding="utf-8"))


def findings(facts: dict[str, Any], dialect: str) -> tuple[Finding, ...]:
    rules = [rule for rule in rules_for(facts["method"]) if rule.pack in PACKS]
    run = Run(
        facts=example_facts({"peft.kind": "none", **facts}),
        method=facts["method"],
        source={"source.dialect": dialect, "source.framework": dialect},
        key_for=lambda name: name,
    )
    return judge(run, rulebook(rules)).findings


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe["title"])
def test_a_published_recipe_draws_nothing_above_info(recipe: dict[str, Any]) -> None:
    found = findings(recipe["facts"], recipe["dialect"])
    assert [finding.message for finding in found if finding.severity > Severity.INFO] == []


def test_a_smoke_test_with_one_prompt_and_a_small_group_is_not_called_wasted() -> None:
    facts = {
        "method": "grpo",
        "optimizer.learning_rate": 1e-6,
        "kl.coefficient": 0.04,
        "rollout.group_size": 4,
        "rollout.temperature": 1.0,
        "batch.per_device": 4,
        "batch.devices": 1,
        "batch.effective": 4,
        "batch.generation": 4,
        "schedule.max_steps": 10,
    }
    assert max(finding.severity for finding in findings(facts, "flat-python")) == Severity.LOW


def test_one_mistake_is_told_by_one_rule() -> None:
    facts = {
        "method": "grpo",
        "batch.mini": 64,
        "batch.micro": 32,
        "batch.devices": 4,
        "batch.generation": 256,
        "batch.prompts": 32,
        "hardware.gpus": 4,
        "rollout.group_size": 8,
    }
    assert [finding.rule for finding in findings(facts, "verl")] == ["BAT203"]
