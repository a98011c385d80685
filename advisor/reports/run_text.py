"""The report of a run for a terminal: short, with small charts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from advisor.diagnosis.diagnosis import Diagnosis
from advisor.reports.audience import Audience
from advisor.reports.numbers import value_text
from advisor.reports.run_head import head_rows
from advisor.reports.run_sections import action_words, checkpoint_words, postmortem_lines
from advisor.reports.sparkline import sparkline
from advisor.reports.text import reservations

WIDTH = 110
TITLE = 34


def render(diagnosis: Diagnosis, audience: Audience) -> str:
    return "".join(f"{line}\n" for line in _lines(diagnosis, audience))


def _lines(diagnosis: Diagnosis, audience: Audience) -> Iterator[str]:
    for name, text in head_rows(diagnosis):
        yield from _item(f"{name}: {text}", "")
    yield ""
    summaries = {one.metric: one for one in diagnosis.metrics}
    for curve in diagnosis.curves:
        one = summaries[curve.metric]
        yield f"{curve.title[:TITLE]:{TITLE}} {sparkline(curve.values):40} {value_text(one.first)} to {value_text(one.last)}"
    for row in diagnosis.epochs:
        if row.mark not in ("baseline", "improving"):
            yield f"epoch {value_text(row.epoch)}: {row.mark}"
    yield ""
    shown = [finding for finding in diagnosis.outcome.findings if audience.hears(finding)]
    for finding in shown:
        yield from _item(f"{finding.severity.value} [{finding.rule}] {finding.message}", "")
    if not shown:
        yield "nothing to change" if diagnosis.outcome.rules_applied else "nothing could be judged"
    yield from (line for text in (*reservations(diagnosis.outcome, audience), *diagnosis.remarks) for line in _item(f"note: {text}", ""))
    yield ""
    open_ = f"; {len(diagnosis.gates_unjudged)} not judged" if diagnosis.gates_unjudged else ""
    yield "gates: " + {True: "passed", False: "FAILED", None: "none could be judged"}[diagnosis.passed] + open_
    for gate in diagnosis.gates:
        limit = f", limit {value_text(gate.limit)}" if gate.limit is not None else ""
        note = f" ({gate.note})" if gate.note else ""
        yield from _item(f"{'pass' if gate.passed else 'FAIL'} {gate.name}: {value_text(gate.value)}{limit}{note}")
    yield from _item(f"best checkpoint: {checkpoint_words(diagnosis.checkpoint)}", "")
    if diagnosis.postmortem is not None:
        yield from _item("postmortem: " + "; ".join(postmortem_lines(diagnosis)), "")
    if diagnosis.actions:
        yield "\nactions:"
    for action in diagnosis.actions:
        yield from _item(f"{action.stage}: {action_words(action)}")
    if diagnosis.expected_outcomes:
        yield "\nif they work:"
        yield from (line for text in diagnosis.expected_outcomes for line in _item(text))
    yield from _further(diagnosis)


def _further(diagnosis: Diagnosis) -> Iterator[str]:
    """What the other formats hold beside this."""
    more = [f"the checklist ({len(diagnosis.checklist)} items)"]
    if diagnosis.questions:
        more.append("what tells the causes apart")
    if diagnosis.options:
        more.append(f"further options ({len(diagnosis.options)})")
    yield ""
    yield from _item(f"--output-format markdown or html for {', '.join(more)}, evidence, references and the difference", "")


def _item(text: str, indent: str = "  ") -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ") or [""]
