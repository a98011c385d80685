"""Reports that grow while files are linted: on standard output, and in the files of `--output`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any

import click

from advisor.errors import InputError
from advisor.outcome import Tally
from advisor.reports.audience import Audience
from advisor.reports.formats import FORMATS, format_named


class Writer:
    """A report that grows while files are linted."""

    def __init__(self, name: str, audience: Audience, stream: IO[str] | None = None) -> None:
        self.name = name
        self.form = format_named(name)
        self.audience = audience
        self.stream = stream
        """None is standard output."""
        self.begun = False

    def take(self, pieces: Sequence[str]) -> None:
        """Write what was said of files, one text each; of some there is nothing to say."""
        said = [piece for piece in pieces if piece]
        if said:
            self._write((self.form.between if self.begun else self.form.opening) + self.form.between.join(said))
            self.begun = True

    def close(self, tally: Tally) -> None:
        self._write(("" if self.begun else self.form.opening) + self.form.closed(tally, self.audience))

    def _write(self, text: str) -> None:
        if self.stream is None and self.audience.colour:
            click.echo(text, nl=False)  # knows the terminals that need help with colours
        else:
            (self.stream or sys.stdout).write(text)


@contextmanager
def writers(given: Mapping[str, Any], audience: Audience) -> Iterator[list[Writer]]:
    """The reports of a call: standard output, and the files of `--output`."""
    with ExitStack() as stack:
        found = [] if given["diff"] or given["suggested"] == "-" else [Writer(given["output_format"], audience)]
        # With the diff, or the suggested file on standard output, findings would spoil what another program is to read.
        for name, path in map(output_pair, given["outputs"]):
            try:
                stream = stack.enter_context(open(path, "w", encoding="utf-8"))  # noqa: PTH123
            except OSError as error:
                raise InputError("unreadable", f"cannot write the report: {error.strerror}", path=path) from None
            found.append(Writer(name, audience.elsewhere(), stream))
        yield found


def output_pair(text: str) -> tuple[str, str]:
    name, separator, path = text.partition("=")
    if not separator or name not in FORMATS:
        raise click.UsageError(f"--output {text}: expected FORMAT=FILE with a format of {', '.join(FORMATS)}")
    return name, path
