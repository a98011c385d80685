"""`rlhf-lint rules`: every rule in one line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from advisor.cli.written import pack_options, written
from advisor.rulebook.library import raw_rules


@click.command("rules")
@click.option("--method", metavar="NAME", help="only rules that speak of a method")
@click.option("--select", metavar="PREFIX", help="only ids with this prefix")
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="how rules are printed")
@pack_options
def command(method: str | None, select: str | None, output_format: str, packs: Sequence[str], isolated: bool) -> None:
    """List the rules: id, severity, methods, what they check."""
    known = (*raw_rules(), *written(packs, isolated).own)
    rows = sorted((raw for _, raw in known if _wanted(raw, method, select)), key=lambda raw: str(raw["id"]))
    if output_format == "json":
        fields = ("id", "name", "title", "form", "severity", "confidence", "methods")
        click.echo(json.dumps([{field: raw.get(field) for field in fields} for raw in rows], indent=2))
        return
    wide = max((len(raw["name"]) for raw in rows), default=0)
    for raw in rows:
        click.echo(f"{raw['id']:8} {raw['name']:{wide}}  {raw['title']}")
    click.echo(f"{len(rows)} rules", err=True)


def _wanted(raw: Any, method: str | None, select: str | None) -> bool:
    fits = method is None or not raw.get("methods") or method in raw["methods"]
    return fits and (select is None or raw["id"].startswith(select.upper()))
