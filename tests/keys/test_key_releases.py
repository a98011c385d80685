from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.dialects.releases import Releases, meets, parsed
from advisor.errors import InputError

VERSIONS = ["0.9.2", "0.10.1", "0.10.1.post2", "0.29.0", "1.0.0", "1.16.0", "main@20260822"]


def test_versions_order_by_number_not_by_letter() -> None:
    assert sorted(set(VERSIONS), key=parsed) == VERSIONS


@pytest.mark.parametrize(
    ("left", "right"), [("1.16", "1.16.0"), ("v1.16.0", "1.16.0"), ("5.23.0.dev0", "5.23.0"), ("1.0.0rc1", "1"), ("2.13.0+cpu", "2.13")]
)
def test_spellings_of_one_version(left: str, right: str) -> None:
    assert parsed(left) == parsed(right)


@pytest.mark.parametrize("text", ["", "latest", "1..2", "one"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(InputError):
        parsed(text)


@pytest.mark.parametrize(
    ("version", "position"), [("0.9.0", 0), ("0.9.2", 0), ("0.10.0", 0), ("0.28.5", 2), ("0.29.1", 3), ("1.15.9", 4), ("9.0", 5), (None, 6)]
)
def test_a_release_that_is_not_listed_counts_as_the_one_before(version: str | None, position: int) -> None:
    assert Releases(VERSIONS).position(version) == position


@pytest.mark.parametrize(
    ("version", "asked", "met"),
    [
        ("4.46.1", "<4.47.0,>=4.46.0", True),
        ("4.47.0", "<4.47.0,>=4.46.0", False),
        ("5.9.0", "==5.9.0", True),
        ("4.57.0", "!=4.57.0,<=5.6.0", False),
        ("1.0", "", True),
    ],
)
def test_requirements(version: str, asked: str, met: bool) -> None:
    assert meets(version, asked) is met


@given(st.lists(st.integers(0, 40), min_size=1, max_size=4), st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_parsing_keeps_the_order_of_numbers(left: list[int], right: list[int]) -> None:
    longest = max(len(left), len(right))
    padded = [numbers + [0] * (longest - len(numbers)) for numbers in (left, right)]
    texts = [".".join(map(str, numbers)) for numbers in (left, right)]
    assert (parsed(texts[0]) < parsed(texts[1])) == (padded[0] < padded[1])
