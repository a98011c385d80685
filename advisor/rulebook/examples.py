"""A rule's examples are its tests: what must fire, what must not, what cannot be judged, and what the fix must give."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from advisor.configuration.fact import Fact, Facts, Place
from advisor.configuration.native import merged
from advisor.expression import Nothing
from advisor.history.history import Event, History, Postmortem, Series
from advisor.rulebook.finding import Finding
from advisor.rulebook.judgement import Run, judge
from advisor.rulebook.rule import Rule, Rulebook
from advisor.source.document import Document, Entry, Scalar, Span
from advisor.source.document import Mapping as Section
from advisor.source.mapping_source import document_from


class Seen(NamedTuple):
    """An observation as an example gives it."""

    kind: str
    place: Place | None
    name: str | None
    details: Mapping[str, str]


def failures(rule: Rule, raw: Mapping[str, Any], rulebook: Rulebook) -> Iterator[str]:
    """What a rule's examples show to be wrong, in words; nothing where all hold. `raw` is the rule as its pack writes it."""
    examples: Mapping[str, list[Mapping[str, Any]]] = raw.get("examples") or {}
    wanted = ("bad", "good") if rule.form == "observation" else ("bad", "good", "skipped")
    yield from (f"{rule.id}: no {kind} example" for kind in wanted if not examples.get(kind))
    for kind, listed in examples.items():
        for index, example in enumerate(listed):
            found = _judged(rule, example, rulebook)
            problem = _problem(kind, found, example)
            if problem is not None:
                yield f"{rule.id}: {kind} example {index + 1} {problem}"


def example_finding(rule: Rule, example: Mapping[str, Any], rulebook: Rulebook) -> Finding | None:
    """What a rule says of one of its examples; None where it is silent."""
    return next(iter(_judged(rule, example, rulebook)), None)


def _judged(rule: Rule, example: Mapping[str, Any], rulebook: Rulebook) -> tuple[Finding, ...]:
    facts = example_facts(example.get("facts", {}))
    source = {"source.dialect": rule.dialects[0]} if rule.dialects else {}
    run = Run(
        facts=facts,
        method=_text(facts, "method"),
        observations=_observations(example),
        source={**source, **{f"source.{word}": str(value) for word, value in example.get("source", {}).items()}},
        history=example_history(example["history"]) if "history" in example else None,
        key_for=lambda name: name,
        native=merged([document_from(_nested(example.get("keys", {})), tuple(example.get("calls", ())))]),
        versions=example.get("versions", {}),
    )
    return judge(run, replace(rulebook, rules=(rule,))).findings


def _problem(kind: str, found: tuple[Finding, ...], example: Mapping[str, Any]) -> str | None:
    if kind != "bad":
        return f"fires: {found[0].message}" if found else None
    if not found:
        return "does not fire"
    finding = found[0]
    if "severity" in example and finding.severity.value != example["severity"]:
        return f"is {finding.severity.value}, expected {example['severity']}"
    if "?" in finding.message and "?" not in example.get("message", ""):
        return f"has a gap in its message: {finding.message}"
    changes = {change.name or change.key: change.new for change in finding.fix.changes} if finding.fix is not None else {}
    for name, value in example.get("fixed", {}).items():
        if name not in changes:
            return f"proposes no change of {name}"
        if not _same(changes[name], value):
            return f"proposes {name} = {changes[name]}, expected {value}"
    return None


def example_facts(values: Mapping[str, Any]) -> Facts:
    """Facts as if a file had given them, each at a place of its own; a null value is a fact that is unknown."""
    made = {}
    for name, value in values.items():
        if value is None:
            made[name] = Fact(name, None, "unknown", note="not known in this example")
        else:
            made[name] = Fact(name, tuple(value) if isinstance(value, list) else value, "file", _place(name, value))
    return Facts(made)


def example_history(raw: Mapping[str, Any]) -> History:
    """A history as an example gives it: `metrics` by canonical name, each a list of values, `{constant: 0.69, points: 40}`,
    `{start: 0.69, end: 0.3, points: 40}` or `{repeat: [0.1, 0.9], points: 40}`; beside them `every`, `epochs`, `ended`, `events`,
    `postmortem`, `estimators`, `aggregations`.
    """
    every = raw.get("every", 1)
    series = {}
    for metric, written in raw.get("metrics", {}).items():
        values = array("d", _values(written))
        steps = array("d", (every * (index + 1) for index in range(len(values))))
        estimator, aggregation = raw.get("estimators", {}).get(metric), raw.get("aggregations", {}).get(metric)
        series[metric] = Series(metric, metric, steps, values, estimator, aggregation)
    return History(
        path="example",
        format="example",
        epochs=raw.get("epochs", False),
        series=series,
        step_count=max((len(one) for one in series.values()), default=0),
        events=tuple(Event("warning", text) for text in raw.get("events", ())),
        postmortem=Postmortem(**raw["postmortem"]) if "postmortem" in raw else None,
        ended=raw.get("ended", "finished"),
    )


def _values(written: Any) -> list[float]:
    if isinstance(written, list):
        return [float(value) for value in written]
    points = written["points"]
    if "repeat" in written:
        return [float(written["repeat"][index % len(written["repeat"])]) for index in range(points)]
    start, end = (written["constant"],) * 2 if "constant" in written else (written["start"], written["end"])
    return [start + (end - start) * index / max(1, points - 1) for index in range(points)]


def _nested(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as the sections that a file would have."""
    root: dict[str, Any] = {}
    for key, value in keys.items():
        *sections, last = key.split(".")
        inner = root
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[last] = value
    return root


def _observations(example: Mapping[str, Any]) -> tuple[Seen, ...]:
    seen = example.get("observed")
    if seen is None:
        return ()
    details = {word: str(text) for word, text in seen.items() if word not in ("kind", "key", "name", "value")}
    place = _place(seen["key"], seen.get("value", seen.get("written", ""))) if "key" in seen else None
    return (Seen(seen["kind"], place, seen.get("name"), details),)


def _place(key: str, value: Any) -> Place:
    text = str(value)
    scalar = Scalar(Span(0, len(text)), value if isinstance(value, (bool, int, float, str)) else text, text, "plain")
    entry = Entry(key.rsplit(".", 1)[-1], Span(0, 0), scalar)
    document = Document("example.yaml", "yaml", text, Section(Span(0, len(text)), (entry,), False))
    return Place(document, key, entry, scalar)


def _text(facts: Facts, name: str) -> str | None:
    value = facts.lookup(name)
    return value if isinstance(value, str) and not isinstance(value, Nothing) else None


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-6)
    return bool(one == other)
