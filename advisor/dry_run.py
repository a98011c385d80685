"""The memory estimate of a resolved configuration: its facts as the model wants them, its model's shape, its target GPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from advisor.configuration.fact import Fact, Facts
from advisor.errors import InputError
from advisor.memory.architecture import Architecture
from advisor.memory.checkpoint import Found, config_of_size, find_config
from advisor.memory.device import Device, find_device
from advisor.memory.estimate import Estimate, bare, estimate
from advisor.memory.levers import solve
from advisor.memory.model_config import foreign_name
from advisor.source.document import Document

if TYPE_CHECKING:
    from advisor.exact.answer import Exact


def predict(facts: Facts, document: Document, *, device: Device | None = None, levers: bool = True) -> Estimate:
    """The estimate for one GPU of the run. `device` defaults to the fact `hardware.gpu`. Raises InputError for an unknown GPU."""
    compute = estimate if levers else bare
    return compute(settings_of(facts), architecture_of(facts, document), device or device_of(facts), gpus_of(facts))


def solved(facts: Facts, document: Document, name: str) -> int | None:
    """The largest value of a canonical name with which the run fits its GPU; None where none does.

    Raises InputError without a known model or GPU.
    """
    device, architecture = device_of(facts), architecture_of(facts, document)
    if device is None or architecture is None:
        raise InputError("usage", "the largest value that fits needs a known model and a GPU")
    return solve(settings_of(facts), architecture, device, gpus_of(facts), name)


def settings_of(facts: Facts) -> dict[str, object]:
    """The facts as plain values. A default dropout is left out: its masks cost up to 5 % where it is on, and many turn it off in code."""
    known = (fact for fact in facts.values() if fact.origin != "unknown" and fact.value is not None)
    return {fact.name: fact.value for fact in known if not (fact.name == "peft.dropout" and fact.origin == "default")}


def traced(facts: Facts, document: Document, found: Estimate, *, limit: float) -> Exact:
    """The run's step traced with real modules in a process of its own, for at most `limit` seconds, beside its estimate `found`.

    Raises InputError for an unknown GPU; what cannot be traced is said in the answer.
    """
    from advisor.exact.answer import exact
    from advisor.exact.process import run

    config = config_of(facts, document)
    shape = config.architecture if config else None
    raw = config.config if config else None
    return exact(settings_of(facts), raw, shape, device_of(facts), gpus_of(facts), found, lambda case: run(case, limit))


def architecture_of(facts: Facts, document: Document) -> Architecture | None:
    """The model's shape, from where `config_of` finds it."""
    found = config_of(facts, document)
    return found.architecture if found else None


def config_of(facts: Facts, document: Document) -> Found | None:
    """The model's configuration: a config.json beside the file, in the local cache, or what the shipped table holds of it."""
    name, size = facts.lookup("model.name"), facts.lookup("model.parameters")
    folder = Path(document.path).resolve().parent if document.path != "-" and document.format != "mapping" else Path.cwd()
    found = find_config(name if isinstance(name, str) else None, folder)
    if found is not None or not isinstance(size, (int, float)) or (isinstance(name, str) and foreign_name(name)):
        return found
    return config_of_size(size)


def gpus_of(facts: Facts) -> int:
    gpus = facts.lookup("hardware.gpus")
    return gpus if isinstance(gpus, int) and not isinstance(gpus, bool) else 1


def device_of(facts: Facts) -> Device | None:
    """The target GPU that the facts name. Raises InputError with near misses for a name that is none."""
    name = facts.lookup("hardware.gpu")
    return find_device(name) if isinstance(name, str) else None


def with_estimate(facts: Facts, document: Document) -> Facts:
    """The facts with what the memory model says, where a target GPU is named; unchanged where it can say nothing."""
    if not isinstance(facts.lookup("hardware.gpu"), str):
        return facts
    try:
        found = predict(facts, document, levers=False)
    except InputError as error:
        return facts.with_values({"estimate.peak": Fact("estimate.peak", None, "unknown", note=str(error))})
    if found.peak is None or found.usable is None:
        return facts.with_values({"estimate.peak": Fact("estimate.peak", None, "unknown", note=found.reason)})
    values: dict[str, float | int | str] = {
        "estimate.low": found.peak.low,
        "estimate.peak": found.peak.expected,
        "estimate.high": found.peak.high,
    }
    values |= {"estimate.usable": found.usable, "estimate.phase": found.phase or ""}
    values |= {"estimate.logits": found.components.get("logits", 0.0), "estimate.engine": found.components.get("rollout_engine", 0.0)}
    values |= _cheapest(facts, document, found)
    note = f"memory model for {found.gpu}"
    rounded = {name: round(value, 2) if isinstance(value, float) else value for name, value in values.items()}
    return facts.with_values({name: Fact(name, value, "derived", note=note) for name, value in rounded.items()})


def _cheapest(facts: Facts, document: Document, found: Estimate) -> dict[str, float | int | str]:
    """The cheapest single change with which a run fits that may not: its canonical name and value; nothing where none does."""
    from advisor.memory.levers import levers

    device, architecture = device_of(facts), architecture_of(facts, document)
    if found.verdict == "fits" or device is None or architecture is None:
        return {}
    for lever in levers(settings_of(facts), architecture, device, gpus_of(facts), found):
        name, value = next(iter(lever.change.items()))
        if lever.verdict == "fits" and isinstance(value, (bool, int, float, str)):
            words = value if isinstance(value, str) else str(value).lower()
            change: dict[str, float | int | str] = {"estimate.lever": name, "estimate.lever_words": f"{name} = {words}"}
            if isinstance(value, int) and not isinstance(value, bool):
                change["estimate.lever_value"] = value
            return change
    return {}
