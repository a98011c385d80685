"""What `--show-settings` prints: what applies to each file, and from where."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import click

from advisor.cli.status import CLEAN
from advisor.cli.terms import Terms
from advisor.rulebook.finding import Severity


def show_settings(terms: Terms, paths: Sequence[str]) -> int:
    for path in paths or ("-",):
        settings = terms.settings(path)
        if settings is None:
            click.echo(f"{path}: no settings file")
            continue
        click.echo(f"{path}: {', '.join(settings.files)}")
        for field in dataclasses.fields(settings):
            value = getattr(settings, field.name)
            if value and field.name not in ("files", "root"):
                click.echo(f"  {field.name.replace('_', '-')} = {_text(value)}")
        ignored = settings.ignored_in(path)
        if ignored:
            click.echo(f"  ignored here: {', '.join(ignored)}")
    return CLEAN


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(inner)}" for key, inner in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(_text, value))
    return value.value if isinstance(value, Severity) else "off" if value is None else str(value)
