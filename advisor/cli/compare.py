"""`rlhf-lint compare`: what differs between two configurations, across dialects."""

from __future__ import annotations

from typing import Any

import click

from advisor.cli.options import further_documents, run_options
from advisor.cli.status import CLEAN
from advisor.cli.terms import file_terms
from advisor.comparison import compare
from advisor.dialects.resolution import resolve
from advisor.reports.comparison_report import render_json, render_text
from advisor.source.reading import read


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@run_options
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="how differences are printed")
def command(**given: Any) -> int:
    """Say what differs between two configurations, in canonical terms. Options and further files count for both."""
    if given["dialect"]:
        raise click.UsageError("--dialect would count for both files; leave it out, dialects may differ")
    further = further_documents(given)
    first, second = (resolve([read(given[name]), *further], file_terms(given, given[name]).options) for name in ("first", "second"))
    render = render_json if given["output_format"] == "json" else render_text
    click.echo(render((given["first"], first), (given["second"], second), compare(first.facts, second.facts)), nl=False)
    return CLEAN
