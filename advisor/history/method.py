"""Which method a history alone tells of: what the run wrote down, or what only that method logs."""

from __future__ import annotations

from advisor.history.history import History
from advisor.history.vocabulary import vocabulary


def method_of(history: History) -> str | None:
    """The canonical method, or None where the log could be of any."""
    words = vocabulary()
    known = {method for method, _ in words.methods}
    for setting in words.method_settings:
        said = str(history.logged_config.get(setting, "")).lower()
        if said in known:
            return said
    logged = set(history.series)
    return next((method for method, metrics in words.methods if metrics & logged), None)
