"""Which rules to apply: `--select` and `--ignore` by id, name or prefix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Selection(NamedTuple):
    select: tuple[str, ...] = ()
    """Ids, names or id prefixes; empty takes all."""
    ignore: tuple[str, ...] = ()
    heeds_comments: bool = True
    """Whether `# rlhf-lint: ignore[...]` in the file counts."""

    def takes(self, rule: str, name: str) -> bool:
        return (not self.select or _matches(rule, name, self.select)) and not _matches(rule, name, self.ignore)

    def unmatched(self, rules: Iterable[tuple[str, str]]) -> list[str]:
        """Words of the selection that no rule answers to; they are somebody's typing error."""
        known = list(rules)
        return [word for word in (*self.select, *self.ignore) if not any(_matches(rule, name, (word,)) for rule, name in known)]


def _matches(rule: str, name: str, words: tuple[str, ...]) -> bool:
    return any(rule.startswith(word.upper()) or name == word.lower() for word in words)
