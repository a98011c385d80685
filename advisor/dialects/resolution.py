"""From documents to facts: read a run's files the way their framework would.

documents, options -> dialect -> method -> facts from the file -> from options and comments -> derived -> defaults -> derived
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache, cached_property

from advisor.configuration.catalogue import Value, catalogue
from advisor.configuration.fact import Fact, Facts, Place
from advisor.configuration.model_size import parameters_from_name
from advisor.configuration.native import Native, merged
from advisor.configuration.predicates import Predicates
from advisor.dialects.alias import aliased
from advisor.dialects.attachment import with_attachments
from advisor.dialects.composition import ancestry, interpolated
from advisor.dialects.interpretation import interpret
from advisor.dialects.options import Options
from advisor.dialects.pins import Pin, releases
from advisor.dialects.recognition import recognise
from advisor.dialects.table import Choice, Derivation, Loader, Meaning, Table, general_derivations, load_table
from advisor.expression import UNKNOWN, Expression, Nothing, evaluate
from advisor.expression.notation import size as in_short
from advisor.source.document import Document, Duplicate, Node, Scalar


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that reading the file showed and that is no value: a number that is text, a dead switch, a key written twice."""

    kind: str
    place: Place | None
    name: str | None
    """The canonical name concerned, where there is one."""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resolved:
    """One run's configuration in canonical terms, and how much of its files was understood."""

    documents: tuple[Document, ...]
    dialect: str
    title: str
    framework: str | None
    versions: Mapping[str, str]
    pins: Mapping[str, str]
    """Where those releases stand that no option gave."""
    method: str | None
    loader: Loader
    facts: Facts
    keys_read: tuple[str, ...]
    keys_unknown: tuple[str, ...]
    observations: tuple[Observation, ...]
    missing: tuple[str, ...]
    """Files that it builds on and that are not there."""
    table: Table
    native: Native

    @property
    def document(self) -> Document:
        return self.documents[0]

    def assumptions(self) -> tuple[str, ...]:
        """In words, what was taken to be so because nobody said otherwise."""
        size = self.facts.get("model.parameters")
        number = size.value if size is not None and size.origin == "derived" else None
        found = [f"model.parameters = {in_short(number)}, {size.note}"] if size and isinstance(number, (int, float)) and number else []
        read = (place for key, place in self.native.places.items() if place.entry.default and key in self.keys_read)
        used = self.framework or ""
        release = [f"{used} {self.versions[used]}, {self.pins[used]}"] if used in self.pins else []
        absent = (f"{name} is not there: what it could hold is unknown" for name in self.missing)
        return (*release, *absent, *found, *(f"{place.key} keeps its default; the environment may override it" for place in read))

    @cached_property
    def _held(self) -> _Reader:
        return _Reader(self.table, self.native, self.versions, dict(self.facts))

    def key_for(self, name: str) -> str | None:
        """The native key under which a canonical value would be written that the file does not hold.

        Of several the one in the deepest section that the file has, else in the fewest: a fork reads keys that its framework does not know.
        """
        keys = [
            key
            for key, meanings in self.table.keys.items()
            for meaning in meanings
            if meaning.name == name and meaning.write and meaning.dead is None and self._held.holds(meaning.when, None)
        ]
        if not keys:
            return None
        key = max(keys, key=lambda key: (depth := self.native.depth_of(key), depth - key.count(".")))
        return key if "." in key else "".join(self.native.prefixes[:1]) + key


def resolve(documents: Sequence[Document], options: Options) -> Resolved:
    """Read a run. Raises InputError where no dialect recognises it."""
    own = merged(documents)
    signature = recognise(own, options.dialect)
    table = load_table(signature)
    parents = ancestry(documents[0], table.parents, table.shipped)
    native = interpolated(merged(documents, parents.documents) if parents.documents else own).under(table.prefixes)
    native = with_attachments(native, table.attachments) if table.attachments else native
    pins = _pins(documents[0], table)
    versions = {**{name: pin.version for name, pin in pins.items()}, **options.versions}
    reader = _Reader(table, native, versions, {}, missing=parents.missing)
    given = options.with_comments(documents[0])
    reader.given(given)
    reader.read_method(given.method)
    reader.read_keys()
    reader.derive(table.derive)
    reader.model_size()
    reader.defaults()
    # A dialect's derivation may build on a general one and the other way round: samples per step, then steps, then warm-up.
    for derivations in (table.derive, general_derivations(), table.derive, general_derivations()):
        reader.derive(derivations)
    return Resolved(
        documents=tuple(documents),
        dialect=table.dialect,
        title=table.title,
        framework=table.framework,
        versions=versions,
        pins={name: pin.source for name, pin in pins.items() if name not in options.versions},
        method=reader.method,
        loader=reader.loader,
        facts=Facts(reader.facts, open_ended=bool(parents.missing)),
        missing=parents.missing,
        keys_read=tuple(sorted(reader.used)),
        keys_unknown=tuple(key for key in native.leaves if key not in reader.used and not reader.is_known(key)),
        observations=(*reader.observations, *_duplicates(documents), *reader.key_observations()),
        table=table,
        native=native,
    )


def _pins(document: Document, table: Table) -> Mapping[str, Pin]:
    """The releases that the project of a file uses; a live object or a mapping has no project of its own."""
    if table.framework is None or document.format == "mapping":
        return {}
    return releases(document.path, table.framework, table.packages)


@dataclass
class _Reader:
    """The facts of one run while they are being gathered."""

    table: Table
    native: Native
    versions: Mapping[str, str]
    facts: dict[str, Fact]
    used: set[str] = field(default_factory=set)
    observations: list[Observation] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    """Parents that are not there: what they could hold is unknown, and no default may stand in for it."""

    def __post_init__(self) -> None:
        self._functions = Predicates(self.native, self.versions)
        self._known = Facts(self.facts, open_ended=bool(self.missing))
        self._known_key = _any_of(self.table.known).match

    @property
    def method(self) -> str | None:
        fact = self.facts.get("method")
        return fact.value if fact is not None and isinstance(fact.value, str) else None

    @cached_property
    def loader(self) -> Loader:
        """What the loader makes of a number that YAML 1.1 reads as text, for this very file."""
        chosen: Loader = next((choice.value for choice in self.table.loader if self.holds(choice.when, None)), "unknown")
        return chosen

    def evaluate(self, expression: Expression, value: Value | None) -> Value | Nothing:
        def lookup(name: str) -> Value | Nothing:
            if name == "value":
                return UNKNOWN if value is None else value
            if name.startswith("source."):
                return self.source(name)
            return self._known.lookup(name)

        return evaluate(expression, lookup, self._functions)

    def source(self, name: str) -> Value | Nothing:
        if name == "source.loader":
            return self.loader
        if name == "source.format":
            return self.native.documents[0].format
        return {"source.dialect": self.table.dialect, "source.framework": self.table.framework or ""}.get(name, UNKNOWN)

    def holds(self, condition: Expression | None, value: Value | None) -> bool:
        return condition is None or self.evaluate(condition, value) is True

    def given(self, options: Options) -> None:
        """Facts from the command line and from inline comments come before what a file leaves open, and never against it."""
        for name, fact in options.facts.items():
            self.facts[name] = fact

    def read_method(self, given: str | None) -> None:
        if given is not None:
            self.facts["method"] = Fact("method", given, "option")
            return
        for choice in self.table.methods:
            if self.holds(choice.when, None):
                place = self._method_place(choice)
                self.facts["method"] = Fact(
                    "method", choice.value, "file" if place else "derived", place, None if place else "read from the keys"
                )
                return

    def _method_place(self, choice: Choice) -> Place | None:
        """Where the file names its method in so many words."""
        for key in ("rl", "rlhf_type", "stage", "method", "algorithm", "trainer_type", "algo", "*.algorithm", "*.stage", "*.method"):
            for place in self.native.matching(key):
                if isinstance(place.node, Scalar) and choice.value in str(place.node.value).lower():
                    self.used.add(place.key)
                    return place
        return None

    def read_keys(self) -> None:
        for key, meanings in self.table.keys.items():
            place = self.native.find(key)
            if place is not None:
                self.used.add(place.key)
                self.read(place, meanings)
        for place, meaning in aliased(self.table, self.native, self.method, self.used, self.applies):
            self.used.add(place.key)
            self.read(place, (meaning,), sure=False)

    def applies(self, meaning: Meaning, node: Node) -> bool:
        """Whether a meaning's condition holds for the value at hand; a text is no value to calculate with."""
        return self.holds(meaning.when, None if not isinstance(node, Scalar) or isinstance(node.value, str) else node.value)

    def read(self, place: Place, meanings: Sequence[Meaning], *, sure: bool = True) -> None:
        """Make the fact of a key. A key read by its last words is not `sure`: a value of another type may mean something else."""
        for meaning in meanings:
            if not self.applies(meaning, place.node):
                continue
            if meaning.dead is not None:
                self.observations.append(Observation("dead", place, meaning.name, {"reason": meaning.dead}))
            elif meaning.name not in self.facts or self.facts[meaning.name].origin in ("option", "comment", "unknown"):
                self.make(place, meaning, sure=sure)
            return

    def make(self, place: Place, meaning: Meaning, *, sure: bool = True) -> None:
        if isinstance(place.node, Scalar) and place.node.value is None:
            self.facts[meaning.name] = Fact(meaning.name, None, "file", place)
            return
        if meaning.value is not None:
            native = place.node.value if isinstance(place.node, Scalar) and not isinstance(place.node.value, str) else None
            result = self.evaluate(meaning.value, native)
            if isinstance(result, Nothing):
                self.facts[meaning.name] = Fact(meaning.name, None, "unknown", place, "it depends on a value that is not known")
            else:
                self.facts[meaning.name] = Fact(meaning.name, result, "file", place)
            return
        if meaning.values is not None:
            word = str(place.node.value).lower() if isinstance(place.node, Scalar) else getattr(place.node, "text", "").lower()
            if word in meaning.values:
                self.facts[meaning.name] = Fact(meaning.name, meaning.values[word], "file", place)
                return
        declared = catalogue()[meaning.name]
        reading = interpret(place.node, declared, self.loader)
        if reading.trouble is not None and (sure or reading.trouble != "type"):
            written = place.document.text[place.node.span.start : place.node.span.end]
            details = {"written": written, "expected": declared.bounds if reading.trouble == "bounds" else declared.kind}
            self.observations.append(Observation(reading.trouble, place, meaning.name, details))
        if reading.unknown is not None:
            self.facts[meaning.name] = Fact(meaning.name, None, "unknown", place, reading.unknown)
            return
        value, scale = reading.value, 1.0
        if meaning.scale is not None and isinstance(value, (int, float)):
            scale = self.scale(meaning.scale)
            value = value * scale
        self.facts[meaning.name] = Fact(meaning.name, value, "file", place, scale=scale)

    def scale(self, scale: str) -> float:
        """A factor: a number, or the number at another native key."""
        try:
            return float(scale)
        except ValueError:
            place = self.native.find(scale)
            number = place.node.value if place is not None and isinstance(place.node, Scalar) else None
            return float(number) if isinstance(number, (int, float)) else 1.0

    def derive(self, derivations: Sequence[Derivation]) -> None:
        for derivation in derivations:
            present = self.facts.get(derivation.name)
            if present is not None and (present.value is not None or present.origin == "unknown"):
                continue
            if not self.holds(derivation.when, None):
                continue
            value = self.evaluate(derivation.value, None)
            if not isinstance(value, Nothing):
                self.facts[derivation.name] = Fact(derivation.name, value, "derived", note=derivation.note)

    def model_size(self) -> None:
        name = self.facts.get("model.name")
        if "model.parameters" in self.facts or name is None or not isinstance(name.value, str):
            return
        parameters = parameters_from_name(name.value)
        if parameters is not None:
            self.facts["model.parameters"] = Fact("model.parameters", parameters, "derived", note=f"read from the name {name.value!r}")

    def defaults(self) -> None:
        for default in () if self.missing else self.table.defaults:
            if self.holds(default.when, None):
                for name, value in default.values.items():
                    if name not in self.facts:
                        made = tuple(value) if isinstance(value, list) else value
                        self.facts[name] = Fact(name, made, "default", note=default.note or f"default of {self.table.title}")

    def key_observations(self) -> Iterator[Observation]:
        """What the framework's releases say of the keys of the first file."""
        section = next((choice.value for choice in self.table.key_section if self.holds(choice.when, None)), None)
        if section in (None, "none") or self.table.framework is None:
            return
        from advisor.dialects.keys import load_keys
        from advisor.dialects.validity import remarks

        prefixes = self.native.prefixes
        here = self.native.documents[0]
        own = {
            self.native.unprefixed(key): self.native.places[key]
            for key in self.native.leaves
            if self.native.places[key].document is here and (not prefixes or key.startswith(prefixes))
        }
        known = frozenset(key for key in own if self.is_known(key))
        named = {fact.place.key: fact.name for fact in self.facts.values() if fact.place}
        for remark in remarks(load_keys(self.table.framework), section, own, self.versions, known):
            name = named.get(remark.place.key) if remark.place is not None else None
            yield Observation(remark.kind, remark.place, name, remark.details)

    def is_known(self, key: str) -> bool:
        """Whether the dialect knows a key that carries nothing for us, such as a path or a logging switch."""
        if self.native.prefixes and not key.startswith(self.native.prefixes):
            return True  # a constant or a call of something that is no setting of the run
        return self._known_key(self.native.unprefixed(key)) is not None


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)")


def _duplicates(documents: Sequence[Document]) -> list[Observation]:
    found = []
    for document in documents:
        for duplicate in document.duplicates:
            key = ".".join(duplicate.path)
            value = document.values.get(key)
            if value is not None:
                place = Place(document, key, value.entry, value.node)
                line = str(document.position(duplicate.first.start).line)
                details = {"first_line": line, "same": "yes" if _written_alike(document, duplicate, place) else "no"}
                found.append(Observation("duplicate", place, None, details))
    return found


def _written_alike(document: Document, duplicate: Duplicate, place: Place) -> bool:
    """Whether a key that stands twice is written both times with the same value, in the same words."""
    last = document.text[duplicate.last.start : place.node.span.end]
    end = duplicate.first.start + len(last)
    return document.text[duplicate.first.start : end] == last and document.text[end : end + 1].strip() in ("", ",", "}", "]", "\\")
