"""`rlhf-lint explain RULE`: what a rule checks, why, on whose evidence, with examples."""

from __future__ import annotations

import difflib
from typing import Any

import click

from advisor.reports.rule_page import page
from advisor.rulebook.library import written_rules


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Explain a rule, by its id or its name."""
    known: dict[str, tuple[str, Any]] = {}
    for pack, raw in written_rules():
        known[raw["id"].lower()] = known[raw["name"]] = (pack, raw)
    found = known.get(rule.lower())
    if found is None:
        close = difflib.get_close_matches(rule.lower(), known, 1)
        hint = f", did you mean {known[close[0]][1]['id']}?" if close else "; `rlhf-lint rules` lists them"
        raise click.UsageError(f"no rule {rule!r}{hint}")
    click.echo(page(*found), nl=False)
