"""What would make a run fit, cheapest for its user first, and the largest value that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from advisor.errors import InputError
from advisor.memory.architecture import Architecture
from advisor.memory.device import Device
from advisor.memory.estimate import Estimate, bare
from advisor.memory.numerics import HALF
from advisor.memory.settings import Run, read
from advisor.memory.tables import mapping

SOLVABLE = ("batch.per_device", "batch.micro", "lengths.total", "lengths.completion", "rollout.group_size")
MOST = {"batch": 4096, "lengths": 1_048_576, "rollout": 1024}


@dataclass(frozen=True, slots=True)
class Lever:
    """A change in canonical names, the expected peak (GiB) and verdict with it alone, and what it costs: no_change (training is the same),
    time, arrangement (of the batch; its size stays), data (what is learnt from)."""

    change: Mapping[str, object]
    peak: float
    verdict: str
    cost: str


def levers(settings: Mapping[str, object], architecture: Architecture, device: Device, gpus: int, now: Estimate) -> tuple[Lever, ...]:
    """Changes that lower the peak, each on its own, sorted by cost, then by whether the run fits with it, then by the peak."""
    ranks = mapping("memory.yaml")["lever_ranks"]
    verdicts = ("fits", "tight", "does-not-fit")
    assert now.peak is not None
    found: list[Lever] = []
    for cost, change in _changes(settings, now, gpus):
        then = bare({**settings, **change}, architecture, device, gpus)
        if then.peak is not None and then.verdict in verdicts and then.peak.expected < now.peak.expected - 0.05:
            found.append(Lever(change, then.peak.expected, then.verdict, cost))
    for name, cost in (
        ("batch.per_device", "arrangement"),
        ("batch.micro_tokens", "arrangement"),
        ("lengths.completion", "data"),
        ("lengths.total", "data"),
    ):
        lever = _largest(name, cost, settings, architecture, device, gpus)
        if lever:
            found.append(lever)
    return tuple(sorted(found, key=lambda lever: (ranks[lever.cost], verdicts.index(lever.verdict), lever.peak)))


def _changes(settings: Mapping[str, object], now: Estimate, gpus: int) -> Iterator[tuple[str, dict[str, object]]]:
    """(cost, change) of switches that this run has not thrown yet."""
    run = read(settings)
    if run.reference == "separate" and not run.method.online and not settings.get("reference.sync"):
        yield "no_change", {"reference.precompute": True}
    if not run.fused_loss and not run.megatron and run.method.loss != "score":
        yield "no_change", {"memory.fused_loss": True}
    if run.engine == "colocate" and not run.engine_sleeps:
        yield "no_change", {"rollout.engine_sleep": True}
    if run.attention == "eager":
        yield "no_change", {"memory.attention": "flash_attention_2"}
    if run.weight > HALF:
        yield ("data" if run.peft == "none" else "no_change"), {"model.dtype": "bfloat16"}
    if run.peft == "none" and now.components.get("optimizer", 0.0) > 1.0:
        yield "data", {"optimizer.name": "adamw_8bit"}
    yield from _slower(run, gpus)


def _slower(run: Run, gpus: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Changes that cost time and nothing else."""
    if not run.checkpointing:
        yield "time", {"memory.gradient_checkpointing": True}
    elif "activations" not in run.offloaded:
        yield "time", {"memory.activation_offload": True}
    if gpus > 1 and not run.fsdp and not run.megatron and run.tensor == run.pipeline == 1:
        for stage in range(run.zero_stage + 1, 4):
            yield "time", {"parallel.zero_stage": stage}
    if run.zero_stage and "optimizer" not in run.offloaded:
        yield "time", {"parallel.offload": "optimizer"}


def _largest(name: str, cost: str, settings: Mapping[str, object], architecture: Architecture, device: Device, gpus: int) -> Lever | None:
    """The largest smaller value that fits; a smaller micro-batch raises accumulation, so that the effective batch stays."""
    value = settings.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 2:
        return None
    accumulation = settings.get("batch.accumulation")
    steps = accumulation if isinstance(accumulation, int) and accumulation > 0 else 1
    batched = name == "batch.per_device"

    def change(candidate: int) -> dict[str, object]:
        if batched:
            return {name: candidate, "batch.accumulation": steps * value // candidate}
        part = {name: candidate}
        if name == "lengths.completion" and isinstance(total := settings.get("lengths.total"), int):
            part["lengths.total"] = max(1, total - (value - candidate))
        return {**part}

    if batched:
        candidates = [n for n in range(1, value) if value % n == 0]
    else:
        candidates = sorted({max(1, value * share // 8) for share in range(1, 8)})
    found: dict[int, Lever] = {}

    def fits(number: int) -> bool:
        candidate = candidates[number - 1]
        then = bare({**settings, **change(candidate)}, architecture, device, gpus)
        if then.peak is not None:
            found[number] = Lever(change(candidate), then.peak.expected, then.verdict, cost)
        return then.verdict == "fits"

    return found.get(largest(fits, len(candidates)) or 1)


def solve(settings: Mapping[str, object], architecture: Architecture, device: Device, gpus: int, name: str) -> int | None:
    """The largest value of `name` (one of SOLVABLE) with which the run fits, all else as it is; None where not even 1 does. Raises
    InputError for another name, or for settings that cannot be estimated."""
    if name not in SOLVABLE:
        raise InputError("usage", f"cannot solve for {name}: known are {', '.join(SOLVABLE)}")

    if name == "rollout.group_size" and settings.get("batch.prompts") is None:
        raise InputError("usage", "rollout.group_size does not change the memory here: batch.per_device counts completions")

    def fits(value: int) -> bool:
        found = bare(_with(settings, name, value), architecture, device, gpus)
        if found.verdict == "unknown":
            raise InputError("usage", found.reason or "memory cannot be estimated")
        return found.verdict == "fits"

    return largest(fits, MOST[name.partition(".")[0]])


def _with(settings: Mapping[str, object], name: str, value: int) -> dict[str, object]:
    changed: dict[str, object] = {**settings, name: value}
    old, total = settings.get("lengths.completion"), settings.get("lengths.total")
    if name == "lengths.completion" and isinstance(old, int) and isinstance(total, int):
        changed["lengths.total"] = max(1, total - old + value)
    return changed


def largest(fits: Callable[[int], bool], most: int) -> int | None:
    """The largest number up to `most` for which `fits` holds; it must hold for every smaller one too."""
    if not fits(1):
        return None
    low, high = 1, 2
    while high <= most and fits(high):
        low, high = high, high * 2
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
