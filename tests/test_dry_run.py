"""What the memory model tells the rules."""

from __future__ import annotations

from pathlib import Path

from advisor.configuration.fact import Fact
from advisor.dialects.options import Options
from advisor.pipeline import lint_file

CONFIG = """\
model_name_or_path: Qwen/Qwen2.5-7B-Instruct
dataset_name: org/pairs
beta: 0.1
learning_rate: 5.0e-7
max_length: {length}
per_device_train_batch_size: 8
gradient_accumulation_steps: 2
bf16: true
"""


def found(folder: Path, gpu: str | None, length: int = 2048) -> set[str]:
    path = folder / "dpo.yaml"
    path.write_text(CONFIG.format(length=length))
    facts = {"hardware.gpu": Fact("hardware.gpu", gpu, "option")} if gpu else {}
    outcome = lint_file(str(path), options=Options(facts={"method": Fact("method", "dpo", "option"), **facts}))
    assert outcome.error is None
    return {finding.name for finding in outcome.findings}


def test_seven_billion_parameters_trained_in_full_do_not_fit_24_gib(tmp_path: Path) -> None:
    assert "does-not-fit" in found(tmp_path, "a10-24gb")


def test_without_a_gpu_nothing_is_said_about_fit(tmp_path: Path) -> None:
    assert not {"does-not-fit", "tight-fit"} & found(tmp_path, None)
