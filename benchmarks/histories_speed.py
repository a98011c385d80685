"""How long histories take: a JSONL log of a million steps and 30 metrics, and what a 500-step trainer state adds to a lint.

    python benchmarks/histories_speed.py [--steps 1000000] [--metrics 30] [--standard-library]

The log is read in a process of its own, so that its peak memory is its own: with what a plain installation decodes large logs with, and
with --standard-library once more with `json` alone. Aims: 20 s and 300 MB; 30 ms.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from advisor.history import read_history, records
from advisor.pipeline import lint_file

NAMES = (
    "loss",
    "grad_norm",
    "learning_rate",
    "reward",
    "reward_std",
    "kl",
    "entropy",
    "rewards/margins",
    "rewards/accuracies",
    "step_time",
)
CONFIG = "trl: dpo\ntraining_args: DPOConfig\nmodel_name_or_path: a/b-7b\nlearning_rate: 1.0e-6\nbeta: 0.1\nmax_steps: 500\n"
RUNS = 15


def write_log(path: Path, steps: int, metrics: int) -> None:
    names = [*NAMES, *(f"extra/metric_{number}" for number in range(metrics))][:metrics]
    with path.open("w") as file:
        for step in range(1, steps + 1):
            base = 0.5 + 0.1 * math.sin(step / 1000)
            file.write(json.dumps({"step": step, **{name: base + 0.001 * number for number, name in enumerate(names)}}) + "\n")


def read(path: str, standard_library: bool) -> None:
    if standard_library:
        records.LARGE = sys.maxsize
    large = Path(path).stat().st_size >= records.LARGE
    decoder = records.decoder_of_large_logs() if large else json.JSONDecoder.raw_decode
    start = time.perf_counter()
    history = read_history(path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"with {decoder.__module__}.{decoder.__qualname__}:")
    print(f"{history.step_count} steps x {len(history.series)} metrics: {seconds:.1f} s, peak {peak:.0f} MB")


def median_ms(config: Path, state: Path | None) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        lint_file(str(config), history=read_history(str(state)) if state is not None else None)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--metrics", type=int, default=30)
    parser.add_argument("--standard-library", action="store_true", help="read the log with `json` alone, too")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.read, options.standard_library)
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            {"step": step, "loss": 0.69 - 0.0004 * step, "grad_norm": 2.0, "learning_rate": 1e-6, "rewards/margins": 0.001 * step}
            for step in range(1, 501)
        ]
        state, config = Path(folder, "trainer_state.json"), Path(folder, "dpo.yaml")
        state.write_text(json.dumps({"global_step": 500, "max_steps": 500, "log_history": rows}))
        config.write_text(CONFIG)
        median_ms(config, state)
        without, with_history = median_ms(config, None), median_ms(config, state)
        print(f"lint {without:.1f} ms, with a 500-step trainer state {with_history:.1f} ms: {with_history - without:.1f} ms more")
        log = Path(folder, "log.jsonl")
        write_log(log, options.steps, options.metrics)
        command = [sys.executable, __file__, "--read", str(log)]
        subprocess.run(command, check=True)
        if options.standard_library:
            subprocess.run([*command, "--standard-library"], check=True)


if __name__ == "__main__":
    main()
