"""What a finding proposes: the rule's fix for this run, in canonical terms and in the file's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.configuration.catalogue import catalogue
from advisor.configuration.fact import Place
from advisor.expression import Nothing
from advisor.expression.notation import text as plainly
from advisor.rulebook.finding import Change, Fix
from advisor.rulebook.rule import FixRule

if TYPE_CHECKING:
    from advisor.rulebook.judgement import Scope

SIGNIFICANT = 3
"""Digits kept of a computed value: a suggestion of 4.9731e-6 would claim a precision that no evidence has."""


def prescribe(scope: Scope, wanted: float | None, place: Place | None) -> Fix | None:
    """The first of the rule's fixes that applies; for a band without one, the smallest change that reaches it."""
    if not scope.rule.fixes and wanted is not None and scope.rule.of is not None:
        change = setting(scope, scope.rule.of, wanted, _direction(scope))
        if change.old is not None:
            old = f"the default {plainly(change.old)}" if change.op == "insert" else change.old
            change = change._replace(because=f"{old} is {change.because}")
        return Fix("suggested", "immediate", settings_text((change,)), (change,))
    for fix in scope.rule.fixes:
        if fix.when is None or scope.value(fix.when) is True:
            return _fix(scope, fix, place)
    return None


def _fix(scope: Scope, fix: FixRule, place: Place | None) -> Fix | None:
    because = scope.words(fix.because) if fix.because is not None else scope.rule.title[:1].lower() + scope.rule.title[1:]
    if fix.key is not None:
        return _key_fix(scope, fix, place, because)
    changes = []
    for wanted in fix.settings:
        value = scope.value(wanted.value)
        if isinstance(value, Nothing):
            return None if fix.text is None else Fix("manual", fix.stage, scope.words(fix.text))
        changes.append((writing if wanted.native else setting)(scope, wanted.name, value, because))
    text = scope.words(fix.text) if fix.text is not None else settings_text(tuple(changes))
    return Fix(fix.applicability, fix.stage, text, tuple(changes))


def _key_fix(scope: Scope, fix: FixRule, place: Place | None, because: str) -> Fix | None:
    """A change of the key itself, or of how its value is written."""
    text = scope.words(fix.text) if fix.text is not None else because
    if place is None:
        return Fix("manual", fix.stage, text)
    fact = next((fact for fact in scope.run.facts.values() if fact.place is not None and fact.place.key == place.key), None)
    name = fact.name if fact is not None else None
    old = place.document.text[place.node.span.start : place.node.span.end]
    if fix.key == "rewrite":
        value = getattr(place.node, "value", None)
        if isinstance(value, str) and fact is not None and isinstance(fact.value, (int, float)):
            value = fact.value / fact.scale if fact.scale != 1 else fact.value  # the number that the reader saw inside the quotes
        return Fix(fix.applicability, fix.stage, text, (Change("set", name, place.key, old, value, because, place=place),))
    new_key = scope.local.get("observed.replacement")
    if fix.key == "rename" and not isinstance(new_key, str):
        return Fix("manual", fix.stage, text)
    change = Change(fix.key, name, place.key, old, None, because, new_key=new_key if isinstance(new_key, str) else None, place=place)  # type: ignore[arg-type]
    return Fix(fix.applicability, fix.stage, text, (change,))


def setting(scope: Scope, name: str, value: Any, because: str) -> Change:
    """Give a canonical name a value: at the key that holds it, or at a new key where the dialect has one for it."""
    fact = scope.run.facts.get(name)
    new = _rounded(value, name)
    if fact is not None and fact.place is not None:
        written = fact.place.document.text[fact.place.node.span.start : fact.place.node.span.end]
        native = new / fact.scale if isinstance(new, (int, float)) and not isinstance(new, bool) and fact.scale != 1 else new
        return Change("set", name, fact.place.key, written, _of_kind(native, fact.place), because, place=fact.place)
    return Change("insert", name, scope.run.key_for(name), fact.value if fact is not None else None, new, because)


def writing(scope: Scope, key: str, value: Any, because: str) -> Change:
    """Give a native key that has no canonical name a value: where it stands, or as a new key."""
    place = scope.run.native.find(key)
    if place is None:
        prefix = "" if "." in key else "".join(scope.run.native.prefixes[:1])
        return Change("insert", None, prefix + key, None, round(value) if _is_whole(value) else value, because)
    written = place.document.text[place.node.span.start : place.node.span.end]
    return Change("set", None, place.key, written, _of_kind(value, place), because, place=place)


def _rounded(value: Any, name: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if catalogue()[name].kind == "integer" or _is_whole(value):
        return round(value)
    return float(f"{value:.{SIGNIFICANT}g}")


def _is_whole(value: Any) -> bool:
    """Whether a value reads best without a point: a count, as far as anybody can tell. The rules' language knows only real numbers."""
    return isinstance(value, float) and value.is_integer() and value >= 1


def _of_kind(value: Any, place: Place) -> Any:
    """A whole number as the file writes the old one: a loader that wants an integer takes no `4.0`, and `1.0` says that 0.9 is possible."""
    old = getattr(place.node, "value", None)
    if isinstance(value, float) and isinstance(old, int) and not isinstance(old, bool) and value.is_integer():
        return int(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and isinstance(old, float) else value


def _direction(scope: Scope) -> str:
    side = scope.local.get("side")
    size = scope.local.get("size_class")
    return f"{side} the published band" + (f" for {size}" if size else "")


def settings_text(changes: tuple[Change, ...]) -> str:
    """What the changes write, in words."""
    return "; ".join(f"set {change.key or change.name} to {plainly(change.new)}" for change in changes)
