from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "network: downloads released packages; opt-in, run with -m network")
    config.addinivalue_line("markers", "real: runs a real training framework; opt-in, run with -m real")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need the network or a training framework run only where `-m` asks for them by name."""
    for item in items:
        for name in ("network", "real"):
            if HERE in item.path.parents and item.get_closest_marker(name) and name not in (config.option.markexpr or ""):
                item.add_marker(pytest.mark.skip(reason=f"opt-in: -m {name}"))
