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
from advisor.suggestion import Rewritten, Suggestion, suggest
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
        made = suggested(file, given, request, alone=len(outcome.files) > 1)
        carry_out(made, given)
        shown.append(made.after if given["in_place"] else file)
        left.append(file if given["diff"] else made.after)  # --diff writes nothing, so nothing is mended
    return Outcome(tuple(shown), outcome.left_out), Outcome(tuple(left), outcome.left_out)


def suggested(file: FileOutcome, given: Mapping[str, Any], request: Request, *, alone: bool) -> Suggestion:
    """The suggestion for a file that was linted; `alone` leaves the further files, which other runs share, as they are.

    Raises UsageError for a --fix-only that names no rule.
    """
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
        alone=alone,
        heard=lambda after: measured(after, request, terms),
    )


def carry_out(made: Suggestion, given: Mapping[str, Any]) -> None:
    """Show the differences, or write the suggested texts where the call wants them."""
    for one in made.given_up:
        click.echo(f"{made.document.path}: left as it is: {one.key} {one.reason} [{one.finding.rule}]", err=True)
    for file in made.files:
        if file.changed or file.document is made.document:
            put(file, file.text if given["in_place"] else prefaced(made, file), destination(file, made, given), given)


def put(file: Rewritten, text: str, target: str, given: Mapping[str, Any]) -> None:
    document = file.document
    if given["diff"]:
        difference = unified_diff(document, text, target)
        click.echo(painted(difference) if coloured() else difference, nl=False)
    elif target == "-":
        click.echo(text, nl=False)
    elif file.changed:
        original = Path(document.path) if document.path != "-" else None
        write(Path(target), text, bom=document.bom, like=original, expected=document.text if given["in_place"] else None)
        click.echo(f"{document.path}: {file.changes} change{'s' if file.changes != 1 else ''} written to {target}", err=True)
    else:
        click.echo(f"{document.path}: nothing to write", err=True)


def destination(file: Rewritten, made: Suggestion, given: Mapping[str, Any]) -> str:
    """Where a suggested text goes; `--suggested` speaks of the linted file. Raises UsageError where standard input has no such place."""
    path = file.document.path
    if given["in_place"]:
        if path == "-":
            raise click.UsageError("--in-place cannot rewrite standard input; use --suggested")
        return path
    if given["suggested"] is not None and file.document is made.document:
        return str(given["suggested"])
    return "-" if path == "-" else str(suggested_path(Path(path)))
