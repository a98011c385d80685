"""The dry-run estimate: peak memory of one GPU for a training step, with a band, a verdict and what it is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from advisor.errors import InputError
from advisor.memory import residency, sharding
from advisor.memory.architecture import Architecture, layer_parameters, parameters
from advisor.memory.critic import Critic
from advisor.memory.device import Device
from advisor.memory.generation import Generation, generation
from advisor.memory.numerics import HALF
from advisor.memory.optimizer_state import state
from advisor.memory.phases import Moment, moments
from advisor.memory.settings import Run, read
from advisor.memory.tables import mapping
from advisor.memory.weights import Weights, weigh

if TYPE_CHECKING:
    from advisor.memory.levers import Lever

GIB = 2**30
PHASES = ("forward", "backward", "optimizer", "generation")


@dataclass(frozen=True, slots=True)
class Band:
    """GiB: what must be there, what is likely, what is prudent."""

    low: float
    expected: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Memory of one GPU. `phases` and `components` in GiB: phases with overhead, None where a phase does not occur; components are those of
    the deciding phase and add up to the expected peak. `verdict`: fits, tight, does-not-fit, unknown (then `reason` says why)."""

    gpu: str | None
    gpus: int
    usable: float | None
    peak: Band | None
    verdict: str
    phase: str | None
    moment: str | None
    phases: Mapping[str, float | None]
    components: Mapping[str, float]
    assumptions: tuple[str, ...]
    levers: tuple[Lever, ...] = ()
    reason: str | None = None
    parameters: int | None = None
    trainable: int | None = None


@dataclass(frozen=True, slots=True)
class Peak:
    """Bytes of tensors at the highest moment, the highest of every phase, and what is alive throughout, by component."""

    moment: Moment
    phases: Mapping[str, float]
    resident: Mapping[str, float]
    weights: Weights
    assumed: tuple[str, ...]


def unknown(reason: str, device: Device | None, gpus: int, assumptions: tuple[str, ...] = ()) -> Estimate:
    """An estimate that says only why there is none."""
    return Estimate(
        device.name if device else None,
        gpus,
        device.usable if device else None,
        None,
        "unknown",
        None,
        None,
        dict.fromkeys(PHASES),
        {},
        assumptions,
        reason=reason,
    )


def estimate(settings: Mapping[str, object], architecture: Architecture | None, device: Device | None, gpus: int) -> Estimate:
    """Peak memory of `settings` (canonical names) for a model of this shape on `gpus` GPUs of this kind. Pure; bad or missing input gives
    the verdict `unknown` with the reason in words."""
    from advisor.memory.levers import levers

    found = bare(settings, architecture, device, gpus)
    if found.verdict in ("unknown", "fits") or architecture is None or device is None:
        return found
    return replace(found, levers=levers(settings, architecture, device, gpus, found))


def bare(settings: Mapping[str, object], architecture: Architecture | None, device: Device | None, gpus: int) -> Estimate:
    """An estimate without levers."""
    if architecture is None:
        named = settings.get("model.name")
        return unknown(
            f"the shape of the model {named!r} is not known: give a directory with its config.json" if named else "no model is named",
            device,
            gpus,
        )
    if architecture.foreign:
        words = (
            f"{architecture.family} has {architecture.foreign}, which this estimate does not know; `memory --exact` traces its real modules"
        )
        return unknown(words, device, gpus)
    try:
        run = read(settings)
        top = peak(run, architecture, device, gpus)
        low = min(top.moment.total, _least(run, architecture, device, gpus))
    except InputError as error:
        return unknown(error.message, device, gpus)
    return _judged(run, architecture, device, gpus, top, low)


def _least(run: Run, architecture: Architecture, device: Device | None, gpus: int) -> float:
    """Tensors at least: batches well below the length limit unless they are packed, a loss and attention that keep the least, states on
    the host where they may move there, half-precision shards."""
    data = mapping("memory.yaml")["least"]

    def shorter(length: int) -> int:
        return max(1, min(int(length * float(data["length_share"])), int(data["length_tokens"])))

    if run.together is not None:
        # A row is filled as far as an update's samples go; these may be short.
        run = replace(run, length=min(run.length, math.ceil(run.together * min(shorter(run.sequence), run.sequence))))
    elif run.padded:
        completion = shorter(run.completion) if run.completion else None
        run = replace(run, length=min(shorter(run.length), run.length), completion=completion)
    run = replace(run, fused_loss=True, attention="flash", adapter_dropout=0.0, kernels=True)
    return peak(run, architecture, device, gpus, least=True).moment.total


def overhead(bound: str, gib: float, gpus: int) -> float:
    """GiB beside `gib` of tensors, for a bound of the band: context and kernels, the allocator's unused part, buffers between GPUs."""
    data = mapping("memory.yaml")["overhead"]
    entry = data[bound]
    return float(entry["gib"] + entry["share"] * gib + (data["communication_gib"][bound] if gpus > 1 else 0.0))


def judge(band: Band, usable: float | None) -> str:
    """The verdict on a band for a GPU with so many GiB; unknown without one."""
    if usable is None:
        return "unknown"
    return "fits" if band.high <= usable else "does-not-fit" if band.low > usable else "tight"


def _judged(run: Run, architecture: Architecture, device: Device | None, gpus: int, top: Peak, low: float) -> Estimate:
    tensors = top.moment.total / GIB
    extra = overhead("expected", tensors, gpus)
    band = Band(low / GIB + overhead("low", low / GIB, gpus), tensors + extra, tensors + overhead("high", tensors, gpus))
    usable = device.usable if device else None
    verdict = judge(band, usable)
    reason = None if device else "no GPU is named: give one to compare with"
    large = usable is not None and layer_parameters(architecture, dense=True) * HALF / max(1, run.tensor) / GIB > usable
    if verdict == "does-not-fit" and large:
        reason = "one layer of the model is larger than the GPU"
    shorter = (
        ("fits only while batches stay well below the length limit",)
        if usable and band.low <= usable < band.expected and run.padded
        else ()
    )
    components = {name: size / GIB for name, size in top.moment.parts.items() if size > 0} | {"overhead": extra}
    phases = {name: top.phases[name] / GIB + extra if name in top.phases else None for name in PHASES}
    return Estimate(
        device.name if device else None,
        gpus,
        usable,
        band,
        verdict,
        top.moment.phase,
        top.moment.words,
        phases,
        components,
        (*architecture.assumed, *run.assumed, *top.assumed, *_doubts(device), *shorter),
        reason=reason,
        parameters=parameters(architecture),
        trainable=top.weights.learning,
    )


def _doubts(device: Device | None) -> tuple[str, ...]:
    return () if device is None or device.verified else (f"usable memory of {device.title} is recalled, not read",)


def peak(run: Run, architecture: Architecture, device: Device | None, gpus: int, *, least: bool = False) -> Peak:
    """Tensors of one GPU. Raises InputError for parallel sizes that contradict each other."""
    assumed: list[str] = []
    cut = sharding.degrees(run, gpus)
    shape = sharding.local(architecture, cut)
    if run.attention != "eager" and (shape.eager_only or (run.attention == "sdpa" and (shape.attention_softcap or shape.attention_sinks))):
        assumed.append(f"{shape.family} has no {run.attention.upper()} attention: counted as eager")
        run = replace(run, attention="eager")
    numerics, width = residency.widths(run, shape)
    weights = weigh(shape, run, width)
    optimizer = state(run.optimizer, weights, hidden=shape.hidden, deepspeed=run.wide_states, wide_gradients=run.megatron)
    if least:
        optimizer = optimizer._replace(temporary=0.0)
    if run.optimizer_in_backward:
        optimizer = optimizer._replace(gradients=False, temporary=0.0)
    if optimizer.assumed:
        assumed.append(optimizer.assumed)
    alive = residency.resident(run, shape, weights, optimizer, cut, least=least)
    if shape.vision:
        assumed.append("images: the vision tower's weights and the image tokens count, its own activations do not")
        run = replace(run, length=run.length + run.images * (shape.vision.tokens or 0))
    made = generation(shape, run, total=device.usable * GIB if device else None, sharded=cut.weights > 1 and not least)
    if made and made.shortage:
        assumed.append(made.shortage)
    if made and made.resident:
        alive["rollout_engine"] = made.resident
    critic = Critic(run, shape) if run.method.critic else None
    if critic:
        alive["critic"] = critic.resident(cut)
    step = residency.step(run, shape, numerics, weights, optimizer, cut, alive)
    run = run if optimizer.gradients else replace(run, accumulation=1)
    found = [
        *moments(shape, run, numerics, step),
        *(critic.moments(cut, alive) if critic else ()),
        *((_generating(alive, made),) if made else ()),
    ]
    highest: dict[str, float] = {}
    for item in found:
        highest[item.phase] = max(highest.get(item.phase, 0.0), item.total)
    return Peak(max(found, key=lambda item: item.total), highest, alive, weights, tuple(assumed))


def _generating(alive: Mapping[str, float], made: Generation) -> Moment:
    parts = dict(alive)
    parts["rollout_engine"] = made.pool
    parts["key_value_cache"] = made.cache
    parts["temporary"] = made.gathered
    return Moment("generation", "generating completions", parts)
