"""Where a run logged other values than the file now holds: the history judges what was logged, and what it asked for is addressed.

A file is changed after a run, and the run's log is given once more. Its curves were made by the old values, so that advice drawn from
them must not be added to the new ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from advisor.configuration.fact import Fact, Facts
from advisor.expression.notation import number
from advisor.history.history import History
from advisor.rulebook.finding import Change, Finding

RATE = "optimizer.learning_rate"
SLACK = 1.02
"""A logged rate above the file's by more than this was not made by it: no schedule exceeds its peak."""
SEEN = 0.6
"""Of a peak, what is logged at least once it has been passed, even with few logs and a short warm-up."""
COUNTED = frozenset({"num_train_epochs", "epochs", "total_steps", "max_steps"})
"""Trainers log these as they worked out, not as they were set."""


def logged_facts(facts: Facts, history: History) -> dict[str, Fact]:
    """Facts of the file with the values that the run logged, for those of which it logged another."""
    logged = _Logged(history)
    found: dict[str, Fact] = {}
    for name, fact in facts.items():
        if fact.place is None or isinstance(fact.value, bool) or not isinstance(fact.value, (int, float)):
            continue
        native = _native(fact)
        value = logged.number(fact.place.key)
        if value is None and name == RATE:
            value = _other_peak(history, native)
        if value is not None and not math.isclose(value, native, rel_tol=1e-3, abs_tol=1e-12):
            scale = fact.value / native if native else fact.scale
            found[name] = fact._replace(value=value * scale, scale=scale, note="as the run logged it")
    return found


class _Logged:
    """What the run wrote down, by the whole key where it did that, else by the key's last part where that is no riddle."""

    def __init__(self, history: History) -> None:
        self._whole = {key.replace("/", ".").lower(): value for key, value in history.logged_config.items()}
        self._parts: dict[str, set[object]] = {}
        for key, value in self._whole.items():
            self._parts.setdefault(_last(key), set()).add(value)

    def number(self, key: str) -> float | None:
        """The number that the run logged for a native key."""
        key = key.lower()
        if _last(key) in COUNTED:
            return None
        if key in self._whole:
            return _number(self._whole[key])
        values = self._parts.get(_last(key), set())
        return _number(next(iter(values))) if len(values) == 1 else None


def _last(key: str) -> str:
    return key.rsplit(".", 1)[-1]


def remarks(facts: Facts, logged: Mapping[str, Fact]) -> tuple[str, ...]:
    """In words, which values of the file the history does not judge."""
    return tuple(_said(facts[name], fact) for name, fact in logged.items())


def addressed(findings: Iterable[Finding], facts: Facts, logged: Mapping[str, Fact]) -> tuple[Finding, ...]:
    """The findings, with changes that a history asks of values changed since taken out of those that would be made."""
    return tuple(_addressed(finding, facts, logged) if finding.historic else finding for finding in findings)


def _addressed(finding: Finding, facts: Facts, logged: Mapping[str, Fact]) -> Finding:
    fix = finding.fix
    if fix is None:
        return finding
    done = [change for change in fix.changes if change.name in logged]
    if not done:
        return finding
    left = tuple(change for change in fix.changes if change.name not in logged)
    words = "; ".join(_word(change, facts, logged) for change in done)
    text = f"addressed: {words}" + (
        "; then " + "; ".join(f"set {change.key or change.name} to {change.new}" for change in left) if left else ""
    )
    return finding._replace(fix=fix._replace(text=text, changes=left))


def _word(change: Change, facts: Facts, logged: Mapping[str, Fact]) -> str:
    assert change.name is not None
    return _said(facts[change.name], logged[change.name])


def _said(fact: Fact, logged: Fact) -> str:
    key = fact.place.key if fact.place is not None else fact.name
    return f"the run logged {key} {_text(logged)}, the file says {_text(fact) if fact.place is None else number(_native(fact))}"


def _text(fact: Fact) -> str:
    assert isinstance(fact.value, (int, float))
    return number(fact.value / fact.scale)


def _native(fact: Fact) -> float:
    """The number as the file writes it; a canonical value may count something else (completions, where the file counts prompts)."""
    assert fact.place is not None and isinstance(fact.value, (int, float))
    written = _number(getattr(fact.place.node, "value", None))
    return fact.value / fact.scale if written is None else written


def _number(value: object) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) else None


def _other_peak(history: History, rate: float) -> float | None:
    """The largest logged rate, where it is not that of a schedule with this peak."""
    series = history.series.get("lr")
    values = [value for value in series.values if math.isfinite(value)] if series is not None else []
    if len(values) < 3 or rate <= 0:
        return None
    peak = max(values)
    passed = values.index(peak) < len(values) - 1 and values[-1] < peak
    return peak if peak > SLACK * rate or (passed and 0 < peak < SEEN * rate) else None
