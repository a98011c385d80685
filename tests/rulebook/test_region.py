"""Where a band rule's proposal lies."""

from __future__ import annotations

import pytest

from advisor.rulebook.region import target
from advisor.rulebook.rule import BandRow

ROW = BandRow(None, (1e-7, 1e-6), (1e-7, 2e-6), (None, 1e-5), 5e-7, "A", ("a recipe",), "models")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (2e-6, 1e-6),
        (1e-5, 1e-6),  # exactly tenfold, though 1e-5 / 1e-6 is 10.000000000000002 in binary
        (1.1e-5, 5e-7),
        (1e-8, 1e-7),
        (9e-9, 5e-7),
        (0.0, 5e-7),
    ],
)
def test_target_is_the_nearest_edge_up_to_tenfold(value: float, wanted: float) -> None:
    assert target(value, ROW) == wanted
