"""One vocabulary for the metrics of every framework, read from `schemas/metrics.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, cached_property, lru_cache
from typing import Any, Literal, NamedTuple, cast

from advisor.resources import data, load_yaml

LONGEST_KEY = 256


class Native(NamedTuple):
    """One way in which a framework writes a metric. The fields are those of the table."""

    metric: str
    key: str
    framework: str
    estimator: str | None = None
    aggregation: str | None = None
    scale: float = 1.0
    transform: Literal["sqrt"] | None = None
    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    evaluation: bool = False


class Metric(NamedTuple):
    title: str
    unit: str
    native: tuple[Native, ...]
    setting: bool = False
    """Configurations use the same names, so the key proves no log."""


class Meaning(NamedTuple):
    """What a native key of a given log stands for."""

    metric: str
    native: Native


class _Key(NamedTuple):
    """One reading of a logged key: what is left without its prefixes, and on which side it stands."""

    base: str
    evaluation: bool


@dataclass(frozen=True)
class Vocabulary:
    metrics: Mapping[str, Metric]
    step_keys: tuple[str, ...]
    epoch_keys: tuple[str, ...]
    total_keys: tuple[str, ...]
    evaluation_prefixes: tuple[str, ...]
    training_prefixes: tuple[str, ...]
    summary_keys: frozenset[str]
    wrappers: frozenset[str]
    sample_keys: frozenset[str]
    ignored: tuple[str, ...]
    frameworks: Mapping[str, tuple[str, ...]]
    methods: tuple[tuple[str, frozenset[str]], ...]
    """Method -> metrics that only it logs, in the order in which they are tried."""
    method_settings: tuple[str, ...]
    printed_settings: tuple[str, ...]
    """First keys of the dictionaries of settings that runs print when they start."""
    not_logs: tuple[str, ...]
    _ignored_exact: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ignored_exact", frozenset(name for name in self.ignored if "*" not in name))

    @cached_property
    def _ignored_patterns(self) -> tuple[str, ...]:
        return tuple(name for name in self.ignored if "*" in name)

    def is_ignored(self, key: str) -> bool:
        """Whether a logged key is bookkeeping or derived, and so no metric."""
        name = normalised(key)
        return name in self._ignored_exact or any(fnmatchcase(name, pattern) for pattern in self._ignored_patterns)

    def step_key(self, keys: Iterable[str]) -> str | None:
        """The key that counts optimizer steps, the preferred one if there are several."""
        return _preferred(keys, self.step_keys)

    def epoch_key(self, keys: Iterable[str]) -> str | None:
        return _preferred(keys, self.epoch_keys)

    def framework(self, keys: Iterable[str]) -> str | None:
        """The framework that wrote a log, where one of the keys is its alone."""
        present = set(keys)
        return next((name for name, own in self.frameworks.items() if not present.isdisjoint(own)), None)

    def known(self, key: str) -> bool:
        """Whether a key alone, whatever else is logged, is a sign of a log of metrics."""
        if normalised(key) in self.epoch_keys:
            return False
        return any(item.base in self._exact or any(_part(native.key, item.base) for native in self._patterns) for item in self._split(key))

    def resolve(self, keys: Iterable[str], framework: str | None = None) -> dict[str, Meaning]:
        """Canonical names of the keys of one log, which may decide together what one of them means.

        Keys without a canonical name are left out, as are all but the best key of a metric. Metrics of evaluation rows are
        called `eval_` and the name of the training metric.
        """
        readings: dict[tuple[str, bool], list[str]] = {}
        for key in dict.fromkeys(keys):
            for item in self._split(key):
                readings.setdefault((item.base, item.evaluation), []).append(key)
        present = {base for base, _ in readings}
        found: dict[str, Meaning] = {}
        taken: set[str] = set()
        for evaluation in (False, True):
            for name, metric in self.metrics.items():
                for native in _by_framework(metric.native, framework):
                    if not _applies(native, present):
                        continue
                    for part, key in _matches(native, readings, evaluation):
                        full = ("eval_" if evaluation else "") + name.replace("*", part)
                        if key not in found and full not in taken:
                            found[key] = Meaning(full, native)
                            taken.add(full)
        return found

    @cached_property
    def _exact(self) -> frozenset[str]:
        measured = (metric for metric in self.metrics.values() if not metric.setting)
        return frozenset(native.key for metric in measured for native in metric.native if "*" not in native.key)

    @cached_property
    def _patterns(self) -> tuple[Native, ...]:
        return tuple(native for metric in self.metrics.values() for native in metric.native if "*" in native.key)

    def _split(self, key: str) -> list[_Key]:
        """The readings of a key: as it stands, and without the prefix of training or evaluation."""
        name = normalised(key)
        readings = [_Key(name, False)]
        for prefix in self.evaluation_prefixes:
            if name.startswith(prefix):
                readings.append(_Key(name[len(prefix) :], True))
                break
        else:
            for prefix in self.training_prefixes:
                if name.startswith(prefix):
                    readings.extend(self._split(name[len(prefix) :]))
                    break
        return readings


def _by_framework(entries: tuple[Native, ...], framework: str | None) -> Iterable[Native]:
    return sorted(entries, key=lambda native: native.framework != framework) if framework else entries


def _applies(native: Native, present: set[str]) -> bool:
    return not (native.required and present.isdisjoint(native.required)) and present.isdisjoint(native.excluded)


def _matches(native: Native, readings: Mapping[tuple[str, bool], list[str]], evaluation: bool) -> Iterable[tuple[str, str]]:
    """The part that a `*` stands for, and the logged key, for every key of the wanted side that an entry names."""
    sides = (False, True) if native.evaluation and evaluation else () if native.evaluation else (evaluation,)
    for side in sides:
        if "*" not in native.key:
            for key in readings.get((native.key, side), ()):
                yield "", key
            continue
        for (base, where), keys in readings.items():
            part = _part(native.key, base) if where == side else None
            if part:
                for key in keys:
                    yield part, key


def _part(pattern: str, base: str) -> str | None:
    """What the first `*` of a pattern stands for in a key. A `*` does not reach over a slash."""
    match = _compiled(pattern).fullmatch(base)
    return match[1] if match else None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("([^/]+)".join(re.escape(piece) for piece in pattern.split("*")))


_RUN_PREFIX = re.compile(r"^.+ - (?=\S+$)")
_SLASH = re.compile(r"\s*/\s*")
_BLANK = re.compile(r"[\s\-]+")


def without_run_name(key: str) -> str:
    """A column of an export of several runs, `<run> - <key>`, as its key alone."""
    return _RUN_PREFIX.sub("", key)


@lru_cache(maxsize=8192)
def normalised(key: str) -> str:
    """A key in the form in which keys are compared: `Run 7 - train / Loss` is `train/loss`. Longer keys are cut."""
    text = "".join(character for character in key[:LONGEST_KEY] if character.isascii()).replace("*", "").replace("`", "").strip()
    text = without_run_name(_SLASH.sub("/", text))
    return _BLANK.sub("_", text).strip("_ ").lower() if not text.startswith("_") else text.lower()


def _preferred(keys: Iterable[str], names: tuple[str, ...]) -> str | None:
    known = {normalised(key): key for key in reversed(list(keys))}
    return next((known[name] for name in names if name in known), None)


def _native(metric: str, framework: str, entry: str | dict[str, Any]) -> Native:
    fields: dict[str, Any] = {"key": entry} if isinstance(entry, str) else entry
    return Native(
        metric=metric,
        key=fields["key"].lower(),
        framework=framework,
        estimator=fields.get("estimator"),
        aggregation=fields.get("aggregation"),
        scale=float(fields.get("scale", 1.0)),
        transform=fields.get("transform"),
        required=tuple(fields.get("with", ())),
        excluded=tuple(fields.get("unless", ())),
        evaluation=bool(fields.get("evaluation", False)),
    )


@cache
def vocabulary() -> Vocabulary:
    """The table that ships with the package, read once."""
    table = cast(dict[str, Any], load_yaml(data("schemas", "metrics.yaml")))
    metrics = {
        name: Metric(
            title=entry["title"],
            unit=entry["unit"],
            native=tuple(_native(name, framework, key) for framework, keys in entry["native"].items() for key in keys),
            setting=bool(entry.get("setting", False)),
        )
        for name, entry in table["metrics"].items()
    }
    return Vocabulary(
        metrics=metrics,
        step_keys=tuple(table["axes"]["step"]),
        epoch_keys=tuple(table["axes"]["epoch"]),
        total_keys=tuple(table["axes"]["total"]),
        evaluation_prefixes=tuple(table["prefixes"]["evaluation"]),
        training_prefixes=tuple(table["prefixes"]["training"]),
        summary_keys=frozenset(table["summary_keys"]),
        wrappers=frozenset(table["wrappers"]),
        sample_keys=frozenset(table["sample_keys"]),
        ignored=tuple(table["ignored"]),
        not_logs=tuple(table["not_logs"]),
        frameworks={name: tuple(keys) for name, keys in table["frameworks"].items()},
        methods=tuple((entry["is"], frozenset(entry["any"])) for entry in table["methods"]),
        method_settings=tuple(table["method_settings"]),
        printed_settings=tuple(table["printed_settings"]),
    )
