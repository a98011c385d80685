"""`rlhf-lint recipes`: the published recipes nearest to a configuration, and where its values fall among them."""

from __future__ import annotations

import sys
from typing import Any

import click

from advisor.cli.options import further_documents, run_options
from advisor.cli.status import CLEAN
from advisor.cli.terms import file_terms
from advisor.dialects.resolution import resolve
from advisor.evidence.neighbours import neighbours
from advisor.reports.recipes_report import render_json, render_text
from advisor.source.reading import read


@click.command("recipes")
@click.argument("path", metavar="FILE")
@run_options
@click.option("--count", type=click.IntRange(1, 50), default=6, show_default=True, help="recipes to list")
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="how they are printed")
def command(**given: Any) -> int:
    """List the published recipes nearest to a configuration: same method, kind of adapter, size."""
    path = given["path"]
    content = sys.stdin.buffer.read() if path == "-" else None
    found = resolve([read(path, content), *further_documents(given)], file_terms(given, path).options)
    near = neighbours(found.facts, given["count"])
    click.echo((render_json if given["output_format"] == "json" else render_text)(path, near, found.facts), nl=False)
    return CLEAN
