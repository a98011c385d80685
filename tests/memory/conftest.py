"""Tests marked `real` run only when asked for: pytest -m real."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "real" in str(config.getoption("markexpr")):
        return
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason="opt-in: pytest -m real"))
