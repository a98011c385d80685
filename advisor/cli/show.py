"""`rlhf-lint show`: the resolved configuration, every canonical value with its origin."""

from __future__ import annotations

import sys
from typing import Any

import click

from advisor.cli.options import further_documents, run_options
from advisor.cli.status import CLEAN, ERROR
from advisor.cli.targets import targets
from advisor.cli.terms import file_terms
from advisor.dialects.resolution import Resolved, resolve
from advisor.errors import InputError
from advisor.reports.configuration_report import render_json, render_text
from advisor.source.reading import read


@click.command("show")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@run_options
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="how values are printed")
def command(**given: Any) -> int:
    """Print the configuration as it was understood: canonical name, value, origin, native key."""
    further = further_documents(given)
    runs: list[tuple[str, Resolved | InputError]] = []
    for target in targets(given["paths"]):
        content = sys.stdin.buffer.read() if target.path == "-" else None
        try:
            runs.append((target.path, resolve([read(target.path, content), *further], file_terms(given, target.path).options)))
        except InputError as error:
            if target.named:
                click.echo(f"rlhf-lint: {error}", err=True)
                runs.append((target.path, error))
    click.echo((render_json if given["output_format"] == "json" else render_text)(runs), nl=False)
    return ERROR if any(isinstance(run, InputError) for _, run in runs) else CLEAN
