"""The tracer in a process of its own: it needs packages that nothing else here loads, takes seconds, and is stopped when its time is up."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor.errors import InputError
from advisor.exact.case import CannotTraceError, Case

PACKAGES = ("torch", "transformers", "peft")
COMMAND = (sys.executable, "-m", "advisor.exact.child")
ALONE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
}
"""Nothing is downloaded, no GPU is touched, one processor is used."""


def required() -> None:
    """Raises InputError that names the extra where one of the packages is not installed; none is imported."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError("usage", f"--exact needs {', '.join(missing)}: pip install 'rlhf-lint[exact]'")


def run(case: Case, limit: float) -> dict[str, Any]:
    """The answer of the traced process: `traced` peaks in GiB, and the `tracer`'s versions.

    `limit`: seconds until it is stopped. Raises CannotTraceError where there is no answer, in words.
    """
    asked = json.dumps({"config": case.config, "settings": case.settings, "optimizer": case.optimizer}, default=str)
    # An empty working folder: with `-m` it comes first among the places from which Python imports.
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                COMMAND, input=asked, capture_output=True, encoding="utf-8", errors="replace", timeout=limit, cwd=folder, env=_environment()
            )
        except subprocess.TimeoutExpired:
            raise CannotTraceError(f"the time limit of {limit:g} s ran out (--time-limit)") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise CannotTraceError(f"the traced process gave no answer: {last[0][:300]}") from None
    if "error" in answer:
        raise CannotTraceError(f"the model cannot be built or run here: {answer['error']}")
    return answer


def _environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """This program's environment, less what would import from a working folder, more what keeps the process to itself."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [str(Path(path).resolve()) for path in given.get("PYTHONPATH", "").split(os.pathsep) if path]
    return {**given, **ALONE, "PYTHONPATH": os.pathsep.join([package, *paths])}
