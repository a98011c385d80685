"""The one exception of the language."""

from __future__ import annotations


class ExpressionError(Exception):
    """An expression or template that cannot be used. `column` counts code points from 1; `hint` says what to write instead."""

    def __init__(self, message: str, column: int = 1, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        return f"column {self.column}: {self.message}" + (f" ({self.hint})" if self.hint else "")
