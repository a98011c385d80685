"""Small runs of our own, written as files the way a trainer would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DPO = """\
trl: dpo
training_args: DPOConfig
model_name_or_path: someone/policy-7b
learning_rate: 1.0e-6
beta: 0.1
max_steps: 600
per_device_train_batch_size: 4
gradient_accumulation_steps: 8
loss_type: sigmoid
eval_strategy: steps
eval_steps: 100
save_steps: 100
"""


def preference_rows(margins: list[float], kls: list[float | None], every: int = 100) -> list[dict[str, Any]]:
    """Ten training rows and one evaluation for every margin."""
    rows: list[dict[str, Any]] = []
    before = 0.0
    for number, (margin, kl) in enumerate(zip(margins, kls, strict=True)):
        for tenth in range(1, 11):
            now = before + (margin - before) * tenth / 10
            step = number * every + tenth * every // 10
            row = {
                "step": step,
                "loss": 0.693 - 0.4 * now,
                "rewards/margins": now,
                "rewards/accuracies": 0.55 + 0.3 * now,
                "grad_norm": 2.0,
            }
            rows.append({**row, "learning_rate": 1.0e-6, "step_time": 3.0})
        evaluation = {"step": (number + 1) * every, "eval_loss": 0.69 - 0.4 * margin, "eval_rewards/margins": margin}
        rows.append({**evaluation, "eval_rewards/accuracies": 0.6, **({"eval_kl_divergence": kl} if kl is not None else {})})
        before = margin
    return rows


def run_directory(folder: Path, margins: list[float], kls: list[float | None], *, config: str | None = DPO, planned: int = 600) -> Path:
    """Checkpoints at every evaluation, each with the log up to it; one more without a state."""
    run = folder / "run"
    rows = preference_rows(margins, kls)
    for number in range(1, len(margins) + 1):
        step = 100 * number
        state = {"global_step": step, "max_steps": planned, "log_history": [row for row in rows if row["step"] <= step]}
        checkpoint = run / f"checkpoint-{step}"
        checkpoint.mkdir(parents=True)
        (checkpoint / "trainer_state.json").write_text(json.dumps(state))
    (run / "checkpoint-650").mkdir()
    if config is not None:
        (run / "dpo.yaml").write_text(config)
    return run


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
