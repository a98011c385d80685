"""What fixing does to other people's files, beside what loading and dumping them does.

    python benchmarks/fixes.py DIR... [--stage medium-term] [--verbose]

Every configuration below the folders is linted and its suggested file made (in memory, nothing is written); ruamel.yaml (round trip) and
yamlfix get the YAML files of them with nothing to change at all. Needs rlhf-lint and ruamel.yaml; yamlfix is left out where it is missing.
Exits with 1 where a byte changed elsewhere, a fixed finding is still reported, something new is, or a second fix changes anything.
"""

from __future__ import annotations

import argparse
import difflib
import io
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from advisor.dialects.options import Options
from advisor.fixes.heading import MARK
from advisor.fixes.plan import renamed
from advisor.outcome import FileOutcome
from advisor.pipeline import lint_documents, lint_file
from advisor.preface import prefaced
from advisor.rulebook.finding import STAGES, Severity
from advisor.rulebook.selection import Selection
from advisor.source.reading import EXTENSIONS, read
from advisor.suggestion import Suggestion, suggest
from advisor.wishes import Choice, Roll


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--stage", choices=STAGES, default=STAGES[0])
    parser.add_argument("--verbose", action="store_true", help="name every file with a defect, and what was given up")
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    others = {name: (rewrite, Counter[str]()) for name, rewrite in rewriters()}
    for path in configurations(given.folders):
        for fault in tried(path, Choice(stage=given.stage), counts, given.verbose):
            print(f"{path}: {fault}")
        if path.suffix in (".yaml", ".yml") and counts.pop("recognised", 0):
            for rewrite, found in others.values():
                compare(path.read_bytes(), rewrite, found)
        counts.pop("recognised", 0)
    print(table(counts, {name: found for name, (_, found) in others.items()}))
    return 1 if any(counts[fault] for fault in ("elsewhere", "values", "again", "new", "second", "unsound")) else 0


def configurations(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in EXTENSIONS)


def tried(path: Path, choice: Choice, counts: Counter[str], verbose: bool) -> Iterator[str]:
    """Fix one file, count what happened, and give the defects in words."""
    before = lint_file(str(path))
    if before.error is not None:
        counts[before.error.kind] += 1
        return
    counts["files"] += 1
    counts["recognised"] = 1
    try:
        made = suggested(before, choice)
        text = prefaced(made, made.files[0])
    except Exception as error:
        counts["unsound"] += 1
        yield f"{type(error).__name__}: {error}"
        return
    counts["given up"] += len(made.given_up)
    if verbose:
        yield from (f"given up: {one.finding.rule} {one.key} {one.reason}" for one in made.given_up)
    if not made.changed:
        return
    counts["changed"] += 1
    counts["edits"] += sum(applied.changed for applied in made.applied)
    astray = changed_elsewhere(made.document.text, text, business_of(made))
    if made.document.format == "yaml":
        counts["values"] += values_changed(made, text) > 0
    counts["elsewhere"] += astray
    if astray:
        yield f"{astray} bytes changed elsewhere"
    after = lint_documents([read(str(path), text.encode(), made.document.format)], Options(), Selection())
    for kind, words in misses(before, after, made):
        counts[kind] += 1
        yield words
    if suggested(after, choice).changed:
        counts["second"] += 1
        yield "a second fix changes it again"


def suggested(outcome: FileOutcome, choice: Choice) -> Suggestion:
    return suggest(outcome, options=Options(), selection=Selection(), choice=choice)


def misses(before: FileOutcome, after: FileOutcome, made: Suggestion) -> Iterator[tuple[str, str]]:
    """Findings that should be gone, and those that should not have come."""
    fixed = {(edit.rule, key) for edit in (one.edit for one in made.applied if one.changed) for key in (edit.key, renamed(edit), None)}
    known = Roll(before.findings)
    causes = {(finding.cause, finding.field) for finding in before.findings if finding.cause is not None}
    for finding in after.findings:
        if (finding.rule, finding.key) in fixed:
            yield "again", f"still reported: {finding.rule} {finding.key}: {finding.message}"
        elif finding.severity >= Severity.LOW and finding not in known and (finding.cause, finding.field) not in causes:
            yield "new", f"newly reported: {finding.rule} {finding.key}: {finding.message}"


class Business(NamedTuple):
    """Where edits have business in a file."""

    lines: frozenset[int] = frozenset()
    """Lines of the old text, from 0: where a value stands, and where it comes from."""
    marks: tuple[str, ...] = ()
    """What a line that was added holds: a rule in brackets, or the key that was added."""


NOWHERE = Business()


def business_of(made: Suggestion) -> Business:
    document = made.document
    applied = [one for one in made.applied if one.changed]
    values = [document.values[key] for one in applied for key in (one.edit.key, *one.also) if key in document.values]
    spans = [span for value in values for span in (value.entry.key_span, value.node.span)]
    lines = frozenset(document.text.count("\n", 0, offset) for span in spans for offset in span)
    keys = (one.edit.key if document.format == "shell" else one.edit.key.rpartition(".")[2] for one in applied if one.edit.op == "insert")
    return Business(lines, (MARK, *(f"[{one.edit.rule}]" for one in applied), *keys))


def changed_elsewhere(old: str, new: str, business: Business) -> int:
    """Bytes in lines that differ, or are added, where no edit has business."""
    olds, news = old.split("\n"), new.split("\n")
    astray = 0
    for kind, start, end, new_start, new_end in difflib.SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        going_on = {line.removesuffix(" \\") for line in news[new_start:new_end]} if business.marks else set()  # a command gets an argument
        astray += sum(
            len(olds[line].encode()) + 1 for line in range(start, end) if line not in business.lines and olds[line] not in going_on
        )
        added = news[new_start:new_end] if kind == "insert" else []
        if not any(MARK in line for line in added):
            astray += sum(len(line.encode()) + 1 for line in added if not any(mark in line for mark in business.marks))
    return astray


def values_changed(made: Suggestion, text: str) -> int:
    """Values of a YAML file that PyYAML reads differently though no edit speaks of them."""
    old, new = (flattened(loaded(each)) for each in (made.document.text, text))
    asked = {key for one in made.applied for key in (one.edit.key, renamed(one.edit), *one.also)}
    return sum(old.get(key, old) != new.get(key, new) for key in {*old, *new} - asked)


def flattened(data: Any, path: tuple[str, ...] = ()) -> dict[str, Any]:
    if isinstance(data, dict):
        return {key: value for name, item in data.items() for key, value in flattened(item, (*path, str(name))).items()}
    if isinstance(data, list):
        return {key: value for index, item in enumerate(data) for key, value in flattened(item, (*path, str(index))).items()}
    return {".".join(path[1:]): (type(data), data)}


def rewriters() -> Iterator[tuple[str, Callable[[str], str]]]:
    from ruamel.yaml import YAML

    def ruamel(text: str) -> str:
        stream = io.StringIO()
        loader = YAML()
        loader.dump_all(list(loader.load_all(text)), stream)
        return stream.getvalue()

    yield "ruamel.yaml", ruamel
    try:
        from yamlfix import fix_code
    except ImportError:
        return
    yield "yamlfix", fix_code


def compare(content: bytes, rewrite: Callable[[str], str], found: Counter[str]) -> None:
    """What a program makes of a file that it was asked to change nothing in."""
    text = content.decode("utf-8-sig")
    found["files"] += 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            new = rewrite(text)
    except Exception:
        found["failed"] += 1
        return
    found["changed"] += new.encode() != content
    found["elsewhere"] += changed_elsewhere(text, new, NOWHERE)
    found["values"] += loaded(text) != loaded(new)


def loaded(text: str) -> Any:
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        return type(error).__name__


def table(ours: Counter[str], others: dict[str, Counter[str]]) -> str:
    rows = [
        ("", "rlhf-lint --fix", *others),
        ("files tried", ours["files"], *(found["files"] for found in others.values())),
        ("edits asked for and made", ours["edits"], *(0 for _ in others)),
        ("files changed", ours["changed"], *(found["changed"] for found in others.values())),
        ("bytes changed elsewhere", ours["elsewhere"], *(found["elsewhere"] for found in others.values())),
        ("files that could not be processed", ours["unsound"], *(found["failed"] for found in others.values())),
        ("YAML files of which PyYAML reads other values, unasked", ours["values"], *(found["values"] for found in others.values())),
        ("fixed findings still reported", ours["again"], *("" for _ in others)),
        ("findings newly reported", ours["new"], *("" for _ in others)),
        ("files that a second fix changes", ours["second"], *("" for _ in others)),
        ("findings given up, with the reason", ours["given up"], *("" for _ in others)),
    ]
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * (2 + len(others)))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
