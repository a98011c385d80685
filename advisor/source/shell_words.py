"""Shell words and what their expansions stand for, each part with the place in the file where it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from advisor.source.shell_arithmetic import evaluate
from advisor.source.shell_pieces import UNCLOSED, Piece, Variable, Word, bounded

_PLAIN = re.compile(r"[^\s\\'\"$`<>;|&()]+")
_NAME = re.compile(r"[A-Za-z_]\w*")
_PARAMETER = re.compile(r"(?P<name>[A-Za-z_]\w*|\d+|[@*#?])(?P<index>\[[^\]]*\])?(?:(?P<operator>:?[-=+?])(?P<rest>.*))?", re.DOTALL)
_ALL_OF = re.compile(r"(?P<quote>\"?)\$\{(?P<name>[A-Za-z_]\w*)\[[@*]\]\}(?P=quote)(?=[\s)]|$)")
_BARE = re.compile(r"\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})(?=[\s)]|$)")
_REDIRECTION = re.compile(r"[<>][<>&|-]*[ \t]*")
_TARGET = re.compile(r"[^\s;|&]*")
_QUOTED_TEXT = re.compile(r"[^\\\"$`]+")
_DEPTH = 20
_EXPANDED = 100_000
"""Words that arrays may add to a script. A few lines of arrays of arrays otherwise stand for billions."""


@dataclass(slots=True)
class Expander:
    """Splits text into words as a shell would, with the variables that are known so far."""

    text: str
    variables: dict[str, Variable] = field(default_factory=dict)
    passes_arguments: set[int] = field(default_factory=set)
    """Offsets where the caller's own arguments are passed on (`"$@"`)."""
    _budget: int = _EXPANDED

    def words(self, start: int, end: int, *, split: bool = True, depth: int = 0) -> list[Word]:
        """The words of a range. Without `split`, as in an assignment, expansions are not divided at their spaces."""
        return _Scan(self, start, end, split, depth).run()

    def value(self, start: int, end: int) -> Variable:
        """The right side of an assignment."""
        return self.variable(self.words(start, end, split=False))

    def variable(self, words: list[Word]) -> Variable:
        return bounded(Variable(tuple(piece for word in words for piece in word.pieces)))

    def unfold(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """The words that an array adds to a command."""
        self._budget -= len(words)
        return words if self._budget >= 0 else ()

    def expansion(self, start: int, limit: int, depth: int) -> tuple[list[Piece], int]:
        """The pieces of what a `$` or a backquote begins, and the place behind it."""
        text = self.text
        if text[start] == "`":
            end = text.find("`", start + 1, limit)
            end = limit if end < 0 else end + 1
            return [self._unknown(start, end, "the output of a command substitution")], end
        if text.startswith("$((", start):
            end = _closing(text, start + 1, limit)
            return [self._arithmetic(start, end)], end
        if text.startswith("$(", start):
            end = _closing(text, start + 1, limit)
            return [self._unknown(start, end, "the output of a command substitution")], end
        if text.startswith("${", start):
            end = _closing(text, start + 1, limit)
            return self._parameter(start, end, depth), end
        if text.startswith("$'", start):
            end = text.find("'", start + 2, limit)
            end = limit if end < 0 else end
            return [Piece(text[start + 2 : end], start, end + 1)], end + 1
        name = _NAME.match(text, start + 1, limit)
        if name:
            return self._variable(name[0], start, name.end()), name.end()
        if text[start + 1 : start + 2] and text[start + 1] in "@*#?$!-0123456789":
            return [self._special(text[start + 1], start, start + 2)], start + 2
        return [Piece("$", start, start + 1)], start + 1

    def number(self, name: str) -> tuple[int, bool] | None:
        """An integer variable for arithmetic, and whether it is a default."""
        variable = self.variables.get(name)
        if variable is None or variable.reason or any(piece.reason for piece in variable.pieces):
            return None
        text = "".join(piece.text for piece in variable.pieces)
        if not re.fullmatch(r"-?\d{1,15}", text):
            return None
        return int(text), any(piece.default for piece in variable.pieces)

    def _parameter(self, start: int, end: int, depth: int) -> list[Piece]:
        inner = start + 2
        match = _PARAMETER.fullmatch(self.text, inner, end - 1)
        if match is None or depth > _DEPTH:
            return [self._unknown(start, end, "a changed copy of a variable")]
        name, operator = match["name"], match["operator"]
        known = self.variables.get(name)
        if match["index"]:
            element = known.words[0].pieces if known and known.words and match["index"] == "[0]" else None
            return (
                [piece._replace(variable=True) for piece in element] if element else [self._unknown(start, end, "an element of an array")]
            )
        if operator and operator.lstrip(":") in "-=":
            if known is not None:
                return self._variable(name, start, end)
            words = self.words(match.start("rest"), end - 1, split=False, depth=depth + 1)
            pieces = [piece._replace(default=True, variable=True, whole=piece.quoted) for word in words for piece in word.pieces]
            pieces = pieces or [Piece("", end - 1, end - 1, default=True, variable=True)]
            if operator.endswith("="):
                self.variables[name] = Variable(tuple(pieces))
            return pieces
        if operator and operator.endswith("+"):
            return [self._unknown(start, end, f"it depends on whether {name} is set")]
        return self._variable(name, start, end)

    def _variable(self, name: str, start: int, end: int) -> list[Piece]:
        if not _NAME.fullmatch(name):
            return [self._special(name, start, end)]
        known = self.variables.get(name)
        if known is None:
            return [self._unknown(start, end, f"{name} is set nowhere in this file")]
        if known.reason:
            return [self._unknown(start, end, known.reason)]
        pieces = known.words[0].pieces if known.words else known.pieces
        if any(piece.reason for piece in pieces):
            return [self._unknown(start, end, next(piece.reason for piece in pieces if piece.reason))]
        return [piece._replace(variable=True, whole=False) for piece in pieces]

    def _special(self, name: str, start: int, end: int) -> Piece:
        if name in "@*":
            self.passes_arguments.add(start)
            return self._unknown(start, end, "the arguments of the script")
        return self._unknown(start, end, f"the positional parameter ${name}" if name.isdigit() else f"the special parameter ${name}")

    def _arithmetic(self, start: int, end: int) -> Piece:
        result = evaluate(self.text[start + 3 : end - 2], self.number)
        if result is None:
            return self._unknown(start, end, "arithmetic over values that are not known")
        return Piece(str(result[0]), start, end, computed=True, default=result[1])

    def _unknown(self, start: int, end: int, reason: str | None) -> Piece:
        return Piece(self.text[start:end], start, end, reason=reason)


class _Scan:
    """One pass over a range of text."""

    def __init__(self, expander: Expander, start: int, end: int, split: bool, depth: int) -> None:
        self.expander = expander
        self.text = expander.text
        self.at = start
        self.end = end
        self.split = split
        self.depth = depth
        self.words: list[Word] = []
        self.pieces: list[Piece] = []
        self.start = start

    def run(self) -> list[Word]:
        while self.at < self.end:
            self._step(self.text[self.at])
        self._flush()
        return self.words

    def _step(self, character: str) -> None:
        if character in " \t\r\n;|&()":
            self._flush()
            self.at += 1
        elif character == "\\":
            self._backslash()
        elif character == "#" and not self.pieces and self.split:
            line_end = self.text.find("\n", self.at, self.end)
            self.at = self.end if line_end < 0 else line_end
        elif character == "'":
            close = self.text.find("'", self.at + 1, self.end)
            if close < 0:
                self._unclosed(self.at)
            else:
                self._add(Piece(self.text[self.at + 1 : close], self.at + 1, close, quoted=True), close + 1)
        elif not self.pieces and self.split and (array := _ALL_OF.match(self.text, self.at, self.end)):
            self._array(array)
        elif not self.pieces and self.split and (bare := self._bare()) is not None:
            self.words += self.expander.unfold(bare)
        elif character == '"':
            self._double()
        elif character in "$`":
            pieces, end = self.expander.expansion(self.at, self.end, self.depth)
            self._expanded(pieces, end)
        elif character in "<>" and self.text.startswith("(", self.at + 1):
            end = _closing(self.text, self.at + 1, self.end)
            self._add(Piece(self.text[self.at : end], self.at, end, reason="a process substitution"), end)
        elif character in "<>":
            self._redirection()
        else:
            match = _PLAIN.match(self.text, self.at, self.end)
            end = match.end() if match else self.at + 1
            self._add(Piece(self.text[self.at : end], self.at, end), end)

    def _unclosed(self, opening: int) -> None:
        self._add(Piece(self.text[opening : self.end], opening, self.end, reason=UNCLOSED), self.end)

    def _add(self, piece: Piece, end: int) -> None:
        if not self.pieces:
            self.start = self.at
        self.pieces.append(piece)
        self.at = end

    def _flush(self) -> None:
        if self.pieces:
            self.words.append(Word(tuple(self.pieces), self.start, min(self.at, self.end)))
            self.pieces = []

    def _backslash(self) -> None:
        if self.text.startswith("\\\n", self.at):
            self.at += 2
        else:
            self._add(Piece(self.text[self.at + 1 : self.at + 2], self.at, self.at + 2), self.at + 2)

    def _double(self) -> None:
        opening, position = self.at, self.at + 1
        pieces: list[Piece] = []
        while position < self.end and self.text[position] != '"':
            if self.text[position] == "\\":
                escaped = self.text[position + 1 : position + 2]
                kept = "" if escaped == "\n" else escaped if escaped in '"\\$`' else "\\" + escaped
                pieces += [Piece(kept, position, position + 2)] if kept else []
                position += 2
            elif self.text[position] in "$`":
                inner, position = self.expander.expansion(position, self.end, self.depth)
                pieces += inner
            else:
                match = _QUOTED_TEXT.match(self.text, position, self.end)
                end = match.end() if match else position + 1
                pieces.append(Piece(self.text[position:end], position, end))
                position = end
        if position >= self.end:
            self._unclosed(opening)
            return
        if len(pieces) == 1 and pieces[0].start == opening + 1 and pieces[0].end == position and not pieces[0].variable:
            pieces = [pieces[0]._replace(quoted=not pieces[0].reason)]
        for piece in pieces or [Piece("", opening + 1, position, quoted=True)]:
            self._add(piece, min(position + 1, self.end))
            self.start = min(self.start, opening)

    def _expanded(self, pieces: Iterable[Piece], end: int) -> None:
        for piece in pieces:
            if not self.split or piece.reason or piece.whole or not re.search(r"\s", piece.text):
                if piece.text or not self.split:
                    self._add(piece, end)
                continue
            for part in re.finditer(r"(\s*)(\S+)(\s*)", piece.text):
                if part[1]:
                    self._flush()
                start = piece.start + part.start(2)
                exact = piece.end - piece.start == len(piece.text)
                cut = piece._replace(
                    text=part[2], start=start, end=start + len(part[2]), quoted=False, computed=piece.computed or not exact
                )
                self._add(cut, end)
                if part[3]:
                    self._flush()
        self.at = end

    def _bare(self) -> tuple[Word, ...] | None:
        match = _BARE.match(self.text, self.at, self.end)
        known = self.expander.variables.get(match["name"] or match["braced"]) if match else None
        if match is None or known is None or not known.unfolds:
            return None
        self.at = match.end()
        return known.words or ()

    def _array(self, match: re.Match[str]) -> None:
        known = self.expander.variables.get(match["name"])
        if known is None or known.words is None:
            if known is not None and not known.reason:
                self._expanded([piece._replace(variable=True) for piece in known.pieces], match.end())
                return
            reason = known.reason if known else f"{match['name']} is set nowhere in this file"
            self._add(Piece(match[0], self.at, match.end(), reason=reason), match.end())
        else:
            self.words += self.expander.unfold(known.words)
            self.at = match.end()

    def _redirection(self) -> None:
        if len(self.pieces) == 1 and self.pieces[0].text.isdigit():
            self.pieces = []
        self._flush()
        match = _REDIRECTION.match(self.text, self.at, self.end)
        self.at = match.end() if match else self.at + 1
        if self.text.startswith(("<(", ">("), self.at):
            self.at = _closing(self.text, self.at + 1, self.end)
            return
        target = _TARGET.match(self.text, self.at, self.end)
        self.at = target.end() if target else self.at


def _closing(text: str, start: int, limit: int) -> int:
    """The place behind the bracket that closes the one at `start`."""
    opening = text[start]
    closing = ")" if opening == "(" else "}"
    depth = 0
    for position in range(start, limit):
        if text[position] == opening:
            depth += 1
        elif text[position] == closing:
            depth -= 1
            if depth == 0:
                return position + 1
    return limit
