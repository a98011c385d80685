"""A diagnosis in words, as sections of plain blocks that Markdown and HTML render in their own ways."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.diagnosis.advice import STAGES
from advisor.diagnosis.diagnosis import Action, BestCheckpoint, Diagnosis, Measured
from advisor.expression.notation import count
from advisor.reports.blocks import Block, Code, Listing, Paragraph, Plots, Section, Table
from advisor.reports.numbers import value_text
from advisor.reports.run_head import epoch_table, head_rows, metric_table
from advisor.reports.run_reasoning import evaluation_table, options_table, published_table, reasoning
from advisor.reports.text import shown
from advisor.rulebook.finding import Evidence, Finding, Severity

MOST_PROBLEMS = 3


def sections(diagnosis: Diagnosis) -> Iterator[Section]:
    """The report in the order in which it is read. Empty sections are left out, but findings and gates are always answered."""
    yield from in_short(diagnosis)
    yield Section("Summary", (Table(("", ""), tuple(head_rows(diagnosis))), metric_table(diagnosis.metrics)))
    if diagnosis.epochs:
        yield Section("Epochs", (epoch_table(diagnosis.epochs),))
    yield Section("Metrics", (Plots(),))
    yield from _insights(diagnosis)
    yield from reasoning(diagnosis.questions)
    if diagnosis.evaluations:
        yield evaluation_table(diagnosis.evaluations)
    yield Section("Quality gates", tuple(_gates(diagnosis)))
    yield Section("Best checkpoint", (Paragraph(checkpoint_words(diagnosis.checkpoint)), *_others(diagnosis.checkpoint)))
    if diagnosis.postmortem is not None:
        yield Section("Postmortem", (Listing(tuple(postmortem_lines(diagnosis))),))
    yield from _actions(diagnosis)
    if diagnosis.options:
        yield options_table(diagnosis.options)
    if diagnosis.expected_outcomes:
        yield Section(
            "Expected outcomes", (Paragraph("Goals to check the next run by, no forecast:"), Listing(diagnosis.expected_outcomes))
        )
    yield Section("Monitoring checklist", (Listing(diagnosis.checklist, boxes=True),))
    if diagnosis.published:
        yield published_table(diagnosis.published)
    if diagnosis.difference:
        yield Section("Suggested configuration", (Code(diagnosis.difference, "diff"),))
    if diagnosis.remarks:
        yield Section("Remarks on the input", (Listing(diagnosis.remarks),))


def in_short(diagnosis: Diagnosis) -> Iterator[Section]:
    """What is wrong, what to do first, and what it should bring, in a line each; nothing where nothing is wrong."""
    wrong = [finding.message for finding in diagnosis.outcome.findings if finding.severity >= Severity.MEDIUM]
    if not wrong:
        return
    rows = [
        ("problem", "; ".join(wrong[:MOST_PROBLEMS]) + (f"; and {len(wrong) - MOST_PROBLEMS} more" if len(wrong) > MOST_PROBLEMS else ""))
    ]
    if diagnosis.actions:
        rows.append(("first", action_words(diagnosis.actions[0])))
    if diagnosis.expected_outcomes:
        rows.append(("goal", diagnosis.expected_outcomes[0]))
    yield Section("In short", (Table(("", ""), tuple(rows)),))


def _insights(diagnosis: Diagnosis) -> Iterator[Section]:
    findings = diagnosis.outcome.findings
    if not findings:
        judged = "nothing to change" if diagnosis.outcome.rules_applied else "nothing could be judged"
        yield Section("Insights", (Paragraph(f"{judged} ({len(diagnosis.outcome.rules_applied)} rules applied)"),))
        return
    yield Section("Insights", ())
    for finding in findings:
        yield Section(f"[{finding.severity.value.upper()}] {finding.rule}: {finding.message}", tuple(_finding(finding)), level=3)


def _finding(finding: Finding) -> Iterator[Block]:
    yield Paragraph(finding.why)
    items = [f"confidence: {finding.confidence}"]
    if finding.place is not None:
        place = finding.place
        line = place.document.position(place.node.span.start).line
        written = place.document.text[place.node.span.start : place.node.span.end]
        items.append(f"value: `{place.key}: {written[:80]}` on line {line}")
    items += [f"evidence: {evidence_words(item)}" for item in finding.evidence]
    items.append(f"action ({finding.fix.stage}): {finding.fix.text}" if finding.fix is not None else "action: none, this is context")
    items += [f"reference: {one.title}" + (f", <{one.url}>" if one.url else "") for one in finding.references]
    yield Listing(tuple(items))


def evidence_words(item: Evidence) -> str:
    """`loss, median of the last 20 %: 0.6931 (steps 1 to 900)`."""
    first, last = item.steps if item.steps is not None else (None, None)
    steps = "" if first is None else f" (step {first})" if first == last else f" (steps {first} to {last})"
    return f"{item.metric}, {item.statistic}: {value_text(item.value)}{steps}"


def _gates(diagnosis: Diagnosis) -> Iterator[Block]:
    if diagnosis.passed is None:
        yield Paragraph("no gate could be judged: nothing that one needs was logged")
    else:
        failed = ", ".join(gate.name for gate in diagnosis.gates if not gate.passed)
        open_ = f"; {len(diagnosis.gates_unjudged)} could not be judged" if diagnosis.gates_unjudged else ""
        yield Paragraph(("passed" if diagnosis.passed else f"FAILED: {failed}") + open_)
        rows = tuple(
            (
                gate.name,
                "pass" if gate.passed else "FAIL",
                value_text(gate.value),
                value_text(gate.limit),
                "; ".join(word for word in (gate.note, gate.on_failure) if word),
            )
            for gate in diagnosis.gates
        )
        yield Table(("gate", "result", "value", "limit", "note"), rows)
    if diagnosis.gates_unjudged:
        yield Paragraph("not judged, since not logged or not set: " + ", ".join(diagnosis.gates_unjudged))


def checkpoint_words(found: BestCheckpoint) -> str:
    if found.best is None:
        if found.considered:
            return f"none: all {found.considered} that were measured lie above the divergence gate"
        return "none: no evaluation was logged" + (" for any checkpoint" if found.unmeasured else "")
    above = f"; {found.above_gate} of {found.considered} lie above the divergence gate" if found.above_gate else ""
    missing = f"; not measured: {', '.join(found.unmeasured)}" if found.unmeasured else ""
    return measured_words(found.best) + above + missing


def measured_words(one: Measured) -> str:
    kl = f", KL {value_text(one.kl)}" if one.kl is not None else ""
    where = one.name or f"step {value_text(one.step)} (no checkpoint known)"
    return f"{where}: {one.by} {value_text(one.value)}{kl}"


def _others(found: BestCheckpoint) -> Iterator[Block]:
    if found.others:
        yield Listing(tuple(f"by {one.by}: {measured_words(one)}" for one in found.others))


def postmortem_lines(diagnosis: Diagnosis) -> Iterator[str]:
    end, history = diagnosis.postmortem, diagnosis.outcome.history
    if end is None:
        return
    yield f"exit reason: {end.exit_reason}"
    if end.last_step is not None:
        yield f"last step: {count(end.last_step)}"
    if end.timestamp:
        yield f"time: {end.timestamp}"
    if end.exception:
        yield f"exception: {end.exception}" + (f": {end.message}" if end.message else "")
    if end.frames:
        yield f"last frames, innermost last: {'; '.join(end.frames)}"
    if end.callers:
        yield f"reached through: {', '.join(end.callers)}"
    saved = sorted(history.checkpoints, key=lambda one: one.step) if history is not None else []
    yield f"to go on from: {saved[-1].name}" if saved else "to go on from: no checkpoint was found beside the log"


def _actions(diagnosis: Diagnosis) -> Iterator[Section]:
    if not diagnosis.actions:
        return
    yield Section("Recommended actions", (Paragraph("One change at a time shows which one helped."),))
    for stage in STAGES:
        chosen = [action for action in diagnosis.actions if action.stage == stage]
        if chosen:
            title = {"immediate": "Immediate, before the next run", "short-term": "Short-term, if that does not help"}
            yield Section(title.get(stage, "Medium-term"), (Listing(tuple(map(action_words, chosen))),), level=3)


def action_words(action: Action) -> str:
    changes = ", ".join(
        f"{change.key or change.name}: {change.old if change.old is not None else '(not set)'} -> "
        f"{change.new_key if change.op == 'rename' else 'removed' if change.op == 'delete' else shown(change.new)}"
        for change in action.changes
    )
    reason = next((change.because for change in action.changes if change.because), "")
    parts = [part for part in (changes, reason) if part] or [action.text]
    return f"[{', '.join((action.rule, *action.also))}] {' - '.join(parts)}" + (
        f" ({action.text})" if changes and action.text and not _said(action) else ""
    )


def _said(action: Action) -> bool:
    """Whether the text only repeats the changes."""
    return all(str(change.key or change.name) in action.text for change in action.changes)
