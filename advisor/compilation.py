"""Packs and tables made ready for reading: `python -m advisor.compilation` writes a JSON beside each YAML file of ours.

Expressions are parsed and checked here, once, and stored as trees; what only people read (examples) is left out. A build does this
(`hatch_build.py`); without it everything works the same, some tens of milliseconds slower.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from advisor.configuration.predicates import environment as table_environment
from advisor.expression import Environment, dump, dump_template, parse, parse_template
from advisor.resources import compiled_path, folder, parse_yaml, stamp
from advisor.rulebook.vocabulary import environment as rule_environment

Compile = Callable[[Any], Any]


def compile_all() -> list[Path]:
    """Write the compiled form of every pack, band and table. Raises ExpressionError where one of ours is wrong."""
    return [_write(source, compiled) for source, compiled in _sources()]


def _sources() -> Iterator[tuple[Path, Compile]]:
    rules, schemas = folder("rules"), folder("schemas")
    yield from ((path, _pack) for path in sorted(rules.glob("*.yaml")))
    yield from ((path, _unchanged) for path in sorted((rules / "bands").glob("*.yaml")))
    yield from ((path, _table) for path in sorted((schemas / "dialects").glob("*.yaml")))
    yield schemas / "derivations.yaml", lambda raw: [_fields(entry, table_environment(), ("when", "value")) for entry in raw]
    yield schemas / "model_sizes.yaml", _unchanged
    yield schemas / "metrics.yaml", _unchanged
    yield schemas / "diagnosis.yaml", _unchanged
    yield schemas / "reasoning.yaml", _unchanged


def _write(source: Path, compiled: Compile) -> Path:
    content = source.read_bytes()
    target = compiled_path(source)
    target.parent.mkdir(exist_ok=True)
    data = {"source": stamp(content), "data": compiled(parse_yaml(content))}
    target.write_text(json.dumps(data, separators=(",", ":")), encoding="utf-8")
    return target


def _unchanged(raw: Any) -> Any:
    return raw


def _pack(raw: Any) -> Any:
    return {**raw, "rules": [_rule(rule) for rule in raw["rules"]]} if "rules" in raw else raw


def _rule(raw: Mapping[str, Any]) -> dict[str, Any]:
    known = rule_environment()
    rule = _fields({name: value for name, value in raw.items() if name != "examples"}, known, ("when", "holds"), ("message",))
    if "cases" in raw:
        rule["cases"] = [_fields(case, known, ("when",), ("message",)) for case in raw["cases"]]
    if "evidence" in raw:
        rule["evidence"] = [_fields(item, known, ("value",)) for item in raw["evidence"]]
    if "fixes" in raw:
        rule["fixes"] = [_fix(fix, known) for fix in raw["fixes"]]
    return rule


def _fix(raw: Mapping[str, Any], known: Environment) -> dict[str, Any]:
    fix = _fields(raw, known, ("when",), ("text", "because"))
    for part in ("set", "keys"):
        if part in raw:
            fix[part] = {name: dump(parse(str(value), known)) for name, value in raw[part].items()}
    return fix


def _table(raw: Any) -> Any:
    known = table_environment()
    table = _fields(raw, known, ("recognise",))
    table["keys"] = {key: _meanings(meaning, known) for key, meaning in raw.get("keys", {}).items()}
    for part in ("loader", "methods", "derive", "defaults", "key_section"):
        if isinstance(raw.get(part), list):
            table[part] = [_fields(entry, known, ("when", "value")) if isinstance(entry, dict) else entry for entry in raw[part]]
    if "requires" in raw:
        table["requires"] = [dump(parse(condition, known)) for condition in raw["requires"]]
    if "aliases" in raw:
        table["aliases"] = {name: [_meanings(alias, known) for alias in aliases] for name, aliases in raw["aliases"].items()}
    return table


def _meanings(raw: Any, known: Environment) -> Any:
    if isinstance(raw, list):
        return [_meanings(meaning, known) for meaning in raw]
    return raw if isinstance(raw, str) else _fields(raw, known, ("when", "value"))


def _fields(
    raw: Mapping[str, Any], known: Environment, expressions: tuple[str, ...] = (), templates: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A mapping with the named fields parsed and stored as trees."""
    done = dict(raw)
    for field in expressions:
        if raw.get(field) is not None:
            done[field] = dump(parse(str(raw[field]), known))
    for field in templates:
        if raw.get(field) is not None:
            done[field] = dump_template(parse_template(str(raw[field]), known))
    return done


if __name__ == "__main__":
    sys.stdout.write(f"{len(compile_all())} files compiled\n")
