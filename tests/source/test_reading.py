from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.source.document import Format
from advisor.source.reading import SIZE_LIMIT, read, read_text
from advisor.source.sniffing import sniff


def failure(path: str | Path, content: bytes | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read(str(path), content)
    assert caught.value.path == str(path)
    return caught.value


def test_a_file_is_read_with_its_newlines_and_without_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "dpo.yaml"
    path.write_bytes(b"\xef\xbb\xbflr: 5e-7\r\nb: 1\r\n")
    document = read(str(path))
    assert document.text == "lr: 5e-7\r\nb: 1\r\n"
    assert document.bom
    start, end = document.values["lr"].node.span
    assert document.text[start:end] == "5e-7"


def test_bytes_take_the_place_of_the_file() -> None:
    assert read("-", b"lr: 1\n").values["lr"].entry.key == "lr"
    assert read_text("lr: ж".encode()) == ("lr: ж", False)


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        (b"a: 1\nb: \xe9t\xe9\n", 2, 4, "0xe9"),
        ("ключ: 1\nж".encode() + b"\xff", 2, 2, "0xff"),
        (b"a: 1\n\x00", 2, 1, "NUL"),
        ("a: 1".encode("utf-16"), 1, 1, "UTF-16"),
        (b"\x7fELF\x00\xff", 1, 5, "binary"),
        (b"\xef\xbb\xbfa\xff", 1, 2, "0xff"),
        (b"\xef\xbb\xbf" * 2 + b"a: 1", 1, 1, "two byte-order marks"),
    ],
)
def test_what_is_no_utf8_text_is_refused_with_its_place(content: bytes, line: int, column: int, words: str) -> None:
    error = failure("config.yaml", content)
    assert (error.kind, error.line, error.column) == ("encoding", line, column)
    assert words in error.message


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.toml", "a.py", "a.sh", "-"])
def test_an_empty_file_is_no_configuration(name: str, content: bytes) -> None:
    error = failure(name, content)
    assert error.kind == "unrecognised"
    assert "empty" in error.message


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    assert failure(tmp_path / "none.yaml").kind == "unreadable"
    assert "directory" in failure(tmp_path).message
    assert failure(tmp_path / "none" / "x.yaml").kind == "unreadable"
    assert failure("a\0b.yaml").kind == "unreadable"
    assert failure("x" * 5000).kind == "unreadable"


def test_a_large_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert failure(path).kind == "too-large"
    assert failure("-", b"a" * (SIZE_LIMIT + 1)).kind == "too-large"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_that_nobody_writes_to_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe.yaml"
    os.mkfifo(path)
    assert failure(path).kind == "unrecognised"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device file")
def test_an_endless_file_is_refused() -> None:
    assert failure("/dev/zero").kind == "too-large"


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('{"lr": 1}', "json"),
        ("\n{\n}", "json"),
        ("{lr: 1}", "yaml"),
        ("lr: 1\n", "yaml"),
        ("#!/usr/bin/env bash\nx", "shell"),
        ("#!/bin/sh -e\nx", "shell"),
        ("#!/usr/bin/env python3\nx", "python"),
        ("# a comment\n[trainer]\nlr = 1\n", "toml"),
        ("[[env]]\nid = 'x'\n", "toml"),
        ("a.b = 1\n", "toml"),
        ("from trl import DPOConfig\n", "python"),
        ("learning_rate = 5e-7\ncompile = True\n", "python"),
        ("learning_rate = 5e-7\n", "python"),
        ("use_kl = true\n", "toml"),
        ("export X=1\naccelerate launch t.py\n", "shell"),
        ("CUDA_VISIBLE_DEVICES=0 swift rlhf \\\n  --beta 1\n", "shell"),
        ("[trainer]\nname = 'None'\n", "toml"),
        ("MODEL_ARGS=(\n  --lr 1\n)\n", "shell"),
        ("prompt: |\n  import this\n[x]: 1\n", "yaml"),
    ],
)
def test_the_format_of_a_nameless_text(text: str, format: Format) -> None:  # noqa: A002
    assert sniff(text) == format


_TEXTS = ["a", "1", "5e-7", ": ", "=", "\n", "\r\n", "\r", "  ", "\t", "- ", "&a ", "*a", "<<: ", "[", "]", "{", "}", "(", ")", '"', "'"]
_TEXTS += ["#", "|", ">", "$", "--x ", "\\", ",", "é", "\U0001f600", "!!int ", "\u2028", "\x85", "\ufeff", "%", "---\n", "...\n", "?", "\0"]
_TEXTS += ["def f(a=1): ", "import a\n", "[[t]]\n", "python t.py ", "A(b=", "{{ x }}"]
_FRAGMENTS = st.lists(st.sampled_from([text.encode() for text in _TEXTS] + [b"\xff"]), max_size=25).map(b"".join)


@given(_FRAGMENTS, st.sampled_from(["a.yaml", "a.json", "a.toml", "a.py", "a.sh", "-"]))
def test_no_bytes_make_a_reader_fail_otherwise(content: bytes, name: str) -> None:
    try:
        document = read(name, content)
    except InputError as error:
        assert error.path == name
        assert error.line is None or error.line >= 1
        assert error.column is None or error.column >= 1
    else:
        length = len(document.text)
        for value in document.values.values():
            for span in (value.entry.key_span, value.node.span):
                assert 0 <= span.start <= span.end <= length
