"""What `explain` shows of the evidence: published values under their band, and how often a rule fires."""

from __future__ import annotations

import re

import pytest

from advisor.cli.entry import run
from advisor.evidence.distribution import Spread, distribution
from advisor.evidence.firing import FiringRates, firing_rates
from advisor.evidence.recipe import recipes
from advisor.reports.distribution_plot import WIDTH, plot
from advisor.rulebook.library import all_rules, bands, raw_rules
from advisor.rulebook.rule import BandRow


def spread(*values: float, failed: tuple[float, ...] = ()) -> Spread:
    row = BandRow(None, (1e-6, 1e-5), (1e-7, 1e-4), (None, 1e-3), 3e-6, "A", ("somebody",), "")
    some = recipes()[0]
    return Spread(row, tuple((value, some) for value in values), tuple((value, some) for value in failed))


def test_a_plot_has_the_band_over_the_points() -> None:
    band, points = plot(spread(1e-6, 1e-6, 1e-5, failed=(1e-3,)))
    above, below = (line.split("|")[1] for line in (band, points))
    assert (len(above), len(below)) == (WIDTH, WIDTH)
    # One decade is 55 / 4 columns on the axis from 1e-7 to 1e-3.
    assert (below.index("2"), below.index("1"), below.index("!")) == (14, 28, WIDTH - 1)
    assert (above[14], above[28], above[13], above[29], above[WIDTH - 1]) == ("=", "=", "-", "-", "x")
    assert points.endswith("3 recipes, 1 failed")


def test_nothing_is_plotted_without_recipes() -> None:
    assert list(plot(spread())) == []


def test_recipes_stand_in_the_row_of_their_size() -> None:
    rule = next(rule for rule in all_rules() if rule.id == "LRN101")
    for one in distribution(rule, bands()["dpo-full-rate"]):
        for value, recipe in one.worked:
            assert value == recipe.number("optimizer.learning_rate")
            assert recipe.values["peft.kind"] == "none"
            assert one.row.to is None or (recipe.number("model.parameters") or 0) < one.row.to


def test_rates_name_rules_that_exist_and_add_up() -> None:
    rates = firing_rates()
    assert set(rates.rules) <= {raw["id"] for _, raw in raw_rules()}
    assert all(0 < sum(found.values()) <= rates.files for found in rates.rules.values())


def test_rates_are_said_in_words() -> None:
    rates = FiringRates("2026-11-21", 206, {"LRN101": {"high": 3, "info": 1}})
    assert rates.words("LRN101") == "fires on 4 of 206 published configurations (3 high, 1 info), measured 2026-11-21"
    assert rates.words("DPO201") == "fires on 0 of 206 published configurations, measured 2026-11-21"


def test_explain_shows_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    run(["explain", "LRN101"])
    said = capsys.readouterr().out
    assert re.search(r"fires on \d+ of \d+ published configurations", said)
    assert re.search(r"\| \d+ recipes", said)
    assert "= recommended" in said


@pytest.mark.parametrize("rule", [raw["id"] for _, raw in raw_rules() if raw["form"] == "band"])
def test_every_band_rule_can_be_explained(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", rule]) == 0
    assert "references:" in capsys.readouterr().out
