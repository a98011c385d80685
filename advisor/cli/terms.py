"""On what terms a file is judged: the command line's words before those of the settings file that speaks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from advisor.cli.options import options_from
from advisor.dialects.options import Options, fact_from_text
from advisor.outcome import FileOutcome
from advisor.rulebook.finding import Severity
from advisor.rulebook.selection import Selection

if TYPE_CHECKING:
    from advisor.baseline import Baseline
    from advisor.settings.settings import Settings

FAIL_ON = "high"
"""The severity from which the exit status is 1, where nobody says otherwise."""


class FileTerms(NamedTuple):
    options: Options
    selection: Selection
    fail_on: str
    documentation: str | None = None
    """The address of the rules' pages that the settings name."""

    def fails(self, outcome: FileOutcome) -> bool:
        worst = outcome.worst()
        return self.fail_on != "never" and worst is not None and worst >= Severity(self.fail_on)


@dataclass(frozen=True)
class Terms:
    """What a call says, and where settings are to be looked for; it travels to worker processes."""

    options: Options
    selection: Selection
    fail_on: str | None = None
    config: str | None = None
    isolated: bool = False
    baseline: Baseline | None = None

    def of(self, path: str | None) -> FileTerms:
        """The terms of one file. Raises InputError for a settings file or a pack that cannot be used."""
        settings = self.settings(path or "-")
        if settings is None:
            return FileTerms(self.options, self.selection, self.fail_on or FAIL_ON)
        mine = self.selection
        selection = mine._replace(
            select=mine.select or settings.select,
            ignore=(*(mine.ignore or settings.ignore), *settings.ignored_in(path or "-")),
            grades=tuple(settings.severity.items()),
            min_severity=mine.min_severity or settings.min_severity,
            min_confidence=mine.min_confidence or settings.min_confidence,
            packs=settings.packs,
        )
        facts = {fact.name: fact for fact in (fact_from_text(option, text) for option, text in settings.parameters.items())}
        options = Options(self.options.dialect, {**settings.versions, **self.options.versions}, {**facts, **self.options.facts})
        return FileTerms(options, selection, self.fail_on or settings.fail_on or FAIL_ON, settings.documentation)

    def settings(self, path: str) -> Settings | None:
        """The settings that speak for a path: those of --config, else the nearest up the tree. None with --isolated."""
        if self.isolated:
            return None
        from advisor.settings.discovery import settings_file

        file = self.config or settings_file(path)
        if file is None:
            return None
        return checked_settings(file)


def file_terms(given: Mapping[str, Any], path: str | None) -> FileTerms:
    """The terms of a file for commands without words of their own on rules. Raises InputError as `Terms.of` does."""
    return Terms(options_from(given), Selection(), isolated=given["isolated"]).of(path)


def checked_settings(file: str) -> Settings:
    """Settings whose packs can be read and whose rules exist. Raises InputError."""
    from advisor.errors import InputError
    from advisor.settings.reading import read_settings

    settings = read_settings(file)
    words = (*settings.select, *settings.ignore, *(rule for rules in settings.per_file_ignores.values() for rule in rules))
    unmatched = unknown_rules(Selection(words, grades=tuple(settings.severity.items()), packs=settings.packs))
    if unmatched:
        raise InputError("usage", f"no rule answers to {', '.join(unmatched)}; `rlhf-lint rules` lists them", path=file)
    return settings


def unknown_rules(selection: Selection) -> list[str]:
    """Words that name no rule, shipped or of the selection's own packs; somebody's typing errors."""
    from advisor.rulebook.library import raw_rules

    if not (selection.select or selection.ignore or selection.grades or selection.packs):
        return []
    known = [(raw["id"], raw["name"]) for _, raw in raw_rules()]
    if selection.packs:
        from advisor.rulebook.own_packs import own_pack

        known += [(rule.id, rule.name) for pack in selection.packs for rule in own_pack(pack).rules]
    return selection.unmatched(known)


def terms_of(given: Mapping[str, Any], paths: Sequence[str]) -> Terms:
    """The terms of a call of `check`. Raises UsageError and InputError for what cannot be used."""
    select, ignore = (tuple(word for text in given[name] for word in text.split(",") if word) for name in ("select", "ignore"))
    least = Severity(given["min_severity"]) if given["min_severity"] else None
    selection = Selection(select, ignore, not given["no_ignores"], (), least, given["min_confidence"])
    terms = Terms(options_from(given), selection, given["fail_on"], given["config"], given["isolated"])
    where = terms.settings(paths[0] if paths else "-")
    unmatched = unknown_rules(selection._replace(packs=where.packs if where is not None else ()))
    if unmatched:
        raise click.UsageError(f"no rule answers to {', '.join(unmatched)}; `rlhf-lint rules` lists them")
    file = given["baseline"] or (where.baseline if where is not None and not given["write_baseline"] else None)
    if file is None:
        return terms
    from advisor.baseline import read_baseline

    return Terms(terms.options, selection, terms.fail_on, terms.config, terms.isolated, read_baseline(file))
