"""`rlhf-lint explain RULE`: what a rule checks, why, on whose evidence, with examples."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import click

from advisor.cli.written import pack_options, written
from advisor.reports.links import page_of
from advisor.reports.rule_page import page
from advisor.rulebook.library import written_rules


@click.command("explain")
@click.argument("rule")
@pack_options
def command(rule: str, packs: Sequence[str], isolated: bool) -> None:
    """Explain a rule, by its id or its name."""
    own, book, documentation = written(packs, isolated)
    known: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for pack, raw in (*written_rules(), *own):
        known[raw["id"].lower()] = known[raw["name"]] = (pack, raw)
    found = known.get(rule.lower())
    if found is None:
        close = difflib.get_close_matches(rule.lower(), known, 1)
        hint = f", did you mean {known[close[0]][1]['id']}?" if close else "; `rlhf-lint rules` lists them"
        raise click.UsageError(f"no rule {rule!r}{hint}")
    click.echo(page(*found, book, page_of(found[1]["id"], documentation)), nl=False)
