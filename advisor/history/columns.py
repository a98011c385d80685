"""Rows of metrics, gathered into one array of doubles a metric while a log is read.

A row of a long log looks like the row before it, so its keys are studied once: the plan for its tuple of keys says which values go
to which arrays. Rows with the same numeric keys share a block, and with it their row numbers and steps.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from advisor.history.number import flat_numbers, number_in
from advisor.history.ordering import descents, in_order, merged_parts
from advisor.history.vocabulary import Vocabulary, normalised

MAX_PLANS = 256
MAX_BLOCKS = 64
MAX_KEYS = 4096


class Column(NamedTuple):
    steps: array[float]
    values: array[float]


class Table(NamedTuple):
    """The rows of one log. `steps` of a column ascend without repetition."""

    columns: Mapping[str, Column]
    rows: int
    axis: str
    """`step`; `epoch` where only epochs are counted, one row each; `row` where rows had to be numbered from 1."""
    restarts: int
    """How often the steps went back, as in a resumed run."""
    summary: Mapping[str, float]
    total_steps: float | None
    dropped_keys: int


@dataclass(slots=True)
class _Block:
    columns: dict[str, array[float]]
    rows: array[int] = field(default_factory=lambda: array("I"))


class _Plan(NamedTuple):
    """What to do with a row of these keys. `values` picks the numbers in the order of `appends`."""

    values: Callable[[Any], Sequence[Any]]
    appends: tuple[Callable[[float], None], ...]
    block: _Block
    step: str | None
    skipped: tuple[tuple[str, type], ...]


class Columns:
    """Takes rows in the order of the log; `table` closes it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._blocks: dict[tuple[str, ...], _Block] = {}
        self._steps: array[float] = array("d")
        self._keys: dict[str, bool] = {}
        self._dropped: set[str] = set()
        self._stepped = False
        self._step_rank = len(vocabulary.step_keys)
        self._total: float | None = None
        self.summary: dict[str, float] = {}

    @property
    def rows(self) -> int:
        return len(self._steps)

    @property
    def logged(self) -> tuple[str, ...]:
        """Every key that held a number so far, the step and what is no metric among them."""
        return tuple(self._keys)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all columns so far."""
        return tuple(key for key, kept in self._keys.items() if kept)

    def add(self, row: Mapping[str, Any]) -> bool:
        """Take a row; False where it holds no number that could be a metric."""
        return self.repeat(row) or self._add_studied(row)

    def repeat(self, row: Mapping[str, Any]) -> bool:
        """Take a row that is like an earlier one; False where it is not, and nothing was taken."""
        plan = self._plans.get(tuple(row))
        if plan is None:
            return False
        values, appends, block, step_key, skipped = plan
        for key, kind in skipped:
            if type(row[key]) is not kind:
                return False
        try:
            for append, value in zip(appends, values(row), strict=True):
                append(value)
            self._steps.append(row[step_key] if step_key is not None else _MISSING)
        except (TypeError, OverflowError):
            for column in block.columns.values():
                del column[len(block.rows) :]
            return False
        block.rows.append(len(self._steps) - 1)
        return True

    def _add_studied(self, row: Mapping[str, Any]) -> bool:
        if any(isinstance(row.get(key), (str, list)) for key in self._vocabulary.sample_keys):
            return False
        numbers = flat_numbers(row)
        if not self._vocabulary.summary_keys.isdisjoint(map(normalised, numbers)):
            self.summary.update(numbers)
            return False
        step_key = self._axis_key(numbers)
        step = numbers.get(step_key, _MISSING) if step_key is not None else _MISSING
        if step - step != 0:
            step = _MISSING
        self._note_total(row)
        kept = {key: value for key, value in numbers.items() if self._keeps(key)}
        if not kept:
            return False
        block = self._block(tuple(sorted(kept)))
        self._stepped = self._stepped or step == step
        self._steps.append(step)
        number = len(self._steps) - 1
        if block is None:
            for key, value in kept.items():
                single = self._blocks.setdefault((key,), _Block({key: array("d")}))
                single.columns[key].append(value)
                single.rows.append(number)
            return True
        for key, value in kept.items():
            block.columns[key].append(value)
        block.rows.append(number)
        if len(self._plans) < MAX_PLANS:
            self._remember(row, kept, step_key, block)
        return True

    def _axis_key(self, numbers: Mapping[str, float]) -> str | None:
        """The step key of a row, if it is the best of the log: W&B's own counter beside `train/global_step` would be another axis."""
        key = self._vocabulary.step_key(numbers)
        if key is None:
            return None
        rank = self._vocabulary.step_keys.index(normalised(key))
        if rank < self._step_rank:
            self._step_rank = rank
            self._steps = array("d", [_MISSING]) * len(self._steps)
            self._plans.clear()
        return key if rank == self._step_rank else None

    def _remember(self, row: Mapping[str, Any], kept: Mapping[str, float], step_key: str | None, block: _Block) -> None:
        """Plan for rows like this one, if its numbers stand in it as plain numbers."""
        numbers = (*kept, step_key) if step_key is not None else tuple(kept)
        if any(type(row.get(key)) not in (int, float) for key in numbers):
            return
        keys = tuple(kept)
        pick: Callable[[Any], Sequence[Any]] = itemgetter(*keys) if len(keys) > 1 else _single(keys[0])
        others = tuple((key, type(value)) for key, value in row.items() if key not in kept and key != step_key and not self._ignored(key))
        if any(kind is dict for _, kind in others):
            return
        self._plans[tuple(row)] = _Plan(pick, tuple(block.columns[key].append for key in keys), block, step_key, others)

    def _block(self, keys: tuple[str, ...]) -> _Block | None:
        block = self._blocks.get(keys)
        if block is None and (len(self._blocks) < MAX_BLOCKS or len(keys) == 1):
            block = self._blocks[keys] = _Block({key: array("d") for key in keys})
        return block

    def _keeps(self, key: str) -> bool:
        kept = self._keys.get(key)
        if kept is None:
            if len(self._keys) >= MAX_KEYS:
                self._dropped.add(key)
                return False
            kept = self._keys[key] = not self._ignored(key)
        return kept

    def _ignored(self, key: str) -> bool:
        return normalised(key) in self._vocabulary.step_keys or self._vocabulary.is_ignored(key)

    def _note_total(self, row: Mapping[str, Any]) -> None:
        for key in self._vocabulary.total_keys:
            value = row.get(key)
            if isinstance(value, str):
                value = value.rpartition("/")[2]
            number = number_in(value)
            if number is not None:
                self._total = number

    def table(self) -> Table:
        """Close the columns. Their memory passes to the table."""
        axis = self._axis()
        steps = self._resolved_steps(axis)
        owners: dict[str, list[_Block]] = {}
        for block in self._blocks.values():
            for key in block.columns:
                owners.setdefault(key, []).append(block)
        shared: dict[int, tuple[array[float], Sequence[int] | None]] = {}
        columns: dict[str, Column] = {}
        restarts = 0
        for key in self.keys:
            blocks = owners[key]
            rows, values = merged_parts([(block.rows, block.columns.pop(key)) for block in blocks])
            placed = shared.get(id(rows))
            if placed is None:
                logged = _steps_of(rows, steps)
                placed = in_order(logged)
                restarts = max(restarts, descents(logged) if placed[1] is not None else 0)
                if len(blocks) == 1:
                    shared[id(rows)] = placed
            ordered, kept = placed
            columns[key] = Column(ordered, values if kept is None else array("d", map(values.__getitem__, kept)))
        return Table(columns, len(steps), axis, restarts, self.summary, self._total, len(self._dropped))

    def _axis(self) -> str:
        if self._stepped:
            return "step"
        key = self._vocabulary.epoch_key(self.keys)
        owners = [block for block in self._blocks.values() if key in block.columns]
        counted = sum(len(block.rows) for block in owners) == len(self._steps)
        if key is not None and counted and all(_counts_epochs(block.columns[key]) for block in owners):
            return "epoch"
        return "row"

    def _resolved_steps(self, axis: str) -> array[float]:
        if axis == "row":
            return array("d", range(1, len(self._steps) + 1))
        if axis == "epoch":
            key = self._vocabulary.epoch_key(self.keys)
            assert key is not None
            _, epochs = merged_parts([(block.rows, block.columns[key]) for block in self._blocks.values() if key in block.columns])
            return epochs
        known = next((step for step in self._steps if step - step == 0), 0.0)
        for index, step in enumerate(self._steps):
            if step - step == 0:
                known = step
            else:
                self._steps[index] = known
        return self._steps


_MISSING = float("nan")


def _counts_epochs(values: array[float]) -> bool:
    return all(value == value // 1 for value in values) and all(later > earlier for earlier, later in pairwise(values))


def _single(key: str) -> Callable[[Any], Sequence[Any]]:
    return lambda row: (row[key],)


def _steps_of(rows: array[int], steps: array[float]) -> array[float]:
    return steps if len(rows) == len(steps) else array("d", map(steps.__getitem__, rows))
