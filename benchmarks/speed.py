"""Cold start and throughput on one core beside yamllint and check-jsonschema, in the same run on the same files.

    python benchmarks/speed.py [--runs 15] [--files 1000]

Needs the three programs beside this Python (`pip install . yamllint check-jsonschema`). Prints medians of wall time and their ratios to
yamllint's, round by round; figures of different runs or machines are not comparable, ratios are.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "config_dpo.yaml"


def program(name: str) -> str:
    """The program installed beside this Python. Raises SystemExit where it is missing."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise SystemExit(f"{name} is not installed beside {sys.executable}: pip install . yamllint check-jsonschema")
    return found


def varied(number: int) -> str:
    """The example with other numbers and another comment, so that nothing is gained by knowing a file already."""
    chance = random.Random(number)

    def other(match: re.Match[str]) -> str:
        written = match[0]
        if chance.random() < 0.5:
            return written
        return str(int(written) + chance.randint(0, 9)) if written.isdigit() else f"{float(written) * chance.uniform(0.5, 2):.4g}"

    return f"# run {number}\n" + re.sub(r"(?<=: )\d+(?:\.\d+)?(?=\s)", other, EXAMPLE.read_text(encoding="utf-8"))


def seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, check=False)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--files", type=int, default=1000)
    options = parser.parse_args()
    # Writing byte code is part of an installation; a run that may not write it would measure the compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(folder, "any.schema.json")
        schema.write_text(json.dumps({"type": "object", "properties": {"dpo_training": {"type": "object"}}}))
        many = Path(folder, "many")
        many.mkdir()
        for number in range(options.files):
            Path(many, f"config_{number:05}.yaml").write_text(varied(number), encoding="utf-8")
        files = sorted(str(path) for path in many.iterdir())
        commands = {
            "yamllint": [program("yamllint")],
            "rlhf-lint": [program("rlhf-lint"), "check", "--jobs", "1"],
            "check-jsonschema": [program("check-jsonschema"), "--schemafile", str(schema)],
        }
        for title, targets, runs in (
            ("one file", [str(EXAMPLE)], options.runs),
            (f"{options.files} files", files, max(3, options.runs // 5)),
        ):
            taken: dict[str, list[float]] = {name: [] for name in commands}
            for _ in range(runs + 1):  # the first round warms caches and is dropped
                for name, command in commands.items():
                    taken[name].append(seconds([*command, *targets], environment))
            print(f"\n{title}, median of {runs}")
            for name, times in taken.items():
                # Rounds are compared one by one: what else the machine does hits all programs of a round alike.
                ratio = statistics.median(mine / other for mine, other in zip(times[1:], taken["yamllint"][1:], strict=True))
                print(f"  {name:18} {statistics.median(times[1:]):8.3f} s   {ratio:5.2f} x yamllint")


if __name__ == "__main__":
    main()
