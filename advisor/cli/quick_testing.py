"""What `report` does with `--quick-test FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.dialects.options import Options
from advisor.fixes.writing import write
from advisor.outcome import FileOutcome
from advisor.quick_test import quick_test
from advisor.reports.numbers import duration

OVERRIDES = frozenset({"flat-python"})
"""Dialects whose programs take any key of the file as `--key=value`."""


def write_quick_test(outcome: FileOutcome, target: str, options: Options) -> None:
    """Write the small configuration and say what was left out of it; `-` is standard output."""
    made = quick_test(outcome, options)
    document = outcome.documents[0]
    for words in made.left:
        click.echo(f"quick test: {words}", err=True)
    if target == "-":
        click.echo(made.text, nl=False)
        return
    write(Path(target), made.text, bom=document.bom, like=Path(document.path))
    changes = sum(applied.changed for applied in made.applied)
    click.echo(f"quick test: {changes} changes written to {target}; it shows whether the loop works, and trains nothing", err=True)
    if outcome.dialect in OVERRIDES and made.changes:
        click.echo(f"quick test: the same as overrides: {' '.join(f'--{key}={new}' for key, new in made.changes)}", err=True)
    if made.seconds is not None:
        click.echo(f"quick test: about {duration(made.seconds)} at the pace of the log's fastest step, and the time to load", err=True)
