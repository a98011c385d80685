"""`rlhf-lint schema`: a JSON Schema for editors."""

from __future__ import annotations

import json

import click

from advisor.cli.status import CLEAN
from advisor.dialects.editor_schema import names, schema


@click.command("schema")
@click.argument("name", required=False, metavar="NAME")
def command(name: str | None) -> int:
    """Print a JSON Schema of a framework's configuration, for YAML language servers; without NAME, list what there is."""
    click.echo("\n".join(names()) if name is None else json.dumps(schema(name), indent=2, ensure_ascii=False))
    return CLEAN
