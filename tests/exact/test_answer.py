"""The traced peak beside the closed form's: overhead, band and verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from advisor.exact.answer import Exact, exact
from advisor.exact.case import CannotTraceError, Case
from advisor.memory.device import find_device
from advisor.memory.estimate import estimate, overhead
from advisor.memory.model_config import architecture_from_config
from tests.exact.test_case import CONFIG, SETTINGS


def answer(case: Case) -> Mapping[str, Any]:
    phases = {"forward": 10.0, "backward": 8.0, "optimizer": 2.0}
    traced = {"peak_gib": 10.0, "phase": "forward", "phases_gib": phases, "components_gib": {"logits": 9.0}, "seconds": 1.5}
    return {"traced": traced, "tracer": {"torch": "2", "transformers": "5"}}


def told(gpu: str | None = "a10-24gb", gpus: int = 1, tracer: Any = answer, **changes: object) -> Exact:
    settings = {**SETTINGS, **{name.replace("__", "."): value for name, value in changes.items()}}
    shape, device = architecture_from_config(CONFIG), find_device(gpu) if gpu else None
    return exact(settings, CONFIG, shape, device, gpus, estimate(settings, shape, device, gpus), tracer)


def test_the_closed_form_s_overhead_is_added() -> None:
    found = told()
    assert found.peak is not None and found.closed is not None
    assert found.peak.expected == pytest.approx(10 + overhead("expected", 10, 1))
    assert found.peak.high == pytest.approx(10 + overhead("high", 10, 1))
    assert found.peak.low < 10  # shorter batches, which the closed form counts and the trace does not
    assert (found.verdict, found.phase, found.reason) == ("fits", "forward", None)
    assert told(gpu="t4").verdict == "fits" and told(gpu=None).verdict == "unknown"


def test_a_model_of_another_kind_is_traced_and_has_no_closed_form() -> None:
    """The lower bound is what the optimizer's step takes: batches may be shorter than those that were traced."""
    config = {**CONFIG, "model_type": "qwen3_next"}
    shape = architecture_from_config(config)
    device = find_device("a10-24gb")
    found = exact(SETTINGS, config, shape, device, 1, estimate(SETTINGS, shape, device, 1), answer)
    assert (found.closed, found.tensors, found.verdict) == (None, 10.0, "fits")
    assert found.peak is not None
    assert found.peak.low == pytest.approx(2 + overhead("low", 2, 1))


def test_several_gpus_add_buffers() -> None:
    found = told(gpus=4)
    assert found.added["communication"] > 0
    assert found.added["overhead"] == pytest.approx(overhead("expected", 10 + found.added["communication"], 4))


def test_a_sharded_run_gets_figures_and_no_verdict() -> None:
    found = told(gpus=8, parallel__zero_stage=3)
    assert (found.tensors, found.peak, found.verdict) == (10.0, None, "unknown")
    assert found.reason == "one GPU's step is traced, without sharding by ZeRO-3"


def test_an_engine_on_the_same_gpu_is_added_and_its_generation_stands() -> None:
    online = {"method": "grpo", "lengths__completion": 64, "rollout__engine": "vllm", "rollout__engine_memory": 0.9}
    found = told(**online)
    assert found.added["rollout_engine"] == pytest.approx(0.9 * find_device("a10-24gb").usable, rel=0.1)
    sleeping = told(**online, rollout__engine_sleep=True)
    assert sleeping.phase == "generation"
    assert sleeping.peak is not None and sleeping.peak.expected > 20


def test_why_there_is_no_trace_is_said() -> None:
    def refuses(case: Case) -> Mapping[str, Any]:
        raise CannotTraceError("no time")

    assert told(tracer=refuses) == Exact("no time")
    assert "no traced step" in str(told(method="rlaif").reason)
    assert "is not known" in str(exact(SETTINGS, None, None, None, 1, estimate(SETTINGS, None, None, 1), answer).reason)
