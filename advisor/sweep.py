"""Many files, in this process or on many: outcomes come in the order of the files, as soon as they are there, and are not kept.

Any `concurrent.futures.Executor` does the work: a process pool on one machine, `dask.distributed.Client.get_executor()` on many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from advisor.dialects.options import Options
from advisor.outcome import FileOutcome
from advisor.pipeline import lint_file
from advisor.rulebook.selection import Selection

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

CHUNK = 32
"""Files of one task: some 30 ms of work, so that handing it over costs little beside it."""
IN_FLIGHT = 16
"""Tasks that are handed over and not yet taken back; what they hold is all that is held."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def lint_many(
    paths: Iterable[str | Path],
    *,
    executor: Executor | None = None,
    options: Options | None = None,
    selection: Selection | None = None,
    chunk: int = CHUNK,
    in_flight: int = IN_FLIGHT,
) -> Iterator[FileOutcome]:
    """Lint files and yield their outcomes in order. Bad input is an outcome's `error`.

    Without an executor this process does the work. `paths` may be endless: it is read no further than `in_flight` tasks of `chunk` files
    ahead of what was taken. A worker that dies raises what its executor says of it (`BrokenProcessPool`), never a clean outcome.
    """
    work = partial(_linted, options=options or Options(), selection=selection or Selection())
    files = (str(path) for path in paths)
    for outcomes in in_order(work, chunked(files, chunk if executor is not None else 1), executor, in_flight):
        yield from outcomes


def _linted(paths: Sequence[str], options: Options, selection: Selection) -> list[FileOutcome]:
    return [lint_file(path, options=options, selection=selection) for path in paths]


def in_order(work: Callable[[Item], Result], items: Iterable[Item], executor: Executor | None, in_flight: int) -> Iterator[Result]:
    """The results of independent pieces of work in the order of the items, with a bounded number of them under way."""
    if executor is None:
        yield from map(work, items)
        return
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(work, item))
            if len(waiting) >= in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def chunked(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Raises ValueError for a size below one."""
    if size < 1:
        raise ValueError(f"a chunk holds one file at least, not {size}")
    remaining = iter(items)
    while chunk := tuple(islice(remaining, size)):
        yield chunk
