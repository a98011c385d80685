"""Findings that people decided to live with: `# rlhf-lint: ignore[LRN101] reason` beside a value, or on a line of its own above it.

`ignore-file[...]` speaks of the whole file. Rules are named as for `--ignore`: by id, name or prefix. An ignore that ignores nothing is a
finding itself (CFG107), as long as what it names was judged: a rule that lacked its facts may still fire with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.configuration.fact import Place
from advisor.dialects.resolution import Observation, Resolved
from advisor.errors import InputError
from advisor.rulebook.finding import Finding
from advisor.rulebook.judgement import Run, Verdict, judge
from advisor.rulebook.library import raw_rules, rulebook, rules_for
from advisor.rulebook.selection import Selection
from advisor.source.document import Document, Entry, Scalar, Span

COMMENT = re.compile(r"#\s*rlhf-lint:\s*ignore(?P<whole>-file)?\b(?:\[(?P<rules>[^\]\n]*)\])?")
UNUSED = "unused-ignore"


@dataclass(frozen=True)
class Ignore:
    """One comment; `line` is the 1-based line it speaks of, None for the whole file."""

    document: Document
    span: Span
    rules: tuple[str, ...]
    line: int | None

    def covers(self, finding: Finding) -> bool:
        if Selection(ignore=self.rules).takes(finding.rule, finding.name):
            return False
        place = finding.place
        if self.line is None:
            return place is None or place.document is self.document
        if place is None or place.document is not self.document:
            return False
        return self.line in (place.document.position(span.start).line for span in (place.node.span, place.entry.key_span))


def ignores_in(document: Document) -> Iterator[Ignore]:
    """The ignores that a file's comments hold; JSON has no comments. Raises InputError for one that names no rule."""
    if document.format == "json":
        return
    for match in COMMENT.finditer(document.text):
        rules = tuple(word.strip() for word in (match["rules"] or "").split(",") if word.strip())
        start = document.position(match.start())
        if not rules:
            hint = "an ignore names its rules: rlhf-lint: ignore[LRN101], or a prefix such as ignore[LRN]"
            raise InputError("usage", hint, path=document.path, line=start.line, column=start.column)
        line = None if match["whole"] else _line_meant(document, start.line)
        yield Ignore(document, Span(match.start(), match.end()), rules, line)


def heeded(resolved: Resolved, verdict: Verdict, selection: Selection) -> tuple[tuple[Finding, ...], int]:
    """The findings that no comment ignores with those about comments that ignore nothing, and how many were ignored."""
    kept, unused = without_ignored(verdict.findings, [ignore for document in resolved.documents for ignore in ignores_in(document)])
    ignored = len(verdict.findings) - len(kept)
    if not unused or selection.select or selection.ignore or selection.grades:
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
    about_comments = judge(Run(resolved.facts, resolved.method, seen), rulebook(rules)).findings
    return kept + about_comments, ignored


def without_ignored(findings: Sequence[Finding], ignores: Sequence[Ignore]) -> tuple[tuple[Finding, ...], tuple[Ignore, ...]]:
    """The findings that nobody ignores, and the ignores that ignored none."""
    kept = tuple(finding for finding in findings if not any(ignore.covers(finding) for ignore in ignores))
    unused = tuple(ignore for ignore in ignores if not any(map(ignore.covers, findings)))
    return kept, unused


def unused_observation(ignore: Ignore) -> Observation:
    """An ignore that ignores nothing, as something that reading the file showed."""
    written = ignore.document.text[ignore.span.start : ignore.span.end]
    comment = Scalar(ignore.span, written, written, "plain")
    place = Place(ignore.document, "ignore", Entry("ignore", ignore.span, comment), comment)
    return Observation(UNUSED, place, None, {"written": ", ".join(ignore.rules)})


def _line_meant(document: Document, line: int) -> int:
    """The comment's own line or, where nothing else stands there, the next line that is neither empty nor a comment."""
    lines = document.text.split("\n")
    before = lines[line - 1].split("#", 1)[0]
    if before.strip():
        return line
    for number in range(line, len(lines)):
        text = lines[number].strip()
        if text and not text.startswith("#"):
            return number + 1
    return line
