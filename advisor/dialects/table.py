"""A dialect's table: how its files are recognised, and what each native key means in canonical terms.

Tables are `schemas/dialects/<dialect>.yaml`; `docs/dialect-tables.md` describes the format, and adding a dialect is adding one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from advisor.configuration.predicates import environment
from advisor.expression import Expression, Type, load, parse
from advisor.resources import data, load_yaml

Loader = Literal["casts", "yaml12", "floats", "keeps", "typed", "unknown"]
"""What becomes of a number that YAML 1.1 reads as text (`5e-7`): the framework casts it by the key's type, reads YAML 1.2 (OmegaConf),
calls float() on it, keeps the text (and fails later), has typed values anyway (Python, TOML, JSON), or nobody knows."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One canonical reading of a native key. The first whose `when` holds counts."""

    name: str
    when: Expression | None = None
    value: Expression | None = None
    """The canonical value, where it is not the native one; may use `value` and other keys."""
    values: Mapping[str, Any] | None = None
    """Native spelling (lower case) -> canonical value, for words."""
    scale: str | None = None
    """A number or native key by which the native value is multiplied."""
    write: bool = True
    """Whether an edit of the canonical value may be written to this key."""
    dead: str | None = None
    """Why the key has no effect where `when` holds; the fact is then not made."""


class Alias(NamedTuple):
    """Last words of a hand-made key, and what they mean."""

    words: tuple[str, ...]
    meaning: Meaning
    methods: tuple[str, ...] | None = None
    """Methods for which the alias holds; None: all that have the name."""
    item: int | None = None
    """Which item of a list is meant: `betas[1]`."""
    position: int = 0
    """Where it stands among the aliases of its name; earlier ones win."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that holds under a condition: a method, a loader."""

    when: Expression | None
    value: Any


@dataclass(frozen=True, slots=True)
class Derivation:
    """A canonical value computed from others, where the file does not give it."""

    name: str
    value: Expression
    when: Expression | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Default:
    """Values that the framework uses when the file is silent."""

    values: Mapping[str, Any]
    when: Expression | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    dialect: str
    title: str
    framework: str | None
    loader: tuple[Choice, ...]
    prefixes: tuple[tuple[str, ...], ...]
    """Groups of prefixes; of each group the first that a run has counts."""
    methods: tuple[Choice, ...]
    keys: Mapping[str, tuple[Meaning, ...]]
    derive: tuple[Derivation, ...]
    defaults: tuple[Default, ...]
    known: tuple[str, ...]
    sections: Mapping[str, tuple[str, ...]]
    aliases: tuple[Alias, ...]
    key_section: tuple[Choice, ...] = ()
    """The section of the framework's key table (`schemas/keys/`) that a file of this method answers to."""
    parents: tuple[str, ...] = ()
    """Keys that name the files on which a file builds."""
    shipped: tuple[str, ...] = ()
    """Names of such files that the framework itself ships: where a script's are not found, the table's defaults are theirs."""
    packages: tuple[str, ...] = ()
    """Packages under the framework whose releases matter to a run."""
    attachments: tuple[str, ...] = ()
    """Keys that name a file of settings for an engine, read beneath the key."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a dialect is recognised; signatures are tried in ascending order and the first that holds wins."""

    dialect: str
    order: int
    recognise: tuple[Expression, ...]
    """Conditions that must all hold."""
    looks_for: str
    """In words, for the message about a file that no dialect recognises."""


@cache
def signatures() -> tuple[Signature, ...]:
    found = []
    for path in sorted(data("schemas", "dialects").glob("*.yaml")):
        raw = load_yaml(path)
        if "recognise" in raw:
            conditions = [raw["recognise"], *raw.get("requires", ())]
            recognise = tuple(_expression(condition, Type.BOOLEAN) for condition in conditions)
            found.append(Signature(raw["dialect"], raw["order"], recognise, raw["looks_for"]))
    return tuple(sorted(found, key=lambda signature: signature.order))


@cache
def load_table(dialect: str) -> Table:
    """The table of a dialect, with the tables it includes merged beneath it. Raises KeyError for an unknown dialect."""
    path = data("schemas", "dialects", f"{dialect}.yaml")
    if not path.is_file():
        raise KeyError(dialect)
    parts = list(_with_included(load_yaml(path)))

    def first(name: str) -> Any:
        return next((part[name] for part in parts if name in part), None)

    def joined(name: str) -> list[Any]:
        return [entry for part in parts for entry in part.get(name, ())]

    keys: dict[str, Any] = {}
    for part in parts:
        keys = {**keys, **{key: meaning for key, meaning in part.get("keys", {}).items() if key not in keys}}
    return Table(
        dialect=parts[0]["dialect"],
        title=parts[0]["title"],
        framework=first("framework"),
        loader=tuple(_choice(entry) for entry in _listed(first("loader"))),
        prefixes=tuple(tuple(_listed(group)) for group in first("prefixes") or ()),
        methods=tuple(_choice(entry) for entry in first("methods")),
        keys={key: tuple(_meaning(entry) for entry in _listed(meaning)) for key, meaning in keys.items()},
        derive=tuple(_derivation(entry) for entry in joined("derive")),
        defaults=tuple(_default(entry) for entry in joined("defaults")),
        known=tuple(joined("known")),
        sections={name: tuple(words) for name, words in (first("sections") or {}).items()},
        aliases=tuple(
            _alias(name, entry, position) for name, entries in (first("aliases") or {}).items() for position, entry in enumerate(entries)
        ),
        parents=tuple(first("parents") or ()),
        shipped=tuple(first("shipped") or ()),
        attachments=tuple(first("attachments") or ()),
        packages=tuple(dict.fromkeys(joined("packages"))),
        key_section=tuple(_choice(entry) for entry in _listed(first("key_section") or [])),
    )


def _with_included(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A table and, beneath it, those that it includes."""
    yield raw
    for name in raw.get("include", ()):
        yield from _with_included(load_yaml(data("schemas", "dialects", f"{name}.yaml")))


@cache
def general_derivations() -> tuple[Derivation, ...]:
    """Derivations that hold in every dialect: `schemas/derivations.yaml`."""
    return tuple(_derivation(entry) for entry in load_yaml(data("schemas", "derivations.yaml")))


def _expression(source: Any, expects: Type | None = None) -> Expression:
    """An expression as a table writes it, or as a build has compiled it."""
    return load(source) if isinstance(source, list) else parse(str(source), environment(), expects)


def _condition(source: Any) -> Expression | None:
    return None if source is None else _expression(source, Type.BOOLEAN)


def _listed(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else [raw]


def _meaning(raw: str | Mapping[str, Any]) -> Meaning:
    if isinstance(raw, str):
        return Meaning(raw)
    value = raw.get("value")
    return Meaning(
        name=raw["name"],
        when=_condition(raw.get("when")),
        value=None if value is None else _expression(value),
        values={str(word).lower(): meaning for word, meaning in raw["values"].items()} if "values" in raw else None,
        scale=None if raw.get("scale") is None else str(raw["scale"]),
        write=raw.get("write", value is None),
        dead=raw.get("dead"),
    )


def _alias(name: str, raw: str | Mapping[str, Any], position: int) -> Alias:
    """An alias as a table writes it: `lr`, `lora.r`, `betas[0]`, `beta @ dpo kto`, or a meaning with one of these as `alias`."""
    written, _, methods = (raw if isinstance(raw, str) else raw["alias"]).partition("@")
    words, _, item = written.strip().partition("[")
    meaning = _meaning(name if isinstance(raw, str) else {**raw, "name": name})
    return Alias(tuple(words.split(".")), meaning, tuple(methods.split()) or None, int(item[:-1]) if item else None, position)


def _choice(raw: str | Mapping[str, Any]) -> Choice:
    return Choice(None, raw) if isinstance(raw, str) else Choice(_condition(raw.get("when")), raw["is"])


def _derivation(raw: Mapping[str, Any]) -> Derivation:
    return Derivation(raw["name"], _expression(raw["value"]), _condition(raw.get("when")), raw.get("note", ""))


def _default(raw: Mapping[str, Any]) -> Default:
    return Default(raw["values"], _condition(raw.get("when")), raw.get("note", ""))
