"""What shell words are made of: parts that stand in several places of a script, some of them unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from advisor.source.document import Span

_LONGEST = 20_000
"""Characters of a variable."""
_MOST = 500
"""Parts of a variable, and elements of an array."""


UNCLOSED = "its quote is never closed"
"""Of a value: no shell would run the script, and nothing that is written into it stands where it seems to."""


class Piece(NamedTuple):
    """A part of a word. `reason` is set where its text cannot be known."""

    text: str
    start: int
    end: int
    quoted: bool = False
    """It fills a pair of quotes, which stand around `start` and `end`."""
    variable: bool = False
    """It stands elsewhere in the file than the word that it is a part of."""
    default: bool = False
    computed: bool = False
    whole: bool = False
    """Quotes in `${NAME:-"a b"}` keep it from being divided at its spaces."""
    reason: str | None = None

    @property
    def span(self) -> Span:
        return Span(self.start - self.quoted, self.end + self.quoted)


class Word(NamedTuple):
    """One argument; `start` and `end` are its place, quotes included."""

    pieces: tuple[Piece, ...]
    start: int
    end: int

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def reason(self) -> str | None:
        return next((piece.reason for piece in self.pieces if piece.reason), None)

    @property
    def default(self) -> bool:
        return any(piece.default for piece in self.pieces)

    @property
    def computed(self) -> bool:
        return any(piece.computed for piece in self.pieces) or (len(self.pieces) > 1 and any(piece.variable for piece in self.pieces))

    @property
    def span(self) -> Span:
        """Where an edit of the value belongs: the variable's literal where the word is nothing but one variable."""
        if len(self.pieces) == 1 and (self.pieces[0].variable or self.pieces[0].quoted):
            return self.pieces[0].span
        return Span(self.start, self.end)


class Variable(NamedTuple):
    pieces: tuple[Piece, ...] = ()
    words: tuple[Word, ...] | None = None
    """The elements of an array, or of text that stands for several words."""
    reason: str | None = None
    unfolds: bool = False
    """A bare `$name` stands for all of the words, as with a here-document that holds a command."""


def bounded(variable: Variable) -> Variable:
    """The variable, or one that is unknown where its value is longer than any setting."""
    pieces, words = variable.pieces, variable.words or ()
    if len(pieces) > _MOST or len(words) > _MOST or sum(len(piece.text) for piece in pieces) > _LONGEST:
        return Variable(reason="a value too long to be a setting")
    return variable


def appended(known: Variable, more: Variable) -> Variable:
    if known.reason or more.reason:
        return Variable(reason=known.reason or more.reason)
    if known.words is not None or more.words is not None:
        return bounded(Variable(words=(*(known.words or ()), *(more.words or ()))))
    return bounded(Variable((*known.pieces, *more.pieces)))


def resplit(words: list[Word]) -> Iterator[Word]:
    """The words inside of text: quotes in it count, and expansions in it are already done."""
    pieces = []
    for word in words:
        for piece in word.pieces:
            if piece.reason or piece.end - piece.start != len(piece.text):
                pieces.append(piece._replace(quoted=False))
                continue
            for part in re.finditer(r"\\\n|\s+|'[^']*'|[^\s\\]+|\\", piece.text):
                if part[0].isspace() or part[0] == "\\\n":
                    if pieces:
                        yield Word(tuple(pieces), pieces[0].span.start, pieces[-1].span.end)
                    pieces = []
                else:
                    quoted = part[0].startswith("'") and len(part[0]) > 1
                    inner = part[0][1:-1] if quoted else part[0]
                    start = piece.start + part.start() + quoted
                    pieces.append(piece._replace(text=inner, start=start, end=start + len(inner), quoted=quoted))
        if pieces:
            yield Word(tuple(pieces), pieces[0].span.start, pieces[-1].span.end)
        pieces = []
