"""Where a rule's page stands on the web: `schemas/site.json` holds the one address."""

from __future__ import annotations

import json
from functools import cache

from advisor.resources import data


@cache
def documentation() -> str | None:
    address = json.loads(data("schemas", "site.json").read_bytes())["documentation"]
    return address.rstrip("/") if isinstance(address, str) else None


def page_of(rule: str) -> str | None:
    """The page of a shipped rule; None while the documentation has no address. Rules of somebody's own have none either."""
    return f"{documentation()}/rules/{rule}/" if documentation() is not None else None
