"""Every rule of the shipped packs passes its own examples, and every pack keeps the promises of the rule format."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.rulebook.examples import failures
from advisor.rulebook.library import bands, packs, references, rulebook, written_rules
from advisor.rulebook.pack import build_rule

RULES = [pytest.param(pack, raw, id=raw["id"]) for pack, raw in written_rules()]


@pytest.mark.parametrize(("pack", "raw"), RULES)
def test_examples_hold(pack: str, raw: dict[str, Any]) -> None:
    rule = build_rule(raw, pack)
    assert list(failures(rule, raw, rulebook([rule]))) == []


@pytest.mark.parametrize(("pack", "raw"), RULES)
def test_what_a_rule_rests_on_exists(pack: str, raw: dict[str, Any]) -> None:
    assert raw.get("references"), "a rule without a reference is an opinion"
    assert set(raw["references"]) <= set(references())
    assert raw.get("band") is None or raw["band"] in bands()


def test_ids_and_names_are_used_once() -> None:
    for field in ("id", "name"):
        values = [raw[field] for _, raw in written_rules()]
        assert sorted(set(values)) == sorted(values)


def test_band_edges_are_ordered() -> None:
    for band in bands().values():
        for row in band.rows:
            low, high = row.recommended
            wide_low, wide_high = row.acceptable
            assert low is None or high is None or low <= high, band.name
            assert wide_low is None or low is None or wide_low <= low, band.name
            assert wide_high is None or high is None or high <= wide_high, band.name
            assert row.fails[1] is None or wide_high is None or wide_high <= row.fails[1], band.name
            assert row.fails[0] is None or wide_low is None or row.fails[0] <= wide_low, band.name
            assert row.support, f"{band.name}: {row.label} rests on nothing"


def test_packs_are_found() -> None:
    assert packs(), "no pack was found: the data folder is missing"
