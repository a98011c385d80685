"""Watches what the interpreter does while an input is read: nothing may be run, written, or read outside the folder at hand."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import advisor

FORBIDDEN = (
    "os.exec",
    "os.fork",
    "os.mkdir",
    "os.posix_spawn",
    "os.putenv",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.system",
    "pickle.find_class",
    "shutil.",
    "socket.",
    "subprocess.",
)
"""Audit events (https://docs.python.org/3/library/audit_events.html) that no input may cause, by their beginning."""

WRITING = 0o1 | 0o2 | 0o100
"""O_WRONLY, O_RDWR and O_CREAT."""


class Violation(BaseException):
    """An input made the program do what no input may. Not an Exception, so that no handler on the way can swallow it."""


class _Watch:
    def __init__(self) -> None:
        self.armed = False
        self.readable: tuple[str, ...] = ()

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.armed:
            return
        if event == "open":
            self._opened(arguments)
        elif event == "exec":
            name = getattr(arguments[0], "co_filename", "?")
            # A library loaded late runs its own files; text that was compiled on the way has no file.
            if not name.endswith((".py", ">")) or name == "<unknown>" or (name == "<string>" and not _importing()):
                raise Violation(f"code was run: {name}")
        elif event.startswith(FORBIDDEN):
            raise Violation(f"{event} {arguments}")

    def _opened(self, arguments: tuple[object, ...]) -> None:
        path, mode, flags = (*arguments, None, None)[:3]
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & WRITING):
            raise Violation(f"{path} was opened for writing")
        if isinstance(path, (str, bytes)) and self.readable:
            real = str(Path(path if isinstance(path, str) else path.decode()).resolve())
            if not real.startswith(self.readable):
                raise Violation(f"{real} was read")


def _importing() -> bool:
    """Whether a module is being loaded, or a class made, which is how dataclasses and named tuples are written."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


_watch = _Watch()
_installed = False


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Raises Violation for what is done inside. Files may be read in the folder and where Python and the package are installed."""
    global _installed
    if not _installed:
        sys.addaudithook(_watch)  # there is no way to take one back
        _installed = True
        load_everything()
    package = Path(advisor.__file__).resolve().parent.parent
    places = {folder.resolve(), package, *(Path(place).resolve() for place in (*sys.path, sys.prefix, sys.base_prefix) if place)}
    _watch.readable = tuple(str(place) for place in places)
    _watch.armed = True
    try:
        yield
    finally:
        _watch.armed = False


TRACED = (".kernels", ".ledger", ".objectives", ".preparation", ".traced_step", ".value_model")
"""Of `advisor.exact`: imported by a process of its own only, where torch is installed."""


def load_everything() -> None:
    """Import all modules, so that an import, which runs code rightly, is no part of what is watched."""
    for module in pkgutil.walk_packages(advisor.__path__, "advisor."):
        if not module.name.endswith(("__main__", ".methods", ".declaration", ".export", ".compilation", *TRACED)):
            importlib.import_module(module.name)
