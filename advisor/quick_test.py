"""The small configuration that shows in minutes whether a training loop works at all, derived from a real one.

The changes are data (`schemas/diagnosis.yaml`, `quick_test`), by canonical name, so that they are made in every dialect that can be edited.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.diagnosis.reading_guide import Guide
from advisor.dialects.options import Options
from advisor.dialects.resolution import Resolved, resolve
from advisor.errors import InputError
from advisor.fixes.edit import Applied, Edit
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.history.history import History
from advisor.outcome import FileOutcome

RULE = "QCK001"
"""Marks the comments as ours; no rule of a pack has this id."""


class QuickTest(NamedTuple):
    text: str
    applied: tuple[Applied, ...]
    left: tuple[str, ...]
    """What the file's dialect has no key for, or what could not be edited, in words."""
    changes: tuple[tuple[str, int | bool], ...] = ()
    """The native keys with their new values, as overrides on a command line would have them."""
    seconds: float | None = None
    """What it takes at the pace of the run's fastest logged step, without the time to load."""


def quick_test(outcome: FileOutcome, options: Options) -> QuickTest:
    """The text of the small configuration. Raises InputError for a run without a configuration that can be edited."""
    if not outcome.documents:
        raise InputError("usage", "a quick test is derived from a configuration: name one with --config")
    resolved = resolve(outcome.documents, options)
    document = resolved.document
    edits: list[Edit] = []
    left: list[str] = []
    for name, value, because in _wanted(outcome, resolved):
        fact = resolved.facts.get(name)
        place = fact.place if fact is not None else None
        if place is not None and place.document is not document:
            left.append(f"{name} stands in {place.document.path}")
            continue
        key = place.key if place is not None else resolved.key_for(name)
        if key is None:
            left.append(f"{name} has no key in this dialect")
        else:
            edits.append(Edit("set" if place is not None else "insert", key, value, because=because, rule=RULE))
    spliced = splice(document, edits)
    verify(document, spliced)
    left += [refused.reason for refused in spliced.refused]
    changes = tuple((edit.key, edit.value) for edit in edits if isinstance(edit.value, (int, bool)))
    return QuickTest(spliced.text, spliced.applied, tuple(left), changes, _seconds(outcome, resolved, spliced.text))


def _seconds(outcome: FileOutcome, resolved: Resolved, text: str) -> float | None:
    """Steps of the test times the fastest step of the log, less work in proportion to the batch."""
    from advisor.source.reading import read

    series = outcome.history.series.get("step_time") if outcome.history is not None else None
    fastest = min((value for value in series.values if value > 0), default=None) if series is not None else None
    small = resolve([read(resolved.document.path, text.encode())], Options()).facts
    steps, batch, whole = (
        facts.lookup(name)
        for facts, name in ((small, "schedule.max_steps"), (small, "batch.effective"), (resolved.facts, "batch.effective"))
    )
    if fastest is None or not all(isinstance(one, (int, float)) and one > 0 for one in (steps, batch, whole)):
        return None
    return fastest * float(steps) * float(batch) / float(whole)  # type: ignore[arg-type]


def _wanted(outcome: FileOutcome, resolved: Resolved) -> Iterator[tuple[str, int | bool, str]]:
    """The values to write. What makes a run no smaller is left as it is."""
    guide = Guide(resolved.facts, outcome.history or History("", "none"), resolved.method)
    for entry in guide.entries("quick_test"):
        value = guide.value(entry["value"])
        if not guide.holds(entry) or not isinstance(value, (int, float)):
            continue
        fact = resolved.facts.get(entry["name"])
        scale = fact.scale if fact is not None else 1.0
        # A native value that counts prompts holds whole groups whatever their size; one is the least.
        new = value if isinstance(value, bool) else max(1, round(value / scale))
        if fact is None or not isinstance(fact.value, (bool, int, float)) or fact.value / scale != new:
            yield entry["name"], new, entry["because"]
