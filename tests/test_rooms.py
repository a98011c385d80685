"""The rooms of the package import downwards only; `docs/architecture.md` says why each stands where it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "advisor"

MAY_IMPORT = {
    "source": set(),
    "expression": set(),
    "configuration": {"source", "expression"},
    "dialects": {"source", "configuration", "expression"},
    "history": {"configuration"},
    "memory": {"configuration"},
    "rulebook": {"source", "configuration", "expression", "history"},
    "fixes": {"source"},
    "settings": {"rulebook", "dialects", "source"},
    "diagnosis": {"rulebook", "configuration", "expression", "history"},
    "evidence": {"rulebook", "configuration", "expression"},
    "reports": {"evidence", "diagnosis", "rulebook", "configuration", "source", "expression", "dialects", "memory"},
}
"""Room -> rooms that it may import, besides itself and the ground floor."""

GROUND_FLOOR = {"errors", "resources"}
OUTCOMES = {"outcome", "comparison", "history"}
"""What the pipeline gives, for what draws conclusions from it."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names = [node.module or ""]
        yield from (name for name in names if name.split(".")[0] == "advisor")


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    allowed = MAY_IMPORT[room] | GROUND_FLOOR | {room} | (OUTCOMES if room in ("reports", "diagnosis") else set())
    for path in (PACKAGE / room).rglob("*.py"):
        for name in imports(path):
            parts = name.split(".")
            assert len(parts) == 1 or parts[1] in allowed, f"{path.relative_to(PACKAGE)} imports {name}"


def test_every_room_is_listed() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert rooms - {"cli"} == set(MAY_IMPORT)
