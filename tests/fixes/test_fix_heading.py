"""Where the heading of a suggested file goes, and that no reader takes the file for another because of it."""

from __future__ import annotations

import tokenize
from io import BytesIO

import pytest

from advisor.fixes.heading import headed
from advisor.fixes.verification import verify
from advisor.source.reading import read

TITLE, BODY = "0.1.0 from x: 1 change.", ["Assumed: a = 1", "- beta is 0; raise it [DPO201]"]
HEADING = """\
# Suggested by rlhf-lint 0.1.0 from x: 1 change.
#   Assumed: a = 1
#   - beta is 0; raise it [DPO201]
"""


def with_heading(path: str, text: str) -> str:
    document = read(path, text.encode())
    spliced = headed(document, TITLE, BODY)
    verify(document, spliced)
    again = headed(read(path, spliced.text.encode()), TITLE, BODY)
    assert again.text == spliced.text
    return spliced.text


@pytest.mark.parametrize(
    ("path", "first", "rest"),
    [
        ("a.yaml", "", "lr: 1\n"),
        ("a.yaml", "", "%YAML 1.2\n---\nlr: 1\n"),
        ("a.yaml", "", "---\nlr: 1\n...\n"),
        ("a.yaml", "# @package _global_\n", "lr: 1\n"),
        ("a.yaml", "# yamllint disable-file\n# yaml-language-server: $schema=x\n", "lr: 1\n"),
        ("a.toml", "", "lr = 1\n"),
        ("a.py", "", '"""What it does."""\nfrom __future__ import annotations\nlr = 1\n'),
        ("a.py", "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n", "lr = 1\n"),
        ("a.py", "# Copyright\n# vim: set fileencoding=utf-8 :\n", "lr = 1\n"),
        ("a.sh", "#!/bin/bash\n#SBATCH --gpus=8\n", "python train.py --lr 1\n"),
    ],
)
def test_it_stands_below_what_has_to_stay_first(path: str, first: str, rest: str) -> None:
    assert with_heading(path, first + rest) == f"{first}{HEADING}\n{rest}"


def test_a_line_of_its_own_sets_it_apart_once() -> None:
    assert with_heading("a.yaml", "\nlr: 1\n") == f"{HEADING}\nlr: 1\n"
    assert with_heading("a.yaml", "lr: 1\r\n") == HEADING.replace("\n", "\r\n") + "\r\nlr: 1\r\n"


def test_another_heading_takes_its_place() -> None:
    document = read("a.yaml", f"{HEADING}\n# mine\nlr: 1\n".encode())
    assert headed(document, "0.2.0: 2 changes.", []).text == "# Suggested by rlhf-lint 0.2.0: 2 changes.\n\n# mine\nlr: 1\n"


def test_json_has_none() -> None:
    assert with_heading("a.json", '{"lr": 1}') == '{"lr": 1}'


def test_its_words_are_no_declaration_of_an_encoding() -> None:
    spliced = headed(read("a.py", b"lr = 1\n"), "0.1.0", ["greedy decoding: rot13 # noqa"])
    assert tokenize.detect_encoding(BytesIO(spliced.text.encode()).readline)[0] == "utf-8"
    assert spliced.text.count("#") == 2


def test_long_statements_are_wrapped() -> None:
    lines = headed(read("a.yaml", b"lr: 1\n"), "0.1.0", ["word " * 60]).text.splitlines()
    assert all(len(line) <= 110 for line in lines)
    assert all(line.startswith("#     word") for line in lines[2:4])
