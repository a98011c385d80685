"""Artifacts of post-training-toolkit: the header of `metrics.jsonl`, `run_metadata*.json`, `postmortem.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.history.assembly import Findings
from advisor.history.crash import traced
from advisor.history.history import History, Postmortem
from advisor.history.number import number_in
from advisor.history.redaction import redacted

FRAMEWORK = "post-training-toolkit"
_SECTIONS = ("config", "training_args", "training_config", "hyperparameters", "environment", "args", "package_versions")


def is_header(record: Mapping[str, Any]) -> bool:
    return record.get("type") == "header" and "trainer_type" in record


def is_postmortem(document: object) -> bool:
    return isinstance(document, dict) and "exit_reason" in document


def is_run_metadata(document: object) -> bool:
    return isinstance(document, dict) and "run_id" in document and ("trainer_type" in document or any(key in document for key in _SECTIONS))


def read_postmortem(document: Mapping[str, Any], shown: str) -> History:
    """A run's own account of its end: no series, but the reason, the exception with its last frames, and versions."""
    trace = traced(document["traceback"]) if isinstance(document.get("traceback"), str) else None
    timestamp = document.get("timestamp")
    reason = redacted(str(document["exit_reason"]), 60)
    findings = Findings()
    environment = document.get("environment")
    if isinstance(environment, dict):
        findings.note_config(environment)
    failed = reason not in ("completed", "success", "finished", "normal")
    return History(
        path=shown,
        format=FRAMEWORK,
        postmortem=Postmortem(
            exit_reason=reason,
            last_step=number_in(document.get("last_step")),
            timestamp=redacted(timestamp, 40) if isinstance(timestamp, str) else None,
            exception=trace.exception if trace else None,
            message=trace.message if trace else None,
            frames=trace.frames if trace else (),
            callers=trace.callers if trace else (),
        )
        if failed
        else None,
        logged_config=findings.logged_config,
        ended="crashed" if failed else "finished",
    )


def read_run_metadata(document: Mapping[str, Any], shown: str) -> History:
    """Hyperparameters and versions that a run wrote down; no series."""
    findings = Findings()
    findings.note_config({key: value for key, value in document.items() if key not in ("run_id", "timestamp")})
    for section in _SECTIONS:
        inner = document.get(section)
        if isinstance(inner, dict):
            findings.note_config(inner)
    return History(path=shown, format=FRAMEWORK, logged_config=findings.logged_config)
