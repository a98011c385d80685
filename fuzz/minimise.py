"""Takes over from a fuzzing run what is worth keeping: inputs that reach lines of the package which no smaller one reaches.

    python -m fuzz.minimise source [FOLDER ...]

FOLDERs default to what `fuzz.run` has gathered; kept inputs go to `fuzz/corpus/<surface>`, beside what is there already.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import advisor
from fuzz import surfaces

HERE = Path(__file__).resolve().parent
PACKAGE = os.path.dirname(advisor.__file__)  # noqa: PTH120 - compared with file names as the interpreter has them

Line = tuple[str, int]


def main(surface: str, *folders: str) -> None:
    corpus = HERE / "corpus" / surface
    seen = {line for path in _files(corpus) for line in lines(surface, path.read_bytes())}
    for path in sorted((path for folder in folders for path in _files(Path(folder))), key=lambda path: path.stat().st_size):
        data = path.read_bytes()
        reached = lines(surface, data)
        if not reached <= seen:
            seen |= reached
            corpus.joinpath(hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)
    print(f"{len(list(_files(corpus)))} inputs reach {len(seen)} lines")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.is_file())


def lines(surface: str, data: bytes) -> set[Line]:
    """The lines of the package that an input runs through."""
    found: set[Line] = set()

    def trace(frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        found.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        surfaces.SURFACES[surface](data)
    finally:
        sys.settrace(None)
    return found


if __name__ == "__main__":
    main(sys.argv[1], *(sys.argv[2:] or [str(HERE / "corpus" / ".work" / sys.argv[1])]))
