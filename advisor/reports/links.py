"""Where the pages of rules stand: at an address on the web where there is one, and always beside the program.

The address is the settings' `documentation`, for those who host the pages themselves, else the one in `schemas/site.json`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from advisor.resources import data
from advisor.rulebook.library import raw_rules


@cache
def published() -> str | None:
    """The address of our own pages; None while they have none."""
    address = json.loads(data("schemas", "site.json").read_bytes())["documentation"]
    return address if isinstance(address, str) else None


def page_of(rule: str, address: str | None = None) -> str | None:
    """The address of a rule's page; None for a rule of somebody's own, and while the documentation has no address."""
    address = address or published()
    return f"{address.rstrip('/')}/rules/{rule}/" if address is not None and is_shipped(rule) else None


def shipped_page(rule: str) -> Path | None:
    """The page that came with the program (Markdown); None for a rule of somebody's own."""
    path = data("docs/rules", f"{rule}.md")
    return path if is_shipped(rule) and path.is_file() else None


@cache
def is_shipped(rule: str) -> bool:
    """Whether a rule is one of ours, and not of somebody's own pack."""
    return any(raw["id"] == rule for _, raw in raw_rules())
