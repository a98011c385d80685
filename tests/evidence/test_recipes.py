"""The shipped recipes hold together, and a configuration finds its neighbours among them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from advisor.cli.entry import run
from advisor.configuration.catalogue import catalogue
from advisor.configuration.fact import Fact, Facts
from advisor.evidence.neighbours import Standing, neighbours
from advisor.evidence.recipe import ABOUT, Recipe, recipes


def facts(**values: object) -> Facts:
    return Facts({name.replace("__", "."): Fact(name.replace("__", "."), value, "file") for name, value in values.items()})  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.id)
def test_every_recipe_can_be_looked_up_and_is_sane(recipe: Recipe) -> None:
    assert re.match(r"https://(github\.com|huggingface\.co|arxiv\.org)/\S+$", recipe.url)
    assert recipe.checked in ("file", "card", "docs", "thread")
    assert recipe.outcome in ("good", "best", "recipe", "example", "worse", "diverged")
    assert set(recipe.values) <= set(catalogue())
    assert not set(recipe.values) & ABOUT
    rate, size = recipe.number("optimizer.learning_rate"), recipe.number("model.parameters")
    assert rate is None or 1e-9 <= rate <= 1e-2
    assert size is None or 1e7 <= size <= 2e12
    for name in ("batch.effective", "rollout.group_size", "schedule.epochs"):
        value = recipe.number(name)
        assert value is None or value > 0


def test_ids_are_used_once() -> None:
    assert len({recipe.id for recipe in recipes()}) == len(recipes())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5e-8, "below all 5"),
        (1e-7, "lowest of 5"),
        (2e-7, "1 lower and 2 higher of 5"),
        (4e-7, "highest of 5"),
        (1e-3, "above all 5"),
    ],
)
def test_a_value_has_its_place_among_the_published(value: float, words: str) -> None:
    assert Standing("optimizer.learning_rate", value, (1e-7, 2e-7, 2e-7, 3e-7, 4e-7), True).position == words


def test_few_recipes_are_called_few() -> None:
    assert Standing("loss.beta", 0.1, (0.1, 0.2), True).position == "only 2 to compare with"


def test_neighbours_share_method_adapter_and_size() -> None:
    found = neighbours(facts(method="dpo", peft__kind="none", model__parameters=1.2e9, optimizer__learning_rate=5e-7))
    assert len(found.nearest) == 6
    assert {recipe.values["method"] for recipe in found.nearest} == {"dpo"}
    assert {recipe.values["peft.kind"] for recipe in found.nearest} == {"none"}
    sizes = [recipe.number("model.parameters") for recipe in found.nearest]
    assert all(size is not None and 0.8e9 <= size <= 1.6e9 for size in sizes)
    assert not {recipe.outcome for recipe in found.nearest} & {"worse", "diverged"}


def test_a_method_that_nobody_published_has_no_neighbours() -> None:
    assert neighbours(facts(method="gkd")).nearest == ()


CONFIG = """\
model_name_or_path: Qwen/Qwen2.5-1.5B-Instruct
loss_type: sigmoid
beta: 0.1
learning_rate: 5.0e-4
per_device_train_batch_size: 8
output_dir: out/dpo
"""


def test_the_command_names_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "dpo.yaml"
    file.write_text(CONFIG)
    assert run(["recipes", str(file)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"optimizer.learning_rate +5e-4  above all \d+ published full DPO recipes of about this size", said)
    assert said.count("https://") == 6
    assert run(["recipes", "--output-format", "json", "--count", "2", str(file)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["method"], len(report["recipes"])) == ("dpo", 2)


def test_a_file_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("a: [1\n")
    assert run(["recipes", str(tmp_path / "a.yaml")]) == 2
    assert "a.yaml" in capsys.readouterr().err
