"""What a settings file says, its base's words beneath its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from advisor.rulebook.finding import Confidence, Severity


@dataclass(frozen=True)
class Settings:
    """Every part may be empty; the command line comes before all of them."""

    files: tuple[str, ...] = ()
    """Where it was read, a base before what builds on it."""
    root: str = ""
    """The directory of the nearest file; globs and the paths of packs and baselines are relative to it."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Glob -> rules."""
    severity: Mapping[str, Severity | None] = field(default_factory=dict)
    """Rule -> the severity that its findings get; None is off."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Option -> its text, as on the command line: `gpus`, `gpu`, `samples`, `model-size`, `method`."""
    versions: Mapping[str, str] = field(default_factory=dict)
    packs: tuple[str, ...] = ()
    fail_on: str | None = None
    min_severity: Severity | None = None
    min_confidence: Confidence | None = None
    baseline: str | None = None
    documentation: str | None = None
    """The address at which somebody hosts the rules' pages; findings link to it."""

    def ignored_in(self, path: str) -> tuple[str, ...]:
        """The rules that are ignored in a file, by the globs that its path from the settings file's directory matches."""
        if not self.per_file_ignores:
            return ()
        try:
            relative = Path(path).resolve().relative_to(self.root).as_posix()
        except ValueError:
            return ()
        found = [rules for glob, rules in self.per_file_ignores.items() if fnmatch(relative, glob) or fnmatch(Path(path).name, glob)]
        return tuple(rule for rules in found for rule in rules)

    def over(self, base: Settings) -> Settings:
        """These settings with a base beneath them: lists and single values replace the base's, tables are joined, packs add up."""
        return Settings(
            files=(*base.files, *self.files),
            root=self.root,
            select=self.select or base.select,
            ignore=self.ignore or base.ignore,
            per_file_ignores={**base.per_file_ignores, **self.per_file_ignores},
            severity={**base.severity, **self.severity},
            parameters={**base.parameters, **self.parameters},
            versions={**base.versions, **self.versions},
            packs=tuple(dict.fromkeys((*base.packs, *self.packs))),
            fail_on=self.fail_on or base.fail_on,
            min_severity=self.min_severity or base.min_severity,
            min_confidence=self.min_confidence or base.min_confidence,
            baseline=self.baseline or base.baseline,
            documentation=self.documentation or base.documentation,
        )
