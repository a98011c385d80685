"""The rules that a call can name beside the shipped ones: those of the packs that its settings or `--pack` name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import click

from advisor.cli.terms import Terms
from advisor.dialects.options import Options
from advisor.rulebook.library import rulebook
from advisor.rulebook.own_packs import joined, own_pack
from advisor.rulebook.rule import Rulebook
from advisor.rulebook.selection import Selection

Command = TypeVar("Command", bound=Callable[..., Any])


class Written(NamedTuple):
    own: Sequence[tuple[str, Mapping[str, Any]]]
    """Each rule of these packs as its author wrote it, with the name of its pack."""
    book: Rulebook
    """The bands and references that rules name, shipped ones too."""
    documentation: str | None


def pack_options(command: Command) -> Command:
    """The options that say which packs count beside the shipped ones."""
    for option in (
        click.option("--isolated", is_flag=True, help="use no settings file"),
        click.option("--pack", "packs", multiple=True, metavar="FILE", help="a pack of your own, beside those of the settings file here"),
    ):
        command = option(command)
    return command


def written(packs: Sequence[str], isolated: bool) -> Written:
    """Raises InputError for a settings file or a pack that cannot be used."""
    settings = Terms(Options(), Selection(), isolated=isolated).settings("-")
    paths = tuple(dict.fromkeys((*(settings.packs if settings is not None else ()), *packs)))
    own = [(pack.name, raw) for pack in map(own_pack, paths) for raw in pack.written]
    return Written(own, joined((), paths) if paths else rulebook(()), settings.documentation if settings else None)
