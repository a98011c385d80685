"""Finding a model's shape by its name: a directory, the local Hugging Face cache, the shipped table; never the network."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from advisor.errors import InputError
from advisor.memory.architecture import Architecture
from advisor.memory.model_config import architecture_from_config
from advisor.memory.tables import mapping, rows


class Found(NamedTuple):
    """A config.json, or what the shipped table holds of one; `notes` say in words what is not certain, `published` is the size given."""

    config: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    published: int | None = None

    @property
    def architecture(self) -> Architecture:
        shape = architecture_from_config(self.config)
        return replace(shape, published=self.published, assumed=(*shape.assumed, *self.notes))


def find_architecture(name: str | None, directory: Path | None) -> Architecture | None:
    """The shape of model `name`, from where `find_config` finds it; None where it is nowhere. Raises InputError for an unusable file."""
    found = find_config(name, directory)
    return found.architecture if found else None


def find_config(name: str | None, directory: Path | None) -> Found | None:
    """The configuration of model `name`: a directory with config.json (absolute, or relative to `directory` or the working directory),
    the local Hugging Face cache, the shipped table by repository or by last name; None where none of them has it.

    Raises InputError for a file that holds no mapping.
    """
    if not name:
        return None
    for base in (directory, Path()) if directory else (Path(),):
        found = _read(base / Path(name).expanduser() / "config.json")
        if found:
            return found
    return _cached(name) or _tabled(name)


def architecture_of_size(parameters: float) -> Architecture | None:
    """The shape of the shipped plain model of about this size, as `config_of_size` finds it."""
    found = config_of_size(parameters)
    return found.architecture if found else None


def config_of_size(parameters: float) -> Found | None:
    """The configuration of the shipped plain model whose size is nearest, at most a fifth away; its `source` names it. None where none
    is near.

    For runs of which only the size is known: models of one size differ in vocabulary and depth, so this is good to some 10 %. Families
    that are built unlike the rest stand for nobody but themselves.
    """
    plain = mapping("memory.yaml")["plain_families"]
    sized = (row for row in rows("models.csv") if row["parameters"] and row["model_type"] in plain)
    distance, name = min((abs(math.log(float(row["parameters"]) / parameters)), row["model"]) for row in sized)
    return _tabled(name) if distance <= math.log(1.2) else None


def _read(path: Path) -> Found | None:
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
    return Found(config)


def _cached(name: str) -> Found | None:
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


def _tabled(name: str) -> Found | None:
    """By repository or last name as written; else by the last name without words that do not change a shape."""
    key = name.strip().rstrip("/").lower()
    last = key.rpartition("/")[2]
    for exact in (key, last):
        if exact in _index():
            return _from_row(_index()[exact], exact=True)
    words = mapping("memory.yaml")["model_words"]
    for dropped in (frozenset(words["same"]), frozenset(words["same"]) | frozenset(words["seldom"])):
        short = _shortened(last, dropped)
        row = _relatives(dropped).get(short) if short else None
        if row:
            return _from_row(row, exact=False)
    return None


def _shortened(name: str, dropped: frozenset[str]) -> str:
    return "-".join(word for word in name.replace("_", "-").split("-") if word and word not in dropped)


@lru_cache(maxsize=2)
def _relatives(dropped: frozenset[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, row in _index().items():
        found.setdefault(_shortened(name.rpartition("/")[2], dropped), row)
    for name, repository in mapping("memory.yaml")["model_relatives"].items():
        found.setdefault(_shortened(name, dropped), _index()[repository.lower()])
    return found


def _from_row(row: Mapping[str, str], *, exact: bool) -> Found:
    note: tuple[str, ...] = () if exact else (f"shape taken from {row['hf_repo']}",)
    if row["verified"] == "no":
        note += (f"the shape of {row['hf_repo']} is recalled, not checked",)
    config = {"model_type": row["model_type"], **json.loads(row["config"])}
    return Found(config, note, int(row["parameters"]) if row["parameters"] else None)
