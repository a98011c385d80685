"""The whole of linting on one screen: read, resolve, judge, unite.

    file --source--> Document --dialects--> Facts --rulebook--> Findings

`advisor.lint` is the public way in.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from advisor.configuration.fact import Fact, Facts
from advisor.dialects.options import Options
from advisor.dialects.resolution import Resolved, resolve
from advisor.errors import InputError
from advisor.history.history import History
from advisor.history.method import method_of
from advisor.outcome import FileOutcome
from advisor.rulebook.cause import united
from advisor.rulebook.finding import Finding
from advisor.rulebook.judgement import Run, Verdict, judge
from advisor.rulebook.library import raw_rules, rulebook, rules_for
from advisor.rulebook.rule import Rule
from advisor.rulebook.selection import Selection
from advisor.source.document import Document
from advisor.source.reading import read

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
    findings, ignored = _not_ignored(resolved, verdict, selection) if selection.heeds_comments else (verdict.findings, 0)
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
        findings=united(findings),
        ignored=ignored,
        skipped=verdict.skipped,
        history=history,
    )


def _not_ignored(resolved: Resolved, verdict: Verdict, selection: Selection) -> tuple[tuple[Finding, ...], int]:
    """The findings that no comment ignores with those about comments that ignore nothing, and how many were ignored."""
    if not any(INLINE in document.text for document in resolved.documents):
        return verdict.findings, 0
    from advisor.ignores import UNUSED, ignores_in, unused_observation, without_ignored

    kept, unused = without_ignored(verdict.findings, [ignore for document in resolved.documents for ignore in ignores_in(document)])
    ignored = len(verdict.findings) - len(kept)
    if not unused or selection != Selection():
        return kept, ignored
    # Only of what was judged can it be said that there was nothing to ignore.
    judged = {(raw["id"], raw["name"]) for _, raw in raw_rules() if raw["id"] in verdict.applied}
    known = {(raw["id"], raw["name"]) for _, raw in raw_rules()}
    seen = []
    for ignore in unused:
        meant = Selection(ignore=ignore.rules)
        if not meant.unmatched(judged) or meant.unmatched(known):
            seen.append(unused_observation(ignore))
    rules = [rule for rule in rules_for(resolved.method, resolved.dialect, False) if rule.observes == UNUSED]
    about_comments = judge(Run(resolved.facts, resolved.method, seen), rulebook(rules), rules).findings
    return kept + about_comments, ignored


def lint_history(history: History, options: Options, selection: Selection) -> FileOutcome:
    """Judge a history alone: only what the metrics themselves show, and advice in relative terms."""
    method = options.method or method_of(history)
    rules = [rule for rule in _selected(method, None, selection, True) if rule.history]
    facts = dict(options.facts)
    if method is not None:
        facts.setdefault("method", Fact("method", method, "derived", note="read from the metrics"))
    verdict = judge(Run(Facts(facts), method, history=history), rulebook(rules), rules)
    return FileOutcome(
        path=None,
        title="a history alone",
        method=method,
        facts=Facts(facts),
        rules_applied=verdict.applied,
        assumptions=verdict.assumptions,
        findings=united(verdict.findings),
        skipped=verdict.skipped,
        history=history,
    )


def verdict_of(resolved: Resolved, selection: Selection, history: History | None = None) -> Verdict:
    """Hold resolved facts against the rules of their method."""
    rules = _selected(resolved.method, resolved.dialect, selection, history is not None)
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
    return judge(run, rulebook(rules), rules)


@cache
def _selected(method: str | None, dialect: str | None, selection: Selection, with_history: bool) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules_for(method, dialect, with_history) if selection.takes(rule.id, rule.name))


def from_mapping(values: Mapping[str, Any], calls: tuple[str, ...] = ()) -> Document:
    """A document of values that stand in no file: they have no place, and nothing can be edited there."""
    from advisor.source.mapping_source import document_from

    return document_from(values, calls)
