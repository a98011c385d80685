"""The surfaces on which hostile input arrives, each a function of bytes that raises where a promise is broken.

The promises: unusable input is an `InputError` and nothing else; 100 kB take less than a second; nothing is run, nothing is written,
nothing outside the input's own folder is read; a fix changes what it says and leaves every other byte.
"""

from __future__ import annotations

import math
import random
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from advisor.configuration.fact import Facts
from advisor.diagnose import diagnose
from advisor.dialects.options import Options
from advisor.errors import InputError
from advisor.expression import (
    UNKNOWN,
    ExpressionError,
    dump,
    dump_template,
    evaluate,
    load,
    load_template,
    missing,
    parse,
    parse_template,
    render,
)
from advisor.fixes.edit import Edit, UnsoundEdit
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.history.recognition import read_history
from advisor.outcome import FileOutcome, Outcome
from advisor.pipeline import lint_documents, lint_file, lint_history
from advisor.reports import run_json, run_markdown, run_text
from advisor.reports.audience import Audience
from advisor.reports.formats import FORMATS
from advisor.reports.formats import render as report
from advisor.rulebook.examples import failures
from advisor.rulebook.library import bands, references
from advisor.rulebook.pack_file import read_pack
from advisor.rulebook.rule import Rulebook
from advisor.rulebook.selection import Selection
from advisor.rulebook.vocabulary import environment, functions
from advisor.source.document import Document, Format, Mapping, Node, Scalar, Sequence
from advisor.source.reading import read
from advisor.suggestion import suggest
from fuzz.guard import guarded

SECONDS = 1.0
"""CPU seconds for each begun 100 kB."""

FORMS: tuple[Format, ...] = ("yaml", "json", "toml", "python", "shell")
VALUES = (0, -1, 0.1, 5e-7, 1e22, True, False, None, "", "bf16", "a b", "#", "'", 'x"y', "0x1f", "no", (1, 2), ("a", "b"))
"""What a fix might write, and more."""

FOLDER = Path(tempfile.mkdtemp(prefix="rlhf-lint-fuzz-"))


def run(surface: str, data: bytes) -> None:
    """Hold a surface to its promises. Raises whatever shows that one is broken; AssertionError where it is ours."""
    start = time.process_time()
    SURFACES[surface](data)
    taken = time.process_time() - start
    assert taken < SECONDS * max(1, math.ceil(len(data) / 100_000)), f"{len(data)} bytes took {taken:.1f} s"


def source(data: bytes) -> None:
    """Every reader, then all of linting and every report."""
    with guarded(FOLDER):
        for form in FORMS:
            try:
                document = read(str(FOLDER / "input"), data, form)
            except InputError:
                continue
            check_spans(document)
        reported(lint_file(str(FOLDER / "input"), content=data))


def check_spans(document: Document) -> None:
    """Every value lies in the text, inside what holds it."""
    for value in document.values.values():
        _inside(value.node, 0, len(document.text))
        assert document.position(value.node.span.start).line >= 1


def _inside(node: Node, start: int, end: int) -> None:
    assert start <= node.span.start <= node.span.end <= end, f"{node.span} outside {start}..{end}"
    if isinstance(node, (Mapping, Sequence)):
        for child in node.entries if isinstance(node, Mapping) else node.items:
            _inside(child.value if not isinstance(child, (Mapping, Sequence, Scalar)) and hasattr(child, "value") else child, 0, end)


def reported(outcome: FileOutcome) -> None:
    for form in FORMATS:
        report(form, Outcome((outcome,)), Audience(show_info=True))


def history(data: bytes) -> None:
    """Every reader of histories, the rules that judge them, and the reports."""
    path = FOLDER / "history"
    path.write_bytes(data)
    with guarded(FOLDER):
        try:
            found = read_history(str(path))
        except InputError:
            return
        outcome = lint_history(found, Options(), Selection())
        reported(outcome)
        diagnosis = diagnose(outcome, str(path))
        for text in (run_markdown.render(diagnosis, ""), run_json.render(diagnosis), run_text.render(diagnosis, Audience(show_info=True))):
            assert text


def expression(data: bytes) -> None:
    """The language of rules: a text is refused with its column, or has a value and survives being stored."""
    text = data.decode("utf-8", "replace")
    chance = random.Random(zlib.crc32(data))
    known = environment()

    def lookup(name: str) -> object:
        return chance.choice((UNKNOWN, True, 3, -2.5, 1e300, "bf16", ("a", 2), math.inf, 10**30))

    with guarded(FOLDER):
        called = functions(Facts(), None)
        try:
            checked = parse(text, known)
        except ExpressionError as error:
            assert 1 <= error.column <= len(text) + 1, error.column
        else:
            assert load(dump(checked)) == checked
            evaluate(checked, lookup, called)  # type: ignore[arg-type]
            missing(checked, lookup, called)  # type: ignore[arg-type]
        try:
            template = parse_template(text, known)
        except ExpressionError as error:
            assert 1 <= error.column <= len(text) + 1, error.column
        else:
            assert load_template(dump_template(template)) == template
            render(template, lookup, called)  # type: ignore[arg-type]


def splicer(data: bytes) -> None:
    """Edits in any text: every byte outside of them stays, the result reads back as meant, and the suggestion is sound."""
    chance = random.Random(zlib.crc32(data))
    with guarded(FOLDER):
        for form in FORMS:
            try:
                document = read(str(FOLDER / "input"), data, form)
            except InputError:
                continue
            keys = list(document.values)
            if keys:
                edits = [_edit(chance, chance.choice(keys)) for _ in range(chance.randint(1, 3))]
                with suppress(UnsoundEdit):  # found out before anything is written: a plan gives such an edit up
                    verify(document, splice(document, edits))
        try:
            outcome = lint_documents([read(str(FOLDER / "input"), data)], Options(), Selection())
        except InputError:
            return
        if outcome.findings:
            suggest(outcome, options=Options(), selection=Selection())


def _edit(chance: random.Random, key: str) -> Edit:
    op = chance.choice(("set", "set", "insert", "rename", "delete"))
    value = chance.choice(VALUES)
    new = f"{key.rpartition('.')[0]}.added".lstrip(".")
    if op == "insert":
        return Edit("insert", new, value, because="fuzzed", rule="FUZ001")
    if op == "rename":
        return Edit("rename", key, None, new_key="renamed", because="fuzzed", rule="FUZ001")
    return Edit(op, key, None if op == "delete" else value, because="fuzzed", rule="FUZ001")  # type: ignore[arg-type]


def pack(data: bytes) -> None:
    """A pack that somebody else wrote, and its rules on its own examples."""
    path = FOLDER / "pack.yaml"
    path.write_bytes(data)
    with guarded(FOLDER):
        try:
            found = read_pack(str(path))
        except InputError:
            return
        book = Rulebook(found.rules, {**bands(), **found.bands}, {**references(), **found.references})
        for rule, raw in zip(found.rules, found.written, strict=True):
            list(failures(rule, raw, book))


SURFACES: dict[str, Callable[[bytes], None]] = {
    "source": source,
    "history": history,
    "expression": expression,
    "splicer": splicer,
    "pack": pack,
}
