"""From a linted run to its diagnosis: findings stay as they are, and everything else a report says is drawn from the same history."""

from __future__ import annotations

from advisor.configuration.fact import Fact
from advisor.diagnosis.advice import actions, checklist, expected_outcomes
from advisor.diagnosis.checkpoints import best_checkpoint
from advisor.diagnosis.diagnosis import Diagnosis
from advisor.diagnosis.evaluations import evaluations
from advisor.diagnosis.gates import gates, kl_limit
from advisor.diagnosis.published import published
from advisor.diagnosis.reading_guide import Guide
from advisor.diagnosis.reasoning import options, questions
from advisor.diagnosis.run_summary import curves, epoch_rows, metric_summaries, seconds_per_epoch, seconds_per_step, stage_shares, status
from advisor.history.redaction import redacted
from advisor.outcome import FileOutcome

LONGEST_LINE = 400


def diagnose(
    outcome: FileOutcome,
    path: str,
    *,
    kl_gate: float | None = None,
    by: str | None = None,
    difference: str = "",
    remarks: tuple[str, ...] = (),
) -> Diagnosis:
    """The diagnosis of a run that was linted with its history.

    `kl_gate` is the limit on the divergence from the reference, in the unit of the log; `by` the metric that decides the best
    checkpoint; `difference` the suggested configuration as a unified diff. Raises ValueError for an outcome without a history.
    """
    history = outcome.history
    if history is None:
        raise ValueError("a diagnosis needs a history")
    facts = outcome.facts
    if kl_gate is not None:
        facts = facts.with_values({"kl.target": Fact("kl.target", kl_gate, "option", note="--kl-gate")})
    guide = Guide(facts, history, outcome.method)
    judged, unjudged = gates(guide)
    limit = kl_limit(guide)
    planned = guide.number("schedule.total_steps")
    if planned is None and isinstance(logged := history.logged_config.get("max_steps"), (int, float)) and logged > 0:
        planned = float(logged)
    return Diagnosis(
        outcome=outcome,
        path=path,
        config=outcome.path,
        status=status(guide),
        steps=history.step_count,
        last_step=history.last_step,
        planned_steps=planned,
        seconds_per_step=seconds_per_step(history),
        seconds_per_epoch=seconds_per_epoch(history),
        metrics=tuple(metric_summaries(guide)),
        curves=tuple(curves(guide, outcome.findings)),
        stages=stage_shares(history),
        epochs=tuple(epoch_rows(history)),
        gates=judged,
        gates_unjudged=unjudged,
        checkpoint=best_checkpoint(history, limit, by),
        postmortem=history.postmortem,
        actions=actions(outcome.findings),
        expected_outcomes=expected_outcomes(guide, outcome.findings, judged),
        checklist=tuple(checklist(guide)),
        difference="\n".join(redacted(line, LONGEST_LINE) for line in difference.split("\n")),
        remarks=(*history.warnings, *remarks),
        evaluations=tuple(evaluations(history, limit)),
        questions=tuple(questions(guide, outcome.findings)),
        options=tuple(options(guide, outcome.findings)),
        published=tuple(published(guide, outcome.dialect)),
    )
