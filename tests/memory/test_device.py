"""GPUs by name."""

from __future__ import annotations

import pytest

from advisor.errors import InputError
from advisor.memory.device import devices, find_device

CONTRACT = ["a100-80gb", "h100-80gb", "h200-141gb", "a10-24gb", "l40s-48gb", "v100-32gb", "t4-16gb", "rtx4090-24gb", "a6000-48gb"]


@pytest.mark.parametrize("name", CONTRACT)
def test_the_names_of_the_public_contract(name: str) -> None:
    assert find_device(name).name == name


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("A100-80GB", "a100-80gb"),
        ("a100_80g", "a100-80gb"),
        ("RTX 4090", "rtx4090-24gb"),
        ("4090", "rtx4090-24gb"),
        ("NVIDIA T4", "t4-16gb"),
        ("a100-80", "a100-80gb"),
    ],
)
def test_other_spellings(spelling: str, name: str) -> None:
    assert find_device(spelling).name == name


@pytest.mark.parametrize(("name", "hint"), [("a100", "a100-40gb"), ("h100-90gb", "h100-80gb"), ("a100-8gb", "a100-80gb")])
def test_a_near_miss_is_suggested(name: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        find_device(name)


@pytest.mark.parametrize("name", ["", "banana", "\0", "x" * 10_000])
def test_nonsense_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="unknown GPU"):
        find_device(name)


def test_usable_memory_is_a_little_less_than_the_label() -> None:
    for device in devices():
        label = float(device.name.rpartition("-")[2].removesuffix("gb"))
        assert 0.85 * label < device.usable <= label * 1.0
        assert device.source
