"""Packs: YAML files of rules and bands, built into rules with checked expressions.

A pack is data. It is read with spans, so that a mistake is reported with file, rule, line and column; it can neither run code nor
hang (see `advisor.expression` for the limits). Packs of our own are validated by the tests and not again at every start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from advisor.errors import InputError
from advisor.expression import Expression, ExpressionError, Template, Type, load, load_template, parse, parse_template
from advisor.rulebook.finding import Severity
from advisor.rulebook.rule import Band, BandRow, Case, EvidenceRule, FixRule, Rule, Setting
from advisor.rulebook.vocabulary import environment


class PackError(InputError):
    """A rule that cannot be built. `steps` leads from the rule to the value at fault, `offset` to the character in it."""

    def __init__(self, detail: str, steps: tuple[str | int, ...], offset: int = 0) -> None:
        super().__init__("pack", detail)
        self.detail = detail
        self.steps = steps
        self.offset = offset


def build_rule(raw: Mapping[str, Any], pack: str) -> Rule:
    """A rule from its YAML. Raises PackError naming the field at fault."""
    build = _Builder(raw)
    return Rule(
        id=raw["id"],
        name=raw["name"],
        title=raw["title"],
        form=raw["form"],
        pack=pack,
        methods=tuple(raw.get("methods", ())),
        dialects=tuple(raw.get("dialects", ())),
        of=raw.get("of"),
        at=tuple(raw.get("at", ())),
        severity=Severity(raw.get("severity", "medium")),
        confidence=raw.get("confidence", "medium"),
        message=build.template(("message",)),
        why=raw["why"].strip(),
        cause=raw.get("cause"),
        when=build.condition(("when",)),
        holds=build.condition(("holds",)),
        band=raw.get("band"),
        observes=raw.get("observes"),
        assume=raw.get("assume"),
        cases=tuple(build.case(("cases", index)) for index in range(len(raw.get("cases", ())))),
        related=tuple(raw.get("related", ())),
        fixes=tuple(build.fix(("fixes", index)) for index in range(len(raw.get("fixes", ())))),
        references=tuple(raw.get("references", ())),
        history=raw.get("history", False),
        evidence=tuple(build.evidence(("evidence", index)) for index in range(len(raw.get("evidence", ())))),
        severities={region: None if grade == "silent" else Severity(grade) for region, grade in raw["severities"].items()}
        if "severities" in raw
        else None,
    )


def build_bands(raw: Mapping[str, Any]) -> Iterable[Band]:
    for name, band in raw.items():
        rows = tuple(_row(row) for row in band["rows"])
        yield Band(name=name, title=band["title"], by=band.get("by"), rows=rows)


def _row(raw: Mapping[str, Any]) -> BandRow:
    return BandRow(
        to=raw.get("to"),
        recommended=_range(raw["recommended"]),
        acceptable=_range(raw.get("acceptable", raw["recommended"])),
        fails=_range(raw.get("fails", (None, None))),
        typical=raw.get("typical"),
        grade=raw["grade"],
        support=tuple(raw["support"]),
        label=raw.get("label", ""),
    )


def _range(raw: Any) -> tuple[float | None, float | None]:
    low, high = raw
    return low, high


class _Builder:
    """Expressions and templates of one rule, checked, with the way to each for error messages."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw

    def at(self, steps: tuple[str | int, ...]) -> Any:
        value: Any = self.raw
        for step in steps:
            value = value.get(step) if isinstance(value, Mapping) else value[step]
            if value is None:
                return None
        return value

    def expression(self, steps: tuple[str | int, ...], expects: Type | None = None) -> Expression:
        raw = self.at(steps)
        try:
            return load(raw) if isinstance(raw, list) else parse(str(raw), environment(), expects)
        except ExpressionError as error:
            raise self.refused(error, steps) from None

    def condition(self, steps: tuple[str | int, ...]) -> Expression | None:
        return None if self.at(steps) is None else self.expression(steps, Type.BOOLEAN)

    def template(self, steps: tuple[str | int, ...]) -> Template:
        raw = self.at(steps)
        try:
            return load_template(raw) if isinstance(raw, list) else parse_template(str(raw), environment())
        except ExpressionError as error:
            raise self.refused(error, steps) from None

    def optional_template(self, steps: tuple[str | int, ...]) -> Template | None:
        return None if self.at(steps) is None else self.template(steps)

    def refused(self, error: ExpressionError, steps: tuple[str | int, ...]) -> PackError:
        hint = f" ({error.hint})" if error.hint else ""
        return PackError(f"rule {self.raw.get('id')}: {error.message}{hint}", steps, error.column - 1)

    def case(self, steps: tuple[str | int, ...]) -> Case:
        raw = self.at(steps)
        return Case(
            when=self.expression((*steps, "when"), Type.BOOLEAN),
            severity=Severity(raw["severity"]) if "severity" in raw else None,
            confidence=raw.get("confidence"),
            message=self.optional_template((*steps, "message")),
        )

    def evidence(self, steps: tuple[str | int, ...]) -> EvidenceRule:
        raw = self.at(steps)
        return EvidenceRule(raw["metric"], raw["statistic"], self.expression((*steps, "value"), Type.NUMBER))

    def fix(self, steps: tuple[str | int, ...]) -> FixRule:
        raw = self.at(steps)
        names, keys = raw.get("set", {}), raw.get("keys", {})
        return FixRule(
            applicability=raw.get("applicability", "suggested" if names or keys else "manual"),
            stage=raw.get("stage", "immediate"),
            text=self.optional_template((*steps, "text")),
            because=self.optional_template((*steps, "because")),
            settings=(
                *(Setting(name, self.expression((*steps, "set", name))) for name in names),
                *(Setting(key, self.expression((*steps, "keys", key)), native=True) for key in keys),
            ),
            when=self.condition((*steps, "when")),
            key=raw.get("key"),
        )
