"""Shared by the tests of readers: the fixtures' folder and series as plain lists."""

from __future__ import annotations

from pathlib import Path

from advisor.history import History, read_history

DATA = Path(__file__).parent / "data"


def read(name: str) -> History:
    return read_history(str(DATA / name))


def points(history: History, metric: str) -> list[tuple[float, float]]:
    series = history.series[metric]
    return list(zip(series.steps, series.values, strict=True))


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)
