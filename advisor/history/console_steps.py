"""Steps for the rows of a console, which often prints none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from advisor.history.vocabulary import Vocabulary


@dataclass(slots=True)
class Row:
    values: dict[str, float]
    step: float | None
    source: str
    evaluation: bool = False
    after: tuple[int, int] | None = None
    """Position and end of the next progress bar."""
    before: tuple[int, int] | None = None


@dataclass(slots=True)
class Counting:
    """Steps that start over in every epoch, made continuous."""

    offset: float = 0.0
    last: float = 0.0
    epoch: float | None = None

    def continuous(self, step: float, epoch: float | None, total: float | None) -> float:
        if epoch is not None and self.epoch is not None and epoch > self.epoch and step + self.offset <= self.last:
            self.offset = max(self.last, self.offset + (total or 0.0))
        self.epoch = epoch if epoch is not None else self.epoch
        self.last = step + self.offset
        return self.last


def place(rows: list[Row], words: Vocabulary) -> bool:
    """Give every row a step; False where they had to be numbered."""
    if all(row.step is None for row in rows if row.source == "counted") and any(row.source == "counted" for row in rows):
        return True
    open_rows = [row for row in rows if row.step is None and not is_summary(row, words)]
    if not open_rows:
        return True
    known = _placed_by_bar(open_rows)
    if not known and _are_epoch_means(rows):
        return True
    if not known and any(row.step is not None for row in rows):
        known = True
    number = 0.0
    for row in rows:
        if row.step is not None:
            number = row.step
        elif is_summary(row, words):
            continue
        elif row.evaluation or known:
            row.step = number
        else:
            number += 1.0
            row.step = number
    return known


def _are_epoch_means(rows: list[Row]) -> bool:
    """Whether the training rows count whole epochs, one row each."""
    training = [row for row in rows if not row.evaluation and row.source == "dict" and "epoch" in row.values]
    epochs = [row.values["epoch"] for row in training]
    whole = all(epoch == epoch // 1 for epoch in epochs) and all(later > earlier for earlier, later in pairwise(epochs))
    return len(epochs) > 1 and whole and all(row.step is None for row in rows)


def is_summary(row: Row, words: Vocabulary) -> bool:
    return not words.summary_keys.isdisjoint(row.values)


def _placed_by_bar(rows: list[Row]) -> bool:
    """Steps from the bars drawn after the training rows, if they all agree on one end and never go back."""
    training = [row for row in rows if not row.evaluation]
    ends = Counter(row.after[1] for row in training if row.after is not None)
    if not training or not ends:
        return False
    end = ends.most_common(1)[0][0]
    steps = [row.after[0] if row.after is not None and row.after[1] == end else None for row in training]
    known = [step for step in steps if step is not None]
    if len(known) < len(training) - 1 or any(later <= earlier for earlier, later in pairwise(known)):
        return False
    for row, step in zip(training, steps, strict=True):
        if step is None and row.before is not None and row.before[1] == end:
            step = row.before[0]
        if step is None:
            return False
        row.step = float(step)
    return True
