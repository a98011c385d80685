"""How `check` goes through files: each is linted, said, counted and forgotten, here or in worker processes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

import click

from advisor.cli.targets import Target
from advisor.cli.terms import FileTerms, Terms
from advisor.cli.writers import Writer
from advisor.outcome import FileOutcome, LeftOut, Outcome, Tally
from advisor.pipeline import lint_file, lint_history
from advisor.reports.audience import Audience
from advisor.reports.formats import format_named
from advisor.source.document import Document
from advisor.sweep import CHUNK, IN_FLIGHT, chunked, in_order

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from advisor.history.history import History

MANY = 400
"""Files from which worker processes pay (they take some 0.3 s to start) and a person wants to see progress."""


class Request(NamedTuple):
    """What is to be done with each file; it travels to worker processes."""

    terms: Terms
    further: Sequence[Document]
    skip_unrecognised: bool
    history: History | None = None


class Said(NamedTuple):
    """What a chunk of files gave: one text a format, and words for standard error."""

    files: int
    reports: tuple[tuple[str, ...], ...]
    aside: tuple[str, ...]
    tally: Tally


def sweep(targets: Iterable[Target], request: Request, writers: Sequence[Writer], jobs: str) -> Tally:
    """Lint all targets and write the reports. Raises what a broken worker raises: no file is passed over in silence."""
    waiting = iter(targets)
    first = list(islice(waiting, MANY))
    many = len(first) == MANY
    everything: Iterable[Target] = chain(first, waiting)
    shown = many and sys.stderr.isatty()
    if shown:
        everything = list(everything)
    work = partial(examined, request=request, formats=tuple((writer.name, writer.audience) for writer in writers))
    tally = Tally()
    with ExitStack() as stack:
        executor = stack.enter_context(workers(worker_count(jobs, many)))
        bar = stack.enter_context(click.progressbar(length=len(everything), file=sys.stderr)) if isinstance(everything, list) else None
        for said in in_order(work, chunked(everything, CHUNK if executor is not None else 4), executor, IN_FLIGHT):
            for line in said.aside:
                click.echo(line, err=True)
            for writer, pieces in zip(writers, said.reports, strict=True):
                writer.take(pieces)
            tally += said.tally
            if bar is not None:
                bar.update(said.files)
    return tally


def examined(targets: Sequence[Target], request: Request, formats: Sequence[tuple[str, Audience]]) -> Said:
    """Lint a chunk of files and put what there is to say into words, which travel lighter than outcomes."""
    outcome = linted(targets, request)
    settle()
    forms = [(format_named(name), audience) for name, audience in formats]
    reports = tuple(tuple(form.file(file, audience) for file in outcome.files) for form, audience in forms)
    return Said(len(targets), reports, tuple(aside(outcome)), outcome.tally(request.terms.baseline is not None))


def linted(targets: Iterable[Target], request: Request) -> Outcome:
    """The outcomes of all targets, kept; of a history alone where there is one and no target."""
    found: list[FileOutcome] = []
    left_out: list[LeftOut] = []
    for target in targets:
        outcome = lint_target(target, request)
        error = outcome.error
        if error is not None and error.kind == "unrecognised" and (request.skip_unrecognised or not target.named):
            left_out.append(LeftOut(target.path, error.message, target.named))
        else:
            found.append(outcome)
    if request.history is not None and not found and not left_out:
        terms = request.terms.of(None)
        found.append(measured(lint_history(request.history, terms.options, terms.selection), request, terms))
    return Outcome(tuple(found), tuple(left_out))


def lint_target(target: Target, request: Request) -> FileOutcome:
    terms = request.terms.of(target.path)
    content = sys.stdin.buffer.read() if target.path == "-" else None
    options, selection = terms.options, terms.selection
    outcome = lint_file(
        target.path, content=content, further=request.further, options=options, selection=selection, history=request.history
    )
    return measured(outcome, request, terms)


def measured(outcome: FileOutcome, request: Request, terms: FileTerms) -> FileOutcome:
    """An outcome held to a baseline and to the severity at which the call fails."""
    if request.terms.baseline is not None:
        new, known = request.terms.baseline.parted(outcome.path, outcome.findings)
        outcome = replace(outcome, findings=new, known=known)
    return replace(outcome, fails=True) if terms.fails(outcome) else outcome


def aside(outcome: Outcome) -> Iterator[str]:
    """What is said on standard error: what was left out, and what was odd about the files that were read."""
    for left in outcome.left_out:
        yield f"{left.path}: no training configuration, left out"
    for file in outcome.files:
        for document in file.documents:
            yield from (f"{document.path}: {warning}" for warning in document.warnings)
        if file.history is not None:
            yield from (f"{file.history.path}: {warning}" for warning in file.history.warnings)


def tell(outcome: Outcome, writers: Sequence[Writer], against_baseline: bool = False) -> Tally:
    """Report outcomes that were kept."""
    for line in aside(outcome):
        click.echo(line, err=True)
    for writer in writers:
        writer.take([writer.form.file(file, writer.audience) for file in outcome.files])
    return outcome.tally(against_baseline)


def settle() -> None:
    """Let the collector work from now on, past what was loaded at the start and stays to the end."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(100_000)  # a chunk of files makes half as many objects, nearly none of them in cycles
        gc.enable()


def worker_count(jobs: str, many: bool) -> int:
    """Processes for `--jobs`; `auto` is one for few files, else the processors that this process may use. Raises UsageError."""
    if jobs == "auto":
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return available if many else 1
    if not jobs.isdecimal() or int(jobs) < 1:
        raise click.UsageError(f"--jobs {jobs}: expected a number of processes, or auto")
    return int(jobs)


@contextmanager
def workers(count: int) -> Iterator[Executor | None]:
    """A pool of processes, or None where this process does the work. Leaving it early drops what has not begun."""
    if count == 1:
        yield None
        return
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(count, initializer=_deaf_to_interrupts)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _deaf_to_interrupts() -> None:
    """Ctrl-C goes to every process of a terminal; the first one ends the others."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
