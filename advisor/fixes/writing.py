"""Putting a text where a file stands: whole or not at all, and only if nobody else changed that file meanwhile."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from advisor.errors import InputError

_PATIENCE = 5.0
"""Seconds to wait for another process that is writing the same file."""
_PAUSE = 0.02
_BOM = b"\xef\xbb\xbf"


def write(path: str | Path, text: str, *, bom: bool = False, like: Path | None = None, expected: str | None = None) -> None:
    """Writes UTF-8 text, newlines as they stand in it, so that a reader sees the old file or the new one, nothing between.

    A file that exists keeps its mode, and its owner where that is permitted; a symbolic link stays one and its target is written. A new
    file gets the mode of `like`, else the usual one. `expected` is the text (without byte-order mark) that the file held when it was read:
    the file is left alone if it holds another now.

    Raises InputError (usage, encoding) with the old file whole and nothing left behind: no permission, no space, changed meanwhile, no
    regular file.
    """
    try:
        content = (_BOM if bom else b"") + text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError("encoding", "the text holds characters that UTF-8 cannot write; nothing was written", path=str(path)) from error
    try:
        target = Path(os.path.realpath(path))
        with _locked(target):
            _check_unchanged(target, None if expected is None else expected.encode("utf-8"), path)
            _replace(target, content, like)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError("usage", f"cannot be written: {reason}; it is as it was", path=str(path)) from error


def suggested_path(path: str | Path) -> Path:
    """The place of the suggested file beside its original: `config.yaml` gives `config.suggested.yaml`."""
    path = Path(path)
    return path.with_name(f"{path.stem}.suggested{path.suffix}")


def _check_unchanged(target: Path, expected: bytes | None, path: str | Path) -> None:
    if target.is_symlink():
        raise InputError("usage", "is a symbolic link that leads nowhere; nothing was written", path=str(path))
    if not target.exists():
        if expected is not None:
            raise InputError("usage", "the file is gone since it was read; nothing was written", path=str(path))
        return
    if not target.is_file():
        raise InputError("usage", "is no regular file; name another place for the result", path=str(path))
    if not os.access(target, os.W_OK):
        raise InputError("usage", "is write-protected; nothing was written", path=str(path))
    if expected is not None and target.read_bytes().removeprefix(_BOM) != expected:
        raise InputError("usage", "was changed by someone else since it was read; nothing was written, run it again", path=str(path))


def _replace(target: Path, content: bytes, like: Path | None) -> None:
    model = next((os.stat(file) for file in (target, like) if file is not None and file.exists()), None)  # noqa: PTH116
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:32]}.", suffix=".tmp", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123
            file.write(content)
            file.flush()
            _take_after(name, model, owner=target.exists())
            os.fsync(file.fileno())
        os.replace(name, target)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise
    _sync_directory(target.parent)


def _take_after(name: str, model: os.stat_result | None, *, owner: bool) -> None:
    if model is None:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)  # noqa: PTH101
        return
    if owner and hasattr(os, "chown") and (model.st_uid, model.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(OSError):
            os.chown(name, model.st_uid, model.st_gid)
    os.chmod(name, stat.S_IMODE(model.st_mode))  # noqa: PTH101


def _sync_directory(directory: Path) -> None:
    """Makes the new name durable. The file is in place already, so that a system without this is no failure."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Holds the file that is to be replaced, so that two processes do it one after the other. The lock is the file itself: no litter."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        descriptor = os.open(target, os.O_RDONLY) if target.is_file() and os.access(target, os.R_OK) else None
        if descriptor is None:
            yield
            return
        try:
            if _lock(descriptor, deadline) and _is_still(target, descriptor):
                yield
                return
        finally:
            os.close(descriptor)


def _lock(descriptor: int, deadline: float) -> bool:
    """Tries to get the lock. True as well where the system or the file system knows none; raises OSError when the time is over."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if time.monotonic() > deadline:
            raise OSError("another process holds the file") from None
        time.sleep(_PAUSE)
        return False
    except OSError:
        return True
    return True


def _is_still(target: Path, descriptor: int) -> bool:
    """Whether the name still leads to the locked file, which another process may have replaced while we waited."""
    try:
        return os.path.samestat(target.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
