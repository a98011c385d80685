"""A baseline: findings that were there before anybody asked, so that only new ones are reported.

A finding is known by its file, its rule, its key and the value that stands there, and not by its line: editing elsewhere in the file
does not bring it back, and changing the value does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from advisor.errors import InputError
from advisor.rulebook.finding import Finding

FORMAT = 1


class Known(NamedTuple):
    """One finding as a baseline remembers it."""

    path: str
    """From the baseline's directory, with slashes; empty for a history judged alone."""
    rule: str
    key: str
    value: str


@dataclass(frozen=True)
class Baseline:
    root: str
    """The directory of the baseline file."""
    entries: frozenset[Known]

    def parted(self, path: str | None, findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Known, ...]]:
        """The findings of a file that are new, and the entries that the others answer to."""
        new, met = [], []
        for finding in findings:
            known = known_as(finding, path, self.root)
            if known in self.entries:
                met.append(known)
            else:
                new.append(finding)
        return tuple(new), tuple(met)

    def gone(self, paths: Iterable[str | None], met: Iterable[Known]) -> Sequence[Known]:
        """Entries of these files that no finding answered to."""
        linted = {_relative(path, self.root) for path in paths}
        return sorted(entry for entry in self.entries - set(met) if entry.path in linted)


def known_as(finding: Finding, path: str | None, root: str) -> Known:
    return Known(
        _relative(path, root), finding.rule, finding.key or finding.field or "", "" if finding.value is None else str(finding.value)
    )


def read_baseline(path: str) -> Baseline:
    """Raises InputError for a file that is no baseline."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        entries = frozenset(Known(entry["path"], entry["rule"], entry["key"], entry["value"]) for entry in raw["findings"])
    except OSError as error:
        raise InputError("unreadable", f"cannot read the baseline: {error.strerror}", path=path) from None
    except (ValueError, KeyError, TypeError):
        raise InputError("syntax", "no baseline; --write-baseline makes one", path=path) from None
    return Baseline(str(Path(path).resolve().parent), entries)


def write_baseline(path: str, found: Iterable[tuple[str | None, Sequence[Finding]]]) -> int:
    """Remember the findings of files in a file, which is replaced whole or not at all. Gives their number. Raises InputError."""
    root = str(Path(path).resolve().parent)
    entries = sorted({known_as(finding, file, root) for file, findings in found for finding in findings})
    content = json.dumps({"version": FORMAT, "findings": [entry._asdict() for entry in entries]}, indent=2, ensure_ascii=False) + "\n"
    import tempfile

    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=root, delete=False) as file:
            file.write(content)
        os.replace(file.name, path)  # noqa: PTH105 - as strings both
    except OSError as error:
        raise InputError("unreadable", f"cannot write the baseline: {error.strerror}", path=path) from None
    return len(entries)


def _relative(path: str | None, root: str) -> str:
    if path is None:
        return ""
    try:
        return Path(path).resolve().relative_to(root).as_posix()
    except ValueError:
        return Path(path).as_posix()
