"""The JSON of `report`, as the contract has it."""

from __future__ import annotations

import json
from typing import Any

from advisor.diagnosis.diagnosis import Diagnosis
from advisor.reports.json_report import FORMAT, change_entry, finding_entry, plain


def render(diagnosis: Diagnosis, documentation: str | None = None) -> str:
    best, end = diagnosis.checkpoint.best, diagnosis.postmortem
    report: dict[str, Any] = {
        "version": FORMAT,
        "run": {
            "path": diagnosis.path,
            "config": diagnosis.config,
            "method": diagnosis.outcome.method,
            "steps": diagnosis.steps,
            "status": diagnosis.status,
            "summary": _summary(diagnosis),
        },
        "findings": [finding_entry(finding, documentation) for finding in diagnosis.outcome.findings],
        "gates": [
            {"name": gate.name, "passed": gate.passed, "value": plain(gate.value), "limit": plain(gate.limit), "note": gate.note}
            for gate in diagnosis.gates
        ],
        "gates_not_judged": list(diagnosis.gates_unjudged),
        "best_checkpoint": None
        if best is None
        else {"path": best.name, "step": plain(best.step), "by": best.by, "value": plain(best.value), "kl": plain(best.kl)},
        "postmortem": None
        if end is None
        else {
            "exit_reason": end.exit_reason,
            "last_step": end.last_step,
            "exception": end.exception,
            "last_frame": end.frames[-1] if end.frames else None,
            "reached_through": list(end.callers),
        },
        "actions": [
            {
                "stage": action.stage,
                "text": action.text,
                "rule": action.rule,
                "also": list(action.also),
                "edits": [change_entry(change) for change in action.changes],
            }
            for action in diagnosis.actions
        ],
        "expected_outcomes": list(diagnosis.expected_outcomes),
        "checklist": list(diagnosis.checklist),
        "questions": [
            {
                "title": one.title,
                "intro": one.intro,
                "steps": list(one.steps),
                "references": [reference._asdict() for reference in one.references],
            }
            for one in diagnosis.questions
        ],
        "options": [
            {
                "field": one.field,
                "key": one.key,
                "old": plain(one.old),
                "new": plain(one.new),
                "for": one.gain,
                "against": one.against,
                "confidence": one.confidence,
                "references": [reference._asdict() for reference in one.references],
            }
            for one in diagnosis.options
        ],
        "published": [one._asdict() for one in diagnosis.published],
        "evaluations": [
            {"step": plain(row.step), **{name: plain(value) for name, value in row.values.items()}, "failed": list(row.failed)}
            for row in diagnosis.evaluations
        ],
        "difference": diagnosis.difference,
    }
    return json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _summary(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "last_step": plain(diagnosis.last_step),
        "planned_steps": plain(diagnosis.planned_steps),
        "seconds_per_step": plain(diagnosis.seconds_per_step),
        "seconds_per_epoch": plain(diagnosis.seconds_per_epoch),
        "seconds_planned": plain(diagnosis.seconds_planned),
        "stages": {name: plain(share) for name, share in diagnosis.stages.items()},
        "metrics": {
            one.metric: {
                "points": one.points,
                **{
                    name: plain(getattr(one, name))
                    for name in ("first", "last", "mean", "spread", "lowest", "highest", "best", "best_step")
                },
            }
            for one in diagnosis.metrics
        },
        "epochs": [
            {
                "epoch": plain(row.epoch),
                **{name: plain(value) for name, value in row.values.items()},
                "loss_change": plain(row.loss_change),
                "reward_change": plain(row.reward_change),
                "mark": row.mark,
            }
            for row in diagnosis.epochs
        ],
    }
