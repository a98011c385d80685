"""Runs with a label each, and what is said of them: problems are found, healthy runs are left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.configuration.fact import Fact
from advisor.dialects.options import Options
from advisor.pipeline import lint_history
from advisor.rulebook.examples import example_history
from advisor.rulebook.finding import Severity
from advisor.rulebook.selection import Selection

RUNS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("runs.yaml").read_text())


@pytest.mark.parametrize("entry", RUNS, ids=[entry["run"] for entry in RUNS])
def test_a_run_is_judged_by_its_label(entry: dict[str, Any]) -> None:
    given = {"method": entry["method"], **entry.get("facts", {})}
    options = Options(facts={name: Fact(name, value, "option") for name, value in given.items()})
    outcome = lint_history(example_history({"metrics": entry["metrics"]}), options, Selection())
    said = {finding.rule for finding in outcome.findings if finding.severity >= Severity.MEDIUM}
    assert said >= set(entry["says"])
    if not entry["says"]:
        assert not said


def test_healthy_runs_are_in_the_table() -> None:
    assert sum(not entry["says"] for entry in RUNS) >= 4
