"""Metric histories: readers, one vocabulary, statistics of series. This room judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.history.history import Checkpoint, Event, History, Postmortem, Series

if TYPE_CHECKING:
    from advisor.history.merging import merge as merge
    from advisor.history.recognition import read_history as read_history

__all__ = ["Checkpoint", "Event", "History", "Postmortem", "Series", "merge", "read_history"]


def __getattr__(name: str) -> Any:
    """The readers are loaded on first use: rules know what a history is, and most runs that they judge have none."""
    if name == "merge":
        from advisor.history.merging import merge

        return merge
    if name == "read_history":
        from advisor.history.recognition import read_history

        return read_history
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
