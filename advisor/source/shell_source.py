"""Shell launch scripts: the arguments of the command that trains, its environment, its launcher's options, and what runs beside it."""

from __future__ import annotations

import re
from typing import Literal

from advisor.errors import InputError
from advisor.source.document import Document, Duplicate, Entry, Mapping, Node, Scalar, Sequence, Span, Unresolved
from advisor.source.shell_launch import Launch, launch, serves_training
from advisor.source.shell_pieces import Word
from advisor.source.shell_script import Command, read_script
from advisor.source.yaml_scalars import plain

_LENGTH = 1_000_000
_FLAG = re.compile(r"--?[^\W\d]")
_OVERRIDE = re.compile(r"(?P<prefix>\+{0,2}|~)(?P<key>[A-Za-z_][\w/@-]*(?:\.[\w/@*-]+)*)=")
_DELETION = re.compile(r"~[A-Za-z_][\w./@-]*")
_ARGUMENTS_NAME = re.compile(r"(?i)\$\{?\w*(?:args|extra|flags|opts|options|params|@|\*)")
_STYLES: dict[str, Literal["single", "double"]] = {"'": "single", '"': "double"}
_FEW = 3
"""Settings that make a foreground command the one that trains, whatever runs in the background."""


def read_shell(path: str, text: str, *, bom: bool = False) -> Document:
    """Reads a shell script without running it. Raises InputError (too-large); what a shell would refuse becomes a warning."""
    if len(text) > _LENGTH:
        raise InputError("too-large", f"a shell script of more than {_LENGTH:,} characters is no launch script", path=path)
    script = read_script(path, text)
    launches = [(command, launch(command.words)) for command in script.commands]
    duplicates: list[Duplicate] = []
    warnings = [(offset, message) for offset, message in script.warnings]
    entries: list[Entry] = []
    chosen = _training(launches, text)
    environment = {name: _entry(name, span, [word] if word else [], text) for name, (span, word) in script.exports.items()}
    if chosen is not None:
        command, started = chosen
        environment |= {name: _entry(name, span, [word] if word else [], text) for name, span, word in command.environment}
        options = _Arguments(text, warnings)
        launcher = options.entries(started.options)
        arguments = _Arguments(text, warnings)
        entries = arguments.entries(started.arguments)
        duplicates = arguments.duplicates
        entries += _group("launcher", launcher)
        served = [word for other, beside in launches if other.background and other is not command for word in beside.arguments]
        entries += _group("background", _Arguments(text, warnings).entries(tuple(served)))
    entries += _group("env", list(environment.values()))
    places = Document(path=path, format="shell", text=text, root=Mapping(Span(0, 0), (), True))
    warned = tuple(dict.fromkeys(f"line {places.position(offset).line}: {message}" for offset, message in sorted(warnings)))
    return Document(
        path=path,
        format="shell",
        text=text,
        root=Mapping(Span(0, len(text)), tuple(entries), True),
        comments=tuple(script.comments),
        duplicates=tuple(duplicates),
        bom=bom,
        calls=tuple(dict.fromkeys(name for _, started in launches for name in started.calls)),
        warnings=warned,
    )


def _training(launches: list[tuple[Command, Launch]], text: str) -> tuple[Command, Launch] | None:
    """The last of the commands with most settings. What runs in the background, generates, serves or evaluates serves another."""
    best: tuple[Command, Launch] | None = None
    most = (False, False, 0)
    for command, started in launches:
        count = sum(bool(_FLAG.match(word.text) or _OVERRIDE.match(word.text)) for word in started.arguments)
        rank = (count >= _FEW and not serves_training(started), count >= _FEW and not command.background, count)
        if count and rank >= most:
            best, most = (command, started), rank
    return best


def _group(name: str, entries: list[Entry]) -> list[Entry]:
    if not entries:
        return []
    start = min(entry.key_span.start for entry in entries)
    end = max(max(entry.key_span.end, entry.value.span.end) for entry in entries)
    return [Entry(name, Span(start, start), Mapping(Span(start, end), tuple(entries), True))]


class _Arguments:
    """The flags and overrides among a command's arguments, by the names that the program knows them by; the last of a name counts."""

    def __init__(self, text: str, warnings: list[tuple[int, str]]) -> None:
        self.text = text
        self.warnings = warnings
        self.duplicates: list[Duplicate] = []
        self._entries: dict[str, Entry] = {}

    def entries(self, words: tuple[Word, ...]) -> list[Entry]:
        flag: tuple[str, Span] | None = None
        values: list[Word] = []
        for word in words:
            text = word.text
            override = _OVERRIDE.match(text)
            if word.pieces[0].reason is None and _FLAG.match(text):
                self._flag(flag, values)
                flag, values = self._opened(word)
            elif override and word.pieces[0].reason is None and ("." in override["key"] or flag is None or values):
                self._flag(flag, values)
                flag, values = None, []
                self._override(word, override)
            elif _DELETION.fullmatch(text) and (flag is None or values):
                self._flag(flag, values)
                flag, values = None, []
                span = Span(word.start + text.index("~") + 1, word.end)
                self._add(Entry(text[1:], span, Unresolved(Span(word.start, word.end), text, "deleted by ~")))
            elif not self._extra(word, flag is None or bool(values)) and flag is not None:
                values.append(word)
        self._flag(flag, values)
        return list(self._entries.values())

    def _opened(self, word: Word) -> tuple[tuple[str, Span] | None, list[Word]]:
        """A flag that waits for its values; one written `--flag=value` has it already."""
        first = word.pieces[0]
        name, equals, _ = first.text.partition("=")
        key = name.lstrip("-")
        start = first.start + len(name) - len(key)
        if not equals:
            return (word.text.lstrip("-"), Span(start, word.pieces[-1].end)), []
        self._add(_entry(key, Span(start, start + len(key)), [_cut(word, len(name) + 1)], self.text))
        return None, []

    def _flag(self, flag: tuple[str, Span] | None, values: list[Word]) -> None:
        if flag is not None:
            self._add(_entry(*flag, values, self.text))

    def _override(self, word: Word, match: re.Match[str]) -> None:
        start = word.pieces[0].start + match.start("key")
        value = _cut(word, match.end())
        self._add(_entry(match["key"], Span(start, start + len(match["key"])), [value], self.text))

    def _extra(self, word: Word, has_value: bool) -> bool:
        """Whether a word is no value but arguments that the file does not hold."""
        if len(word.pieces) != 1 or word.reason is None:
            return False
        written = self.text[word.start : word.end]
        if not has_value and not _ARGUMENTS_NAME.search(written):
            return False
        if not written.strip('"').startswith(("$@", "$*", "${@", "${*")):
            self.warnings.append((word.start, f"{written} may add arguments: {word.reason}"))
        return True

    def _add(self, entry: Entry) -> None:
        known = self._entries.pop(entry.key, None)
        if known is not None:
            self.duplicates.append(Duplicate((entry.key,), known.key_span, entry.key_span))
        self._entries[entry.key] = entry


def _cut(word: Word, length: int) -> Word:
    """The word without the characters in front of its value."""
    first, *rest = word.pieces
    exact = first.end - first.start == len(first.text)
    start = first.start + length
    remaining = first._replace(text=first.text[length:], start=start, quoted=False, computed=first.computed or not exact)
    pieces = tuple(rest) if rest and not remaining.text else (remaining, *rest)
    return Word(pieces, start, first.end if first.quoted and not rest else word.end)


def _entry(key: str, key_span: Span, values: list[Word], text: str) -> Entry:
    computed = any(word.computed for word in values)
    default = any(word.default for word in values)
    node: Node
    if not values:
        node = Scalar(Span(key_span.end, key_span.end), True, True, "plain")
    elif len(values) == 1:
        node = _node(values[0], text)
    else:
        items = tuple(_node(word, text) for word in values)
        node = Sequence(Span(values[0].start, max(values[0].start, values[-1].end)), items, True)
    return Entry(key, key_span, node, "computed" if computed else None, default)


def _node(word: Word, text: str) -> Scalar | Unresolved:
    if word.reason:
        return Unresolved(Span(word.start, word.end), text[word.start : word.end], word.reason)
    span = word.span
    value = plain(word.text)[0]
    return Scalar(span, value, value, _STYLES.get(text[span.start : span.start + 1], "plain"))
