"""The traced peak beside the closed form's, with the same overhead, so that verdicts compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from advisor.errors import InputError
from advisor.exact.case import CannotTraceError, Case, case_of
from advisor.memory.architecture import Architecture
from advisor.memory.device import Device
from advisor.memory.estimate import GIB, Band, Estimate, judge, overhead, peak
from advisor.memory.settings import read

ADDED = ("communication", "rollout_engine")
"""Components that are alive throughout a step beside the trainer's own tensors: the closed form's."""

Tracer = Callable[[Case], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Exact:
    """`reason`: why there is no trace, or no verdict on it. `tensors` and `closed`: GiB of the same step, traced and by the closed form.
    `added`: GiB put to `tensors` for the run's `peak`, which is None where the traced step is not the run's (`left_out` says why)."""

    reason: str | None
    tensors: float | None = None
    closed: float | None = None
    phase: str | None = None
    phases: Mapping[str, float] = field(default_factory=dict)
    components: Mapping[str, float] = field(default_factory=dict)
    added: Mapping[str, float] = field(default_factory=dict)
    peak: Band | None = None
    verdict: str = "unknown"
    left_out: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    seconds: float | None = None
    tracer: Mapping[str, str] = field(default_factory=dict)


def exact(
    settings: Mapping[str, object],
    config: Mapping[str, Any] | None,
    architecture: Architecture | None,
    device: Device | None,
    gpus: int,
    found: Estimate,
    tracer: Tracer,
) -> Exact:
    """The trace of a run whose closed form is `found`. `tracer` runs a case, or raises CannotTraceError."""
    if config is None or architecture is None:
        return Exact("the shape of the model is not known: give a directory with its config.json")
    try:
        case = case_of(settings, config, architecture, gpus)
        top = peak(read(settings), architecture, device, gpus)
        answer = tracer(case)
        alone = peak(read(case.settings), architecture, None, 1)
    except CannotTraceError as error:
        return Exact(str(error))
    except InputError as error:
        return Exact(error.message)
    traced = answer["traced"]
    tensors = float(traced["peak_gib"])
    closed = max(size for phase, size in alone.phases.items() if phase != "generation") / GIB
    added = {name: top.resident[name] / GIB for name in ADDED if top.resident.get(name)}
    told = Exact(
        None,
        tensors,
        None if architecture.foreign else closed,
        str(traced["phase"]),
        traced["phases_gib"],
        traced["components_gib"],
        added,
        left_out=case.left_out,
        remarks=case.remarks,
        seconds=float(traced["seconds"]),
        tracer=answer["tracer"],
    )
    return _judged(told, device, gpus, found)


def _judged(told: Exact, device: Device | None, gpus: int, found: Estimate) -> Exact:
    """With a band and a verdict, where the traced step is the run's. The lower bound stays the closed form's where that is lower: it stands
    for batches below the length limit, which are not traced. Where there is no closed form, it is what the optimizer's step needs, whatever
    the length."""
    assert told.tensors is not None
    if told.left_out:
        return replace(told, reason=f"one GPU's step is traced, without {', '.join(told.left_out)}")
    amount = told.tensors + sum(told.added.values())
    phase = told.phase
    extra = overhead("expected", amount, gpus)
    generation = (found.phases.get("generation") or 0.0) - extra
    if generation > amount:
        amount, phase = generation, "generation"
    least = min(amount, told.phases.get("optimizer", amount))
    low = least + overhead("low", least, gpus) if found.peak is None else min(amount + overhead("low", amount, gpus), found.peak.low)
    band = Band(low, amount + extra, amount + overhead("high", amount, gpus))
    verdict = judge(band, device.usable if device else None)
    return replace(told, phase=phase, added={**told.added, "overhead": extra}, peak=band, verdict=verdict)
