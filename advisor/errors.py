"""Failures that are the reader's to mend, and never a traceback: what, where, what to do."""

from __future__ import annotations

from typing import Literal

Kind = Literal["unreadable", "syntax", "unrecognised", "too-large", "encoding", "usage", "pack"]


class InputError(Exception):
    """A file or argument that cannot be used. `line` and `column` start at 1 and are None where no place is meant."""

    def __init__(self, kind: Kind, message: str, *, path: str | None = None, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def __reduce__(self) -> tuple[object, ...]:
        """Errors travel between processes with their place."""
        return _again, (type(self), self.args, dict(self.__dict__))

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        return f"{place}: {self.message}" if place else self.message


def _again(kind: type[InputError], args: tuple[object, ...], state: dict[str, object]) -> InputError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error
