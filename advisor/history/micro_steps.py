"""Stage lines of GRPO scripts: `[Micro 3] 2. Samples generated: mem=9771 MB, time=0.544s`, gathered into one row an iteration.

A micro-step is one group of completions. Times in these lines count from the start of the iteration, so a stage took the difference
to the line before it; what passes between the loss and the next micro-step is the backward pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

ZERO_DEVIATION = 5e-5
"""Deviations are printed with four decimals: below half of the last one they read 0.0000."""

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|[-+]?inf"
_STAGE = re.compile(r"\[Micro (\d+)\]\s*(\d+)\.\s*([^:]{1,60}):\s*(.*)")
_LAST_STAGE = re.compile(r"^\s*(\d+)\.\s*(Optimizer step finished):\s*(.*)")
_VALUE = re.compile(rf"(\w+)=({_NUMBER})(?:±({_NUMBER}))?", re.IGNORECASE)
_STAGE_NAMES = (("generat", "sampling"), ("scor", "scoring"), ("loss", "loss"), ("start", "backward"), ("optimizer", "optimizer"))


@dataclass(slots=True)
class MicroSteps:
    """Takes the lines of an iteration; `take` gives its row."""

    seen: bool = False
    _values: dict[str, list[float]] = field(default_factory=dict)
    _stages: dict[str, float] = field(default_factory=dict)
    _clock: float | None = None

    def line(self, line: str) -> bool:
        """Take a line; True where it is a stage line."""
        match = _STAGE.search(line) if "[Micro " in line else _LAST_STAGE.match(line) if "ptimizer step" in line else None
        if match is None:
            return False
        name, rest = (match[3], match[4]) if match.re is _STAGE else (match[2], match[3])
        self.seen = True
        pairs = _VALUE.findall(rest)
        for key, mean, deviation in pairs:
            if key == "rewards":
                self._note("micro/reward", float(mean))
                if deviation:
                    self._note("micro/reward_std", float(deviation))
            elif key == "mem":
                self._note("micro/memory_mb", float(mean))
            elif key == "time":
                self._passed(name.lower(), float(mean))
            elif key == "grad_norm":
                self._note("grad_norm", float(mean))
            else:
                self._note(f"micro/{key}", float(mean))
        return bool(pairs)

    def _note(self, key: str, value: float) -> None:
        self._values.setdefault(key, []).append(value)

    def _passed(self, name: str, time: float) -> None:
        stage = next((stage for part, stage in _STAGE_NAMES if part in name), name.replace(" ", "_"))
        if self._clock is not None and time >= self._clock:
            self._stages[stage] = self._stages.get(stage, 0.0) + time - self._clock
        self._clock = time

    def take(self) -> dict[str, float]:
        """Means over the micro-steps since the last call, the highest memory, the share of groups without deviation, stage times."""
        if not self._values and not self._stages:
            return {}
        row = {key: sum(values) / len(values) for key, values in self._values.items()}
        if "micro/memory_mb" in row:
            row["micro/memory_mb"] = max(self._values["micro/memory_mb"])
        deviations = self._values.get("micro/reward_std")
        if deviations:
            row["micro/zero_std_share"] = sum(value < ZERO_DEVIATION for value in deviations) / len(deviations)
        row.update({f"stage_time/{stage}": seconds for stage, seconds in self._stages.items()})
        self._values, self._stages, self._clock = {}, {}, None
        return row
