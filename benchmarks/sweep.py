"""A sweep of many generated configurations: throughput, scaling over processes, and memory by the number of files.

    python benchmarks/sweep.py [--files 20000] [--jobs 1 2] [--dask]

Needs rlhf-lint beside this Python (`pip install .`); `--dask` needs distributed as well and goes through a cluster on this machine.
Memory is the peak of the resident set of the whole process, by the kernel's account.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from speed import program

DPO = """\
# sweep {number}
policy_name: meta-llama/Llama-3.2-{size}B-Instruct
dataset:
  max_len: {length}
  subset: {pairs}
dpo_training:
  epochs: {epochs}
  batch_size: {batch}
  learning_rate: {rate:.3e}
  warmup_steps: {warmup}
beta_update:
  beta_0: {beta:.4f}
  beta_min: {least:.4f}
"""
GRPO = """\
# sweep {number}
model_name_or_path: Qwen/Qwen2.5-{size}B-Instruct
reward_funcs: [accuracy]
num_generations: {group}
per_device_train_batch_size: {batch}
gradient_accumulation_steps: {accumulation}
learning_rate: {rate:.3e}
max_completion_length: {length}
beta: {beta:.4f}
temperature: {temperature:.2f}
warmup_steps: {warmup}
"""


def written(number: int) -> str:
    chance = random.Random(number)
    return chance.choice((DPO, GRPO)).format(
        number=number,
        size=chance.choice((1, 3, 7)),
        length=chance.choice((512, 1024, 4096)),
        pairs=chance.randint(1000, 60000),
        epochs=chance.randint(1, 3),
        batch=chance.choice((4, 8, 16, 32)),
        accumulation=chance.choice((1, 2, 4, 8)),
        group=chance.choice((4, 8, 16)),
        rate=10 ** chance.uniform(-7.5, -3),
        warmup=chance.randint(0, 200),
        beta=chance.uniform(0, 0.6),
        least=chance.choice((0.0, chance.uniform(0, 0.1))),
        temperature=chance.uniform(0.2, 1.3),
    )


def measured(command: list[str]) -> tuple[float, int]:
    """Seconds, and the peak resident set in KiB of the process itself (its workers are others)."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return time.perf_counter() - start, usage.ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dask", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.files):
            path = Path(folder, f"{number // 1000:03}", f"run_{number:06}.yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(written(number), encoding="utf-8")
        few = str(Path(folder, "000"))
        lint = [program("rlhf-lint"), "check", "--fail-on", "never"]
        print(f"{'files':>8} {'jobs':>5} {'format':>8} {'seconds':>9} {'files/s':>9} {'peak MiB':>9}")
        for form in ("text", "json"):
            for target, files in ((few, min(1000, options.files)), (folder, options.files)):
                for jobs in options.jobs:
                    seconds, peak = measured([*lint, "--jobs", str(jobs), "--output-format", form, target])
                    print(f"{files:8} {jobs:5} {form:>8} {seconds:9.2f} {files / seconds:9.0f} {peak / 1024:9.1f}", flush=True)
        if options.dask:
            through_dask(sorted(Path(folder).rglob("*.yaml")), max(options.jobs))


def through_dask(paths: list[Path], workers: int) -> None:
    import distributed

    import advisor

    with (
        distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        start = time.perf_counter()
        findings = sum(len(outcome.findings) for outcome in advisor.lint_many(paths, executor=client.get_executor(), chunk=100))
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(paths):8} {workers:5} {'dask':>8} {seconds:9.2f} {len(paths) / seconds:9.0f} {peak:9.1f}  ({findings} findings)")


if __name__ == "__main__":
    sys.exit(main())
