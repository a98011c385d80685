"""`rlhf-lint memory`: the dry-run CUDA memory estimate, without a GPU, weights or network."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from advisor.cli.options import further_documents, run_options
from advisor.cli.status import CLEAN, ERROR
from advisor.cli.targets import targets
from advisor.cli.terms import file_terms
from advisor.dialects.resolution import resolve
from advisor.dry_run import device_of, predict, traced
from advisor.errors import InputError
from advisor.memory.device import devices
from advisor.reports.memory_report import Prediction, render_json, render_text
from advisor.source.reading import read

SOLVABLE = ("batch.per_device", "lengths.total", "lengths.completion", "rollout.group_size")


@click.command("memory")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@run_options
@click.option("--solve", type=click.Choice(SOLVABLE), help="find the largest value of this name that fits")
@click.option("--exact", is_flag=True, help="also trace the step with the real modules, without weights (needs the extra [exact])")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), default=120.0, show_default=True, metavar="SECONDS", help="of --exact"
)
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="how the estimate is printed")
def command(**given: Any) -> int:
    """Predict the peak CUDA memory per GPU, say whether it fits, and what would make it fit.

    --gpu all compares the cards that --gpu knows.
    """
    every = given["gpu"] == "all"
    further = further_documents(given)
    if given["exact"]:
        from advisor.exact.process import required

        required()
    predictions = []
    for target in targets(given["paths"]):
        content = sys.stdin.buffer.read() if target.path == "-" else None
        try:
            options = file_terms({**given, "gpu": None if every else given["gpu"]}, target.path).options
            resolved = resolve([read(target.path, content), *further], options.without("hardware.gpu") if every else options)
            found = predict(resolved.facts, resolved.document)
            others = tuple(predict(resolved.facts, resolved.document, device=device, levers=False) for device in devices()) if every else ()
            solved = _solved(resolved.facts, resolved.document, given) if given["solve"] else None
            exact = traced(resolved.facts, resolved.document, found, limit=given["time_limit"]) if given["exact"] else None
            predictions.append(Prediction(target.path, found, None, others, solved, exact))
        except InputError as error:
            if target.named:
                click.echo(f"rlhf-lint: {error}", err=True)
                predictions.append(Prediction(target.path, None, error))
    click.echo((render_json if given["output_format"] == "json" else render_text)(predictions), nl=False)
    return ERROR if any(one.error is not None for one in predictions) else CLEAN


def _solved(facts: Any, document: Any, given: Mapping[str, Any]) -> tuple[str, int | None]:
    from advisor.dry_run import solved

    if device_of(facts) is None:
        raise click.UsageError("--solve needs a card to fit: name one with --gpu")
    return given["solve"], solved(facts, document, given["solve"])
