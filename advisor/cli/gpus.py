"""`rlhf-lint gpus`: the devices that --gpu knows."""

from __future__ import annotations

import json

import click

from advisor.memory.device import devices


@click.command("gpus")
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="how devices are printed")
def command(output_format: str) -> None:
    """List the GPUs that --gpu knows, with the memory that a process can use."""
    if output_format == "json":
        entries = [{"name": one.name, "title": one.title, "usable_gib": one.usable, "verified": one.verified} for one in devices()]
        click.echo(json.dumps(entries, indent=2))
        return
    for one in devices():
        click.echo(f"{one.name:20} {one.usable:7.2f} GiB usable{'' if one.verified else ', not measured'}   {one.title}")
