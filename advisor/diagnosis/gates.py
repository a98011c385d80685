"""Quality gates: each passed or failed by what was logged; what was not logged is named and not judged."""

from __future__ import annotations

from advisor.diagnosis.diagnosis import Gate
from advisor.diagnosis.reading_guide import Guide


def gates(guide: Guide) -> tuple[tuple[Gate, ...], tuple[str, ...]]:
    """The gates that could be judged, and the names of those that could not."""
    judged: list[Gate] = []
    unjudged: list[str] = []
    for entry in guide.entries("gates"):
        passed = guide.value(entry["passed"]) if guide.holds(entry) else None
        if not isinstance(passed, bool):
            if not entry.get("quiet"):
                unjudged.append(entry["name"])
            continue
        judged.append(
            Gate(
                name=entry["name"],
                passed=passed,
                value=guide.number(entry["value"]),
                limit=guide.number(entry["limit"]),
                note=entry.get("note"),
                on_failure=None if passed else entry["on_failure"],
            )
        )
    names = {gate.name for gate in judged}
    roles = {entry.get("role") for entry in guide.entries("gates") if entry["name"] in names}
    twins = {entry["name"] for entry in guide.entries("gates") if entry.get("role") in roles - {None}}
    return tuple(judged), tuple(name for name in unjudged if name not in twins)


def kl_limit(guide: Guide) -> float | None:
    """The limit on the divergence from the reference that the run is held to; None where no gate applies."""
    for entry in guide.entries("gates"):
        if entry.get("role") == "kl" and guide.holds(entry):
            return guide.number(entry["limit"])
    return None
