"""Plain values by canonical name, each checked as it is taken."""

from __future__ import annotations

import math
from collections.abc import Mapping

from advisor.errors import InputError

OFF_WORDS = frozenset({"", "none", "no", "off", "false", "0", "disabled", "null"})
MOST = 10**9


class Reader:
    """Settings with the checks that every value needs, and the assumptions made on the way, in words."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self.settings = settings
        self.assumed: list[str] = []

    def number(self, name: str) -> float | None:
        value = self.settings.get(name)
        if value is None or isinstance(value, bool):
            return None
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return None
        if not isinstance(value, (int, float)):
            return None
        if not math.isfinite(value) or value < 0:
            raise InputError("usage", f"{name} is {value}: it must be a number of at least 0")
        return float(value)

    def count(self, name: str) -> int | None:
        value = self.number(name)
        if value is None:
            return None
        if value < 1 or value != int(value):
            raise InputError("usage", f"{name} is {value:g}: it must be a whole number of at least 1")
        if value > MOST:
            raise InputError("usage", f"{name} is {value:g}: no run has that many")
        return int(value)

    def degree(self, name: str) -> int:
        """A parallel degree; 0 and negative mean unset in several frameworks."""
        value = self.settings.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and -1 <= value <= 0:
            return 1
        return self.count(name) or 1

    def flag(self, name: str) -> bool | None:
        value = self.settings.get(name)
        if isinstance(value, str):
            return value.strip().lower() not in OFF_WORDS
        return None if value is None else bool(value)

    def word(self, name: str) -> str | None:
        value = self.settings.get(name)
        return value.strip().lower() if isinstance(value, str) and value.strip() else None

    def assume(self, words: str) -> None:
        self.assumed.append(words)
