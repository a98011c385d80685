"""Finding a model's shape by its name: a directory, the local Hugging Face cache, the shipped table; never the network."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from advisor.errors import InputError
from advisor.memory.architecture import Architecture
from advisor.memory.model_config import architecture_from_config
from advisor.memory.tables import mapping, rows


def find_architecture(name: str | None, directory: Path | None) -> Architecture | None:
    """The shape of model `name`: a directory with config.json (absolute, or relative to `directory` or the working directory), the
    local Hugging Face cache, the shipped table by repository or by last name; None where none of them has it."""
    if not name:
        return None
    for base in (directory, Path()) if directory else (Path(),):
        found = _read(base / Path(name).expanduser() / "config.json")
        if found:
            return found
    return _cached(name) or _tabled(name)


def _read(path: Path) -> Architecture | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("syntax", "not a JSON file", path=str(path)) from None
    if not isinstance(config, dict):
        raise InputError("syntax", "config.json holds no mapping", path=str(path))
    return architecture_from_config(config)


def _cached(name: str) -> Architecture | None:
    if name.count("/") != 1 or ".." in name:
        return None
    home = os.environ.get("HF_HUB_CACHE") or str(Path(os.environ.get("HF_HOME") or "~/.cache/huggingface") / "hub")
    folder = Path(home).expanduser() / ("models--" + name.replace("/", "--"))
    try:
        revisions = sorted((folder / "snapshots").iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    except (OSError, ValueError):
        return None
    return next((found for path in revisions if (found := _read(path / "config.json"))), None)


@lru_cache(maxsize=1)
def _index() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows("models.csv"):
        for key in (row["hf_repo"], row["model"], row["hf_repo"].rpartition("/")[2]):
            found.setdefault(key.lower(), row)
    return found


def _tabled(name: str) -> Architecture | None:
    key = name.strip().rstrip("/").lower()
    suffixes = mapping("memory.yaml")["model_suffixes"]
    for candidate in (key, key.rpartition("/")[2]):
        shortened = candidate
        while True:
            if shortened in _index():
                return _from_row(_index()[shortened], exact=shortened == candidate)
            suffix = next((s for s in suffixes if shortened.endswith(s)), None)
            if suffix is None:
                break
            shortened = shortened.removesuffix(suffix)
    return None


def _from_row(row: Mapping[str, str], *, exact: bool) -> Architecture:
    config = json.loads(row["config"])
    shape = architecture_from_config({"model_type": row["model_type"], **config})
    note: tuple[str, ...] = () if exact else (f"shape taken from {row['hf_repo']}",)
    if row["verified"] == "no":
        note += (f"the shape of {row['hf_repo']} is recalled, not checked",)
    return replace(shape, published=int(row["parameters"]) if row["parameters"] else None, assumed=(*shape.assumed, *note))
