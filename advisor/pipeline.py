"""The whole of linting on one screen: read, resolve, judge, unite.

    file --source--> Document --dialects--> Facts --rulebook--> Findings

`advisor.lint` is the public way in.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.configuration.fact import Fact, Facts
from advisor.dialects.options import Options
from advisor.dialects.resolution import Resolved, resolve
from advisor.errors import InputError
from advisor.outcome import FileOutcome
from advisor.rulebook.cause import united
from advisor.rulebook.judgement import Run, Verdict, judge
from advisor.rulebook.library import rulebook, rules_for
from advisor.rulebook.rule import Rule, Rulebook
from advisor.rulebook.selection import Selection
from advisor.source.document import Document
from advisor.source.reading import read

if TYPE_CHECKING:
    from advisor.history.history import History

INLINE = "rlhf-lint: ignore"
"""What a comment holds that ignores findings; files without it are not searched."""


def lint(
    target: str | Path | Mapping[str, Any] | object, *, options: Options | None = None, selection: Selection | None = None
) -> FileOutcome:
    """Lint a path, a mapping of native keys, or a dataclass such as a live `DPOConfig`. Bad input is the outcome's `error`."""
    if isinstance(target, (str, Path)):
        return lint_file(str(target), options=options, selection=selection)
    if isinstance(target, Mapping):
        document = from_mapping(target)
    elif dataclasses.is_dataclass(target):
        values = {field.name: getattr(target, field.name, None) for field in dataclasses.fields(target)}
        document = from_mapping({type(target).__name__: values}, calls=(type(target).__name__,))
    else:
        raise TypeError(f"advisor.lint takes a path, a mapping or a dataclass, not {type(target).__name__}")
    return lint_documents([document], options or Options(), selection or Selection())


def lint_file(
    path: str,
    *,
    content: bytes | None = None,
    further: Sequence[Document] = (),
    options: Options | None = None,
    selection: Selection | None = None,
    history: History | None = None,
) -> FileOutcome:
    """Lint one file, with further files and overrides of the same run merged over it, and with the run's own history."""
    try:
        return lint_documents([read(path, content), *further], options or Options(), selection or Selection(), history)
    except InputError as error:
        return FileOutcome(path, error=error)


def lint_documents(documents: Sequence[Document], options: Options, selection: Selection, history: History | None = None) -> FileOutcome:
    """Lint a run's documents. Raises InputError where no dialect recognises them."""
    resolved = resolve(documents, options)
    verdict = verdict_of(resolved, selection, history)
    findings, ignored = verdict.findings, 0
    if selection.heeds_comments and any(INLINE in document.text for document in resolved.documents):
        from advisor.ignores import heeded

        findings, ignored = heeded(resolved, verdict, selection)
    return FileOutcome(
        path=resolved.document.path,
        dialect=resolved.dialect,
        title=resolved.title,
        method=resolved.method,
        framework=resolved.framework,
        version=resolved.versions.get(resolved.framework or ""),
        facts=resolved.facts,
        documents=resolved.documents,
        keys_read=resolved.keys_read,
        keys_unknown=resolved.keys_unknown,
        rules_applied=verdict.applied,
        assumptions=(*resolved.assumptions(), *verdict.assumptions),
        findings=selection.heard(united(selection.regraded(findings))),
        ignored=ignored,
        skipped=verdict.skipped,
        history=history,
    )


def lint_history(history: History, options: Options, selection: Selection) -> FileOutcome:
    """Judge a history alone: only what the metrics themselves show, and advice in relative terms."""
    from advisor.history.method import method_of

    method = options.method or method_of(history)
    book = _rulebook(method, None, selection, with_history=True, about_history=True)
    facts = dict(options.facts)
    if method is not None:
        facts.setdefault("method", Fact("method", method, "derived", note="read from the metrics"))
    verdict = judge(Run(Facts(facts), method, history=history), book)
    return FileOutcome(
        path=None,
        title="a history alone",
        method=method,
        facts=Facts(facts),
        rules_applied=verdict.applied,
        assumptions=verdict.assumptions,
        findings=selection.heard(united(selection.regraded(verdict.findings))),
        skipped=verdict.skipped,
        history=history,
    )


def verdict_of(resolved: Resolved, selection: Selection, history: History | None = None) -> Verdict:
    """Hold resolved facts against the rules of their method."""
    book = partial(_rulebook, resolved.method, resolved.dialect, selection, with_history=history is not None)
    facts = resolved.facts
    if "hardware.gpu" in facts:
        from advisor.dry_run import with_estimate

        facts = with_estimate(facts, resolved.document)
    source = {
        "source.dialect": resolved.dialect,
        "source.format": resolved.document.format,
        "source.loader": resolved.loader,
        "source.framework": resolved.framework or "",
    }
    run = Run(facts, resolved.method, resolved.observations, source, history, resolved.key_for, resolved.native, resolved.versions)
    if history is not None:
        from advisor.logged_values import addressed, logged_facts, remarks

        logged = logged_facts(facts, history)
        if logged:
            there = replace(run, facts=facts.with_values(logged))
            made, now = judge(there, book(about_history=True)), judge(run, book(about_history=False))
            findings = (*now.findings, *addressed(made.findings, facts, logged))
            said = (*now.assumptions, *made.assumptions, *remarks(facts, logged))
            return Verdict(findings, now.skipped + made.skipped, now.applied + made.applied, said)
    return judge(run, book())


@cache
def _rulebook(
    method: str | None, dialect: str | None, selection: Selection, with_history: bool, about_history: bool | None = None
) -> Rulebook:
    """The selected rules that speak of a method and a dialect; `about_history` keeps those about the history alone, or the others."""
    rules: Sequence[Rule] = rules_for(method, dialect, with_history)
    if selection.packs:
        from advisor.rulebook.own_packs import joined, own_rules

        rules = (*rules, *own_rules(selection.packs, method, dialect, with_history))
    taken = [rule for rule in rules if selection.takes(rule.id, rule.name) and about_history in (None, rule.history)]
    return joined(taken, selection.packs) if selection.packs else rulebook(taken)


def from_mapping(values: Mapping[str, Any], calls: tuple[str, ...] = ()) -> Document:
    """A document of values that stand in no file: they have no place, and nothing can be edited there."""
    from advisor.source.mapping_source import document_from

    return document_from(values, calls)
