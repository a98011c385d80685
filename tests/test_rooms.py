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
    "exact": {"memory"},
    "rulebook": {"source", "configuration", "expression", "history"},
    "fixes": {"source"},
    "settings": {"rulebook", "dialects", "source"},
    "diagnosis": {"rulebook", "configuration", "expression", "history"},
    "evidence": {"rulebook", "configuration", "expression"},
    "reports": {"evidence", "diagnosis", "rulebook", "configuration", "source", "expression", "dialects", "memory", "exact"},
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


TRACED = {"child", "kernels", "ledger", "objectives", "preparation", "traced_step", "value_model"}
"""Modules of `exact` that only the traced process imports."""


def test_nothing_but_the_traced_process_imports_torch() -> None:
    for path in PACKAGE.rglob("*.py"):
        traced = path.parent.name == "exact" and path.stem in TRACED
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            heavy = [name for name in names if name.split(".")[0] in ("torch", "transformers", "peft")]
            inner = [name for name in names if name.startswith("advisor.exact.") and name.split(".")[2] in TRACED]
            assert traced or not heavy + inner, f"{path.relative_to(PACKAGE)} imports {heavy + inner}"


def test_every_room_is_listed() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert rooms - {"cli"} == set(MAY_IMPORT)
