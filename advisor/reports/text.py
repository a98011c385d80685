"""The report for a person at a terminal: what was read, the change to make first, the others, and what could not be judged."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from advisor.configuration.catalogue import catalogue
from advisor.configuration.fact import Facts
from advisor.expression.notation import count, size
from advisor.outcome import FileOutcome, Tally
from advisor.reports.audience import Audience
from advisor.reports.concise import place_of, place_of_error
from advisor.rulebook.finding import Finding, Severity, Skipped
from advisor.source.document import Document, Span

WIDTH = 110
TOO_SHORT = "history-too-short"
"""The cause of findings that say that there was too little to judge by."""
COLOURS = {
    Severity.CRITICAL: "1;37;41",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "1;33",
    Severity.LOW: "1;36",
    Severity.INFO: "1;34",
}
"""ANSI styles; used only where the audience's terminal shows colour."""


def file_text(file: FileOutcome, audience: Audience) -> str:
    return "".join(f"{line}\n" for line in file_lines(file, audience))


def file_lines(file: FileOutcome, audience: Audience) -> Iterator[str]:
    if file.error is not None:
        yield f"{place_of_error(file)}: {_styled('error', '1;31', audience)} {file.error.message}"
        return
    yield f"{_styled(file.path or 'history', '1', audience)}: {what_was_read(file)}"
    shown = [finding for finding in file.findings if audience.hears(finding)]
    for finding, others in grouped(shown):
        yield from finding_lines(file, finding, audience)
        if others:
            yield f"  also {', '.join(_where(other) for other in others)}"
    if not shown:
        yield "  nothing could be judged" if not file.rules_applied else "  nothing new" if file.known else "  nothing to change"
    yield from (f"  {line}" for text in reservations(file, audience) for line in textwrap.wrap(text, WIDTH))
    yield from unjudged(file)
    yield ""


def reservations(file: FileOutcome, audience: Audience) -> Iterator[str]:
    """Why silence about a run is no good news: a history that is too short, or of no known method."""
    if file.history is None:
        return
    yield from (one.message for one in file.findings if one.cause == TOO_SHORT and not audience.hears(one))
    if file.method is None:
        yield "the log does not tell its method, which most rules need: --method names it"


def what_was_read(file: FileOutcome) -> str:
    """`TRL DPO, 7B full, batch 128 on 8 GPUs; 31 of 34 keys`."""
    facts = file.facts
    title, method = file.title or "", (file.method or "of unknown method").replace("_", " ")
    if file.version is not None:
        title = f"{title} {file.version}"
    parts = [title if method.upper() in title else f"{title}, {method.upper() if file.method else method}"]
    model = " ".join(word for word in (_number(facts, "model.parameters", size), _peft(facts)) if word)
    if model:
        parts.append(model)
    batch = _number(facts, "batch.effective", count)
    if batch:
        devices = _number(facts, "batch.devices", count)
        parts.append(f"batch {batch}" + (f" on {devices} GPU{'s' if devices != '1' else ''}" if devices else ""))
    keys = len(file.keys_read) + len(file.keys_unknown)
    return f"{', '.join(parts)}; {len(file.keys_read)} of {keys} keys judged, {len(file.rules_applied)} rules"


def grouped(findings: Sequence[Finding]) -> Iterator[tuple[Finding, list[Finding]]]:
    """Findings by rule: the first, and the others of which it says the same, so that four numbers written as text are one block."""
    said: dict[str, list[Finding]] = {}
    for finding in findings:
        said.setdefault(finding.rule, []).append(finding)
    for first, *others in said.values():
        yield first, others


def _where(finding: Finding) -> str:
    place = finding.place
    return f"{place.key} on line {place.document.position(place.node.span.start).line}" if place is not None else str(finding.field)


def finding_lines(file: FileOutcome, finding: Finding, audience: Audience) -> Iterator[str]:
    word = _styled(finding.severity.value, COLOURS[finding.severity], audience)
    yield f"\n{place_of(file, finding)}: {word} [{_linked(finding.rule, audience)}] {finding.message}"
    if finding.place is not None and finding.place.document.format != "mapping":
        yield from snippet(finding.place.document, finding.place.node.span, finding.place.entry.key_span, audience)
    source = "; ".join(reference.title for reference in finding.references[:1])
    for line in _wrapped(finding.why.split("\n\n")[0] + (f" ({source})" if source else "")):
        yield f"  {line}"
    if finding.fix is not None:
        yield f"  {_styled('=>', '1;32', audience)} {advice(finding)}"


@cache
def _wrapped(why: str) -> Sequence[str]:
    """Over many files the same few rules speak."""
    return textwrap.wrap(why, WIDTH)


def advice(finding: Finding) -> str:
    """The proposed change in one line."""
    fix = finding.fix
    assert fix is not None
    written = [f"{_verb(change.op)} {change.key or change.name}{_change(change.op, change.new, change.new_key)}" for change in fix.changes]
    if not written:
        return fix.text
    reason, old = fix.changes[0].because, fix.changes[0].old
    if reason.startswith((f"{old} is ", f"the default {old} is ")):
        reason = f"since {reason}"
    later = "" if fix.stage == "immediate" else f" ({fix.stage})"
    return ", ".join(written) + (f", {reason}" if reason else "") + later


def _verb(op: str) -> str:
    return {"set": "set", "insert": "add", "rename": "rename", "delete": "remove"}[op]


def _change(op: str, new: object, new_key: str | None) -> str:
    if op == "rename":
        return f" to {new_key}"
    return "" if op == "delete" else f": {shown(new)}"


def shown(value: object) -> str:
    """A value as it would be written in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        from advisor.expression.notation import rate

        written = rate(value) if value and (abs(value) < 1e-3 or abs(value) >= 1e6) else f"{value:g}"
        return written if "." in written else written.replace("e", ".0e")  # YAML 1.1 takes 5e-6 for a word
    return str(value)


def snippet(document: Document, span: Span, key_span: Span, audience: Audience) -> Iterator[str]:
    """The line of a value with a caret beneath it."""
    anchor = span if span.end > span.start else key_span
    line = document.line_span(anchor.start)
    number = str(document.position(anchor.start).line)
    text = document.text[line.start : line.end].replace("\t", " ")
    column = anchor.start - line.start
    width = max(1, min(anchor.end, line.end) - anchor.start)
    if len(text) > WIDTH:
        left = max(0, column - WIDTH // 3)
        text, column = text[left : left + WIDTH], column - left
    yield f"  {number} | {text.rstrip()}"
    yield f"  {' ' * len(number)} | {' ' * column}{_styled('^' * width, '1;31', audience)}"


def unjudged(file: FileOutcome) -> Iterator[str]:
    """Which rules could not be judged for want of a fact that an option supplies."""
    yield from _unjudged(file.skipped)


@lru_cache(256)
def _unjudged(rules: tuple[Skipped, ...]) -> Sequence[str]:
    """Over many files the same rules lack the same facts."""
    options: Counter[str] = Counter()
    for skipped in rules:
        asked = {declared.option for name in skipped.missing if (declared := catalogue().get(name)) is not None and declared.option}
        options.update(asked or {option for name in skipped.missing for option in _behind(name)})
    named = ", ".join(f"{number} {'rule needs' if number == 1 else 'rules need'} {option}" for option, number in options.most_common(3))
    return (f"\n  not judged: {named}",) if options else ()


def _behind(name: str) -> set[str]:
    """Options that would let a derived value be computed."""
    return {"schedule.total_steps": {"--samples"}, "batch.effective": {"--gpus"}}.get(name, set())


def closing(tally: Tally, audience: Audience) -> str:
    said = closing_counts(tally, audience)
    return f"{said}\n" if said else ""


def closing_counts(tally: Tally, audience: Audience) -> str:
    """What was found in all files, in one line; empty where that is nothing."""
    counts = tally.counts()
    said = ", ".join(f"{number} {severity.value}" for severity, number in counts.items() if number and severity > Severity.INFO)
    hidden = counts[Severity.INFO] if not audience.show_info else 0
    files = f"{tally.files} files: " if tally.files > 1 else ""
    parts = [said] if said else []
    if hidden:
        parts.append(f"{hidden} remark{'s' if hidden != 1 else ''} with --show-info")
    if tally.ignored:
        parts.append(f"{tally.ignored} ignored by comments")
    if tally.known:
        parts.append(f"{len(tally.known)} in the baseline")
    return f"{files}{'; '.join(parts)}" if parts else ""


def _number(facts: Facts, name: str, written: object) -> str:
    value = facts.lookup(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    return str(written(value)) if callable(written) else str(value)


def _peft(facts: Facts) -> str:
    kind = facts.lookup("peft.kind")
    return {"none": "full", "lora": "LoRA", "qlora": "QLoRA"}.get(kind, "") if isinstance(kind, str) else ""


def _linked(rule: str, audience: Audience) -> str:
    """A rule that opens its page when it is clicked on, where the terminal can."""
    if not audience.hyperlinks:
        return rule
    from advisor.reports.links import page_of, shipped_page

    page = shipped_page(rule)
    address = page_of(rule, audience.documentation) or (page.as_uri() if page is not None else None)
    return rule if address is None else f"\x1b]8;;{address}\x1b\\{rule}\x1b]8;;\x1b\\"


def _styled(text: str, style: str, audience: Audience) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if audience.colour else text
