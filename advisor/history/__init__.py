"""Metric histories: readers, one vocabulary, statistics of series. This room judges nothing."""

from __future__ import annotations

from advisor.history.history import Checkpoint, Event, History, Postmortem, Series
from advisor.history.merging import merge
from advisor.history.recognition import read_history

__all__ = ["Checkpoint", "Event", "History", "Postmortem", "Series", "merge", "read_history"]
