"""Where the packs, bands and tables lie: inside the wheel as `advisor/_data`, beside the package in a checkout.

Tables are written in YAML for people. Reading YAML costs twenty times what reading JSON costs, so a build may put a compiled
form beside them (`_compiled/<name>.json`, see `hatch_build.py`); it is used only while it was made from exactly the bytes of its source.
"""

from __future__ import annotations

import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

MARKER = "rlhf-lint-data"
"""A file in each data folder, so that an unrelated `rules/` beside a vendored package is never taken for ours."""


@cache
def folder(name: str) -> Path:
    """The folder `rules` or `schemas`. Raises FileNotFoundError where the installation is incomplete."""
    package = Path(__file__).resolve().parent
    for candidate in (package / "_data" / name, package.parent / name):
        if (candidate / MARKER).is_file():
            return candidate
    raise FileNotFoundError(f"the data folder {name!r} of rlhf-lint is missing: reinstall the package")


def data(name: str, *parts: str) -> Path:
    """The path of a data file, e.g. `data("schemas", "gpus.csv")`."""
    return folder(name).joinpath(*parts)


def stamp(content: bytes) -> str:
    """Tells two versions of a file apart. A checksum, since importing hashlib costs more than all our tables."""
    return f"{zlib.crc32(content):08x}-{len(content)}"


def compiled_path(source: Path) -> Path:
    return source.parent / "_compiled" / f"{source.stem}.json"


def load_yaml(source: Path) -> Any:
    """A YAML table of ours, from its compiled form where that is fresh."""
    content = source.read_bytes()
    try:
        stored = json.loads(compiled_path(source).read_bytes())
        if stored["source"] == stamp(content):
            return stored["data"]
    except (OSError, ValueError, KeyError):
        pass
    return parse_yaml(content)


def parse_yaml(content: bytes) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(content, Loader=loader)
