"""A page for every dialect, from its table: how files are recognised, which keys are read as what, which defaults count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

TABLES = Path(__file__).resolve().parent.parent / "schemas" / "dialects"


def dialect_pages() -> Iterator[tuple[str, str]]:
    """File name and text of every page, the index first. Tables that are only included have none."""
    tables = [raw for path in sorted(TABLES.glob("*.yaml")) if "recognise" in (raw := yaml.safe_load(path.read_bytes()))]
    rows = [f"| [{raw['title']}]({raw['dialect']}.md) | `{raw['dialect']}` | {raw['looks_for']} |" for raw in tables]
    yield "index.md", "\n".join(["# Dialects", "", "| | name | recognised by |", "|---|---|---|", *rows]) + "\n"
    for raw in tables:
        yield f"{raw['dialect']}.md", "\n".join(_page(raw)) + "\n"


def _page(raw: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"# {raw['title']}", "", f"Name: `{raw['dialect']}`. Recognised by {raw['looks_for']}.")
    if raw.get("include"):
        yield from ("", f"Builds on the tables {', '.join(f'`{name}`' for name in raw['include'])}.")
    keys = raw.get("keys") or {}
    if keys:
        yield from ("", "## Keys", "", "| key | read as |", "|---|---|")
        yield from (f"| `{key}` | {_meanings(meaning)} |" for key, meaning in keys.items())
    if raw.get("aliases"):
        yield from ("", "## Words", "", "Keys of hand-made files are read by their last words.", "", "| read as | words |", "|---|---|")
        yield from (f"| `{name}` | {', '.join(f'`{_alias(entry)}`' for entry in entries)} |" for name, entries in raw["aliases"].items())
    if raw.get("defaults"):
        yield from ("", "## Defaults", "", "| value | where | |", "|---|---|---|")
        for entry in raw["defaults"]:
            where = f"`{_flat(entry['when'])}`" if entry.get("when") else "always"
            for name, value in entry["values"].items():
                yield f"| `{name}: {_shown(value)}` | {where} | {entry.get('note', '')} |"


def _meanings(meaning: Any) -> str:
    return "; ".join(dict.fromkeys(_meaning(one) for one in (meaning if isinstance(meaning, list) else [meaning])))


def _meaning(meaning: Any) -> str:
    if isinstance(meaning, str):
        return f"`{meaning}`"
    if meaning.get("dead"):
        return f"nothing: {meaning['dead']}"
    return f"`{meaning['name']}`" + (f" where `{_flat(meaning['when'])}`" if meaning.get("when") else "")


def _alias(entry: Any) -> str:
    return _flat(entry if isinstance(entry, str) else entry["alias"])


def _flat(text: Any) -> str:
    """An expression on one line of a table; a bar would end its cell."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _shown(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
