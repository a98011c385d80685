"""`rlhf-lint test-rules PACK`: run a pack's own examples."""

from __future__ import annotations

import click

from advisor.cli.status import CLEAN, FINDINGS
from advisor.rulebook.examples import failures
from advisor.rulebook.library import bands, references
from advisor.rulebook.pack_file import read_pack
from advisor.rulebook.rule import Rulebook


@click.command("test-rules")
@click.argument("path", metavar="PACK")
def command(path: str) -> int:
    """Check a rule pack and run the examples of its rules."""
    pack = read_pack(path)
    book = Rulebook(pack.rules, {**bands(), **pack.bands}, {**references(), **pack.references})
    wrong = [problem for rule, raw in zip(pack.rules, pack.written, strict=True) for problem in failures(rule, raw, book)]
    for problem in wrong:
        click.echo(f"{path}: {problem}")
    examples = sum(len(listed) for raw in pack.written for listed in raw["examples"].values())
    click.echo(f"{len(pack.rules)} rules, {examples} examples, {len(wrong)} wrong", err=True)
    return FINDINGS if wrong else CLEAN
