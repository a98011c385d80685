"""How often each rule fires on published configurations: `rules/evidence/firing_rates.json`, measured by `tools/firing_rates.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from advisor.resources import data


class FiringRates(NamedTuple):
    date: str
    files: int
    """Published configurations that were linted."""
    rules: Mapping[str, Mapping[str, int]]
    """Rule -> severity -> files in which it fires so."""

    def words(self, rule: str) -> str:
        found = self.rules.get(rule, {})
        grades = ", ".join(f"{number} {severity}" for severity, number in found.items())
        which = f" ({grades})" if found else ""
        return f"fires on {sum(found.values())} of {self.files} published configurations{which}, measured {self.date}"


@cache
def firing_rates() -> FiringRates:
    raw = json.loads(data("rules", "evidence", "firing_rates.json").read_bytes())
    return FiringRates(raw["date"], raw["files"], raw["rules"])
