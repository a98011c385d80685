"""The configuration of a run directory: the file in it that a dialect recognises."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from advisor.dialects.options import Options
from advisor.dialects.resolution import resolve
from advisor.errors import InputError
from advisor.source.reading import read

SUFFIXES = frozenset({".yaml", ".yml", ".json", ".toml", ".py", ".sh"})
FOLDERS = ("", "config", "configs", ".hydra")
LARGEST = 1 << 20
MOST_FILES = 60
ARTIFACTS = frozenset(
    {
        "trainer_state.json",
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "adapter_config.json",
        "postmortem.json",
        "added_tokens.json",
        "vocab.json",
    }
)
"""What training writes beside its configuration and is none."""


class Found(NamedTuple):
    path: str
    others: tuple[str, ...]
    """Further files in it that are configurations too."""


def configuration_in(directory: Path, options: Options) -> Found | None:
    """The file of which most keys are understood; None where no dialect recognises any."""
    understood = []
    files = [path for folder in FOLDERS for path in _files(directory / folder)]
    for path in files[:MOST_FILES]:
        try:
            resolved = resolve([read(str(path))], options)
        except InputError:
            continue
        if resolved.keys_read:
            understood.append((len(resolved.keys_read), str(path)))
    understood.sort(key=lambda one: (-one[0], one[1]))
    return Found(understood[0][1], tuple(path for _, path in understood[1:])) if understood else None


def _files(folder: Path) -> list[Path]:
    try:
        return [
            path
            for path in sorted(folder.iterdir())
            if path.suffix.lower() in SUFFIXES and path.name not in ARTIFACTS and path.is_file() and path.stat().st_size <= LARGEST
        ]
    except OSError:
        return []
