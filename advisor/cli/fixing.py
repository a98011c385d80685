"""What `check` does with `--fix` and `--diff`: write or show the suggested configuration of every linted file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from advisor.cli.sweeping import Request, measured
from advisor.cli.terminal import coloured, painted
from advisor.cli.terms import unknown_rules
from advisor.fixes.difference import unified_diff
from advisor.fixes.writing import suggested_path, write
from advisor.outcome import FileOutcome, Outcome
from advisor.preface import prefaced
from advisor.rulebook.selection import Selection
from advisor.source.document import Document
from advisor.suggestion import Suggestion, suggest
from advisor.wishes import Choice


def fix(outcome: Outcome, given: Mapping[str, Any], request: Request) -> tuple[Outcome, Outcome]:
    """Write or show the suggestions. Gives what there is to report, and what is left after the changes."""
    shown: list[FileOutcome] = []
    left: list[FileOutcome] = []
    for file in outcome.files:
        if file.error is not None:
            shown.append(file)
            left.append(file)
            continue
        made = suggested(file, given, request)
        carry_out(made, given)
        shown.append(made.after if given["in_place"] else file)
        left.append(file if given["diff"] else made.after)  # --diff writes nothing, so nothing is mended
    return Outcome(tuple(shown), outcome.left_out), Outcome(tuple(left), outcome.left_out)


def suggested(file: FileOutcome, given: Mapping[str, Any], request: Request) -> Suggestion:
    """The suggestion for a file that was linted. Raises UsageError for a --fix-only that names no rule."""
    terms = request.terms.of(file.path)
    choice = Choice(given["safe_only"], given["stage"], tuple(given["fix_only"]))
    unmatched = unknown_rules(Selection(choice.rules, packs=terms.selection.packs))
    if unmatched:
        raise click.UsageError(f"--fix-only: no rule answers to {', '.join(unmatched)}; `rlhf-lint rules` lists them")
    return suggest(
        file,
        options=terms.options,
        selection=terms.selection,
        further=request.further,
        choice=choice,
        heard=lambda after: measured(after, request, terms),
    )


def carry_out(made: Suggestion, given: Mapping[str, Any]) -> None:
    """Show the difference, or write the suggested text where the call wants it."""
    document = made.document
    target = destination(document, given)
    for one in made.given_up:
        click.echo(f"{document.path}: left as it is: {one.key} {one.reason} [{one.finding.rule}]", err=True)
    text = made.text if given["in_place"] else prefaced(made)
    if given["diff"]:
        difference = unified_diff(document, text, document.path if given["in_place"] else target)
        click.echo(painted(difference) if coloured() else difference, nl=False)
    elif target == "-":
        click.echo(text, nl=False)
    elif made.changed:
        original = Path(document.path) if document.path != "-" else None
        write(Path(target), text, bom=document.bom, like=original, expected=document.text if given["in_place"] else None)
        changes = sum(applied.changed for applied in made.applied)
        click.echo(f"{document.path}: {changes} change{'s' if changes != 1 else ''} written to {target}", err=True)
    else:
        click.echo(f"{document.path}: nothing to write", err=True)


def destination(document: Document, given: Mapping[str, Any]) -> str:
    """Where the suggested text goes. Raises UsageError for standard input without a place to write to."""
    if given["in_place"]:
        if document.path == "-":
            raise click.UsageError("--in-place cannot rewrite standard input; use --suggested")
        return document.path
    if given["suggested"] is not None:
        return str(given["suggested"])
    return "-" if document.path == "-" else str(suggested_path(Path(document.path)))
