"""From a path or bytes to a document: size, encoding and format are settled here, the rest by the format's own reader."""

from __future__ import annotations

import os
import stat
from typing import IO, TYPE_CHECKING, NamedTuple, NoReturn

from advisor.errors import InputError
from advisor.source.document import Document, Format

if TYPE_CHECKING:
    from pathlib import Path

SIZE_LIMIT = 5_000_000
"""Bytes. Larger than any configuration and small enough to be read and refused quickly."""

EXTENSIONS: dict[str, Format] = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".toml": "toml",
    ".py": "python",
    ".sh": "shell",
    ".bash": "shell",
}

_UTF16_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class Text(NamedTuple):
    """A decoded file; `text` is without the byte-order mark that `bom` tells of, newlines as they were."""

    text: str
    bom: bool


def read_text(source: str | Path | bytes, *, path: str | None = None) -> Text:
    """Decodes a file or bytes. Raises InputError: unreadable, too-large, encoding (with the line and column of the first bad byte)."""
    if isinstance(source, bytes):
        content, name = source, path
    else:
        name = path or str(source)
        content = _content(name)
    if len(content) > SIZE_LIMIT:
        raise _too_large(name)
    return _decode(content, name)


def read(path: str, content: bytes | None = None, format: Format | None = None) -> Document:  # noqa: A002
    """Reads a configuration into a document.

    `path` names the file, and is only a name where `content` is given (standard input). The format follows from `format`, else the name's
    extension, else the text itself. Raises InputError for everything that cannot be read.
    """
    text, bom = read_text(path if content is None else content, path=path)
    if not text.strip():
        raise InputError("unrecognised", "the file is empty: it holds no settings", path=path)
    match format or EXTENSIONS.get(os.path.splitext(path)[1].lower()) or _sniffed(text):  # noqa: PTH122
        case "json":
            from advisor.source.json_source import read_json

            return read_json(path, text, bom=bom)
        case "toml":
            from advisor.source.toml_source import read_toml

            return read_toml(path, text, bom=bom)
        case "python":
            from advisor.source.python_source import read_python

            return read_python(path, text, bom=bom)
        case "shell":
            from advisor.source.shell_source import read_shell

            return read_shell(path, text, bom=bom)
        case _:
            from advisor.source.yaml_source import read_yaml

            return read_yaml(path, text, bom=bom)


def _sniffed(text: str) -> Format:
    from advisor.source.sniffing import sniff

    return sniff(text)


def _content(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        _unreadable(path, error)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise InputError("unreadable", "this is a directory; name a file in it", path=path)
        if status.st_size > SIZE_LIMIT:
            raise _too_large(path)
        if hasattr(os, "set_blocking") and not stat.S_ISREG(status.st_mode):
            os.set_blocking(descriptor, True)
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            return _all_of(file)
    except OSError as error:
        _unreadable(path, error)
    finally:
        os.close(descriptor)


def _all_of(file: IO[bytes]) -> bytes:
    """The bytes of a file or pipe, up to one more than are allowed."""
    parts, left = [], SIZE_LIMIT + 1
    while left and (part := file.read(min(65536, left))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _unreadable(path: str, error: OSError | ValueError) -> NoReturn:
    if isinstance(error, FileNotFoundError):
        message = "no such file"
    elif isinstance(error, IsADirectoryError) or os.path.isdir(path):  # noqa: PTH112
        message = "this is a directory; name a file in it"
    elif isinstance(error, PermissionError):
        message = "no permission to read this file"
    else:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise InputError("unreadable", message, path=path) from error


def _too_large(path: str | None) -> InputError:
    message = f"the file has more than {SIZE_LIMIT // 1_000_000} MB; no configuration is that large"
    return InputError("too-large", message, path=path)


def _decode(content: bytes, path: str | None) -> Text:
    if content.startswith(_UTF16_32):
        raise InputError("encoding", "the file is UTF-16 or UTF-32; save it as UTF-8", path=path, line=1, column=1)
    nul = content.find(b"\0")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        if nul < 0 or error.start < nul:
            line, column = _place(content, error.start)
            message = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
            raise InputError("encoding", message, path=path, line=line, column=column) from None
    if nul >= 0:
        line, column = _place(content, nul)
        raise InputError("encoding", "the file holds a NUL byte: it is binary, no text", path=path, line=line, column=column)
    if text.startswith("\ufeff\ufeff"):
        raise InputError("encoding", "the file begins with two byte-order marks; remove them", path=path, line=1, column=1)
    bom = text.startswith("\ufeff")
    return Text(text[1:] if bom else text, bom)


def _place(content: bytes, offset: int) -> tuple[int, int]:
    start = content.rfind(b"\n", 0, offset) + 1
    before = content[start:offset].decode("utf-8", "replace").removeprefix("\ufeff")
    return content.count(b"\n", 0, offset) + 1, len(before) + 1
