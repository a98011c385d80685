"""Where the time of a cold lint goes, by dialect: reading, resolving and judging, each file in an interpreter of its own.

    python benchmarks/stages.py FOLDER [--files 5] [--runs 7]

FOLDER holds real configurations; of every dialect and format the `--files` nearest in size to its median are taken. Printed are medians in
milliseconds (the rules of a lint, compiled and judged, are `judging`) and the whole lint as a ratio to that of TRL files in YAML,
round by round of the same run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CHILD = """
import gc, json, sys, time
gc.disable()
begun = time.perf_counter()
from advisor import pipeline
from advisor.dialects.options import Options
from advisor.dialects.resolution import resolve
from advisor.rulebook.cause import united
from advisor.rulebook.selection import Selection
from advisor.source.reading import read
moments = [time.perf_counter()]
document = read(sys.argv[1])
moments.append(time.perf_counter())
resolved = resolve([document], Options())
moments.append(time.perf_counter())
selection = Selection()
verdict = pipeline.verdict_of(resolved, selection)
united(verdict.findings)
moments.append(time.perf_counter())
kind = f"{resolved.dialect}, {document.format}"
print(json.dumps({"kind": kind, "ms": [1000 * (b - a) for a, b in zip([begun, *moments], moments)], "rules": verdict.applied}))
"""
STAGES = ("importing", "reading", "resolving", "judging")
FLAT = "trl, yaml"


def taken(path: Path) -> dict[str, Any] | None:
    """What one file takes in a fresh interpreter; None where it is no configuration."""
    done = subprocess.run([sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def spent(path: Path) -> list[float]:
    """Milliseconds by stage, of a file that was linted before."""
    measured = taken(path)
    assert measured is not None
    return list(measured["ms"])


def chosen(folder: Path, files: int) -> dict[str, list[Path]]:
    """The files nearest in size to the median of their dialect and format."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (measured := taken(path)) is not None:
            found[measured["kind"]].append(path)
    result = {}
    for kind, paths in found.items():
        middle = statistics.median(path.stat().st_size for path in paths)
        result[kind] = sorted(paths, key=lambda path: abs(path.stat().st_size - middle))[:files]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=5)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    kinds = chosen(options.folder, options.files)
    if FLAT not in kinds:
        raise SystemExit(f"{options.folder} holds no TRL file in YAML to compare with")
    rounds = [{kind: [spent(path) for path in paths] for kind, paths in kinds.items()} for _ in range(options.runs)]

    print(f"{'dialect':28}{'files':>6}{'bytes':>8}" + "".join(f"{stage:>11}" for stage in (*STAGES, "all")) + f"{'x TRL':>8}")
    for kind, paths in sorted(kinds.items(), key=lambda item: item[0] != FLAT):
        stages = [middle(times[stage] for one in rounds for times in one[kind]) for stage in range(len(STAGES))]
        whole = middle(sum(times) for one in rounds for times in one[kind])
        ratio = middle(middle(map(sum, one[kind])) / middle(map(sum, one[FLAT])) for one in rounds)
        size = middle(path.stat().st_size for path in paths)
        print(f"{kind:28}{len(paths):6}{size:8.0f}" + "".join(f"{figure:11.1f}" for figure in (*stages, whole)) + f"{ratio:8.2f}")


def middle(numbers: Iterable[float]) -> float:
    return statistics.median(numbers)


if __name__ == "__main__":
    main()
