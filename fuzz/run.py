"""Coverage-guided fuzzing of one surface with atheris (https://github.com/google/atheris).

    python -m fuzz.run source --seconds 600 [--seeds FOLDER ...]

New coverage is kept in `fuzz/corpus/.work/<surface>`, one input for each distinct failure is written to `fuzz/findings/<surface>`, and
the run goes on after a failure. The exit status is 1 where there were any.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("surface", choices=("source", "history", "expression", "splicer", "pack"))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--largest", type=int, default=6000, help="bytes of an input")
    parser.add_argument("--seeds", nargs="*", default=[], help="further folders of inputs to start from")
    options = parser.parse_args()
    import atheris

    with atheris.instrument_imports(include=["advisor"]):
        from fuzz import surfaces
        from fuzz.guard import Violation, load_everything

        load_everything()
    findings = HERE / "findings" / options.surface
    seen: set[str] = set()
    started = time.monotonic()

    def once(data: bytes) -> None:
        if time.monotonic() - started > options.seconds:
            print(f"{len(seen)} distinct failures", file=sys.stderr, flush=True)
            os._exit(bool(seen))  # libFuzzer knows no other way to stop without a crash
        try:
            surfaces.run(options.surface, data)
        except (Exception, Violation) as error:
            key = signature(error)
            if key in seen:
                return
            seen.add(key)
            findings.mkdir(parents=True, exist_ok=True)
            name = hashlib.sha256(key.encode()).hexdigest()[:12]
            findings.joinpath(name).write_bytes(data)
            findings.joinpath(f"{name}.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
            print(f"failure {name}: {key}", file=sys.stderr, flush=True)

    work = HERE / "corpus" / ".work" / options.surface
    work.mkdir(parents=True, exist_ok=True)
    folders = [str(work), str(HERE / "corpus" / options.surface), *options.seeds]
    atheris.Setup(
        [sys.argv[0], f"-max_len={options.largest}", "-timeout=60", "-rss_limit_mb=3000", "-print_final_stats=1", *folders],
        once,
    )
    atheris.Fuzz()


def signature(error: BaseException) -> str:
    """What tells one defect from another: the kind of error and the place in the package where it came up."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/advisor/" in frame.filename]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "fuzz"
    return f"{type(error).__name__} {where}"


if __name__ == "__main__":
    main()
