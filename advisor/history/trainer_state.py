"""`trainer_state.json` of the transformers Trainer, which TRL, LLaMA-Factory, ms-swift, axolotl and Unsloth write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.history.assembly import Findings, assembled
from advisor.history.columns import Columns
from advisor.history.history import Checkpoint, History
from advisor.history.number import number_in
from advisor.history.vocabulary import Vocabulary, vocabulary

_SETTINGS = ("logging_steps", "eval_steps", "save_steps", "max_steps", "num_train_epochs", "train_batch_size", "trial_params")


def is_trainer_state(document: object) -> bool:
    return isinstance(document, dict) and isinstance(document.get("log_history"), list)


def read_trainer_state(document: Mapping[str, Any], path: str) -> History:
    """The log of a trainer state. Evaluation rows and training rows of one step stay apart; the run summary is no row."""
    words = vocabulary()
    columns = Columns(words)
    findings = Findings()
    for row in document["log_history"]:
        if isinstance(row, dict):
            columns.add(row)
    findings.note_config({key: document.get(key) for key in _SETTINGS})
    reached, planned = number_in(document.get("global_step")), number_in(document.get("max_steps"))
    if reached is not None and planned is not None and 0 < planned <= reached:
        findings.ended = "finished"
    if not columns.rows:
        findings.warnings.append("the trainer state holds no logged row")
    return assembled(path, "trainer_state", columns, findings)


def checkpoint_of(document: Mapping[str, Any], name: str, step: int) -> Checkpoint:
    """The evaluation that was made at the step of a checkpoint. Its state repeats all earlier rows; those are not its own."""
    words = vocabulary()
    metrics: dict[str, float] = {}
    for row in document["log_history"]:
        if isinstance(row, dict) and number_in(row.get("step")) == step:
            metrics.update(_evaluation(row, words))
    return Checkpoint(name, step, metrics)


def _evaluation(row: Mapping[str, Any], words: Vocabulary) -> dict[str, float]:
    meanings = words.resolve(row)
    found = {}
    for key, meaning in meanings.items():
        number = number_in(row[key])
        if number is not None and meaning.metric.startswith("eval_"):
            found[meaning.metric] = number * meaning.native.scale
    return found
