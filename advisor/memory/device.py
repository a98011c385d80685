"""GPUs by name, and how much of their memory a process can use."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from advisor.errors import InputError
from advisor.memory.tables import rows


@dataclass(frozen=True, slots=True)
class Device:
    """`usable`: GiB that the driver shows to a process; `bf16`: computes in bfloat16; `verified`: how the figure is known."""

    name: str
    title: str
    usable: float
    bf16: bool
    source: str
    verified: bool


def devices() -> tuple[Device, ...]:
    """Every GPU that is known, in the table's order."""
    return tuple(
        Device(row["name"], row["title"], float(row["usable_gib"]), row["bf16"] == "yes", row["source"], row["verified"] == "yes")
        for row in rows("gpus.csv")
    )


def find_device(name: str) -> Device:
    """The GPU called KIND-MEMORY, e.g. a100-80gb; case and separators do not matter, and a kind with one memory size needs no size.
    Raises InputError with near misses for an unknown one."""
    known = {device.name: device for device in devices()}
    key = name.strip().lower().replace("_", "-").replace(" ", "-").removeprefix("nvidia-").removeprefix("rtx-").removeprefix("amd-")
    spellings = {key, key.removesuffix("gb").removesuffix("g") + "gb", key.replace("rtx-", "rtx")}
    for spelling in (*spellings, *(f"rtx{spelling}" for spelling in spellings)):
        if spelling in known:
            return known[spelling]
    kinds = [
        device
        for device in known.values()
        if device.name.rpartition("-")[0] in (key, f"rtx{key}") or device.name.replace("-", "") == key.replace("-", "")
    ]
    if len(kinds) == 1:
        return kinds[0]
    near = [device.name for device in kinds] or get_close_matches(key, known, n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(near)}?" if near else "`rlhf-lint gpus` lists them"
    raise InputError("usage", f"unknown GPU {name!r}: {hint}")
