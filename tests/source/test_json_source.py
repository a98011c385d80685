from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.source.document import Document, Mapping, Node, Scalar, Sequence
from advisor.source.json_source import read_json


def read(text: str) -> Document:
    return read_json("config.json", text)


def data(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {entry.key: data(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    assert isinstance(node, Scalar)
    assert node.value is node.legacy
    return node.value


def test_every_value_and_key_has_its_span() -> None:
    text = '{\r\n  "\U0001f600": "\\u00e9\\n",\r\n  "lr": 5e-7,\n  "adam": {"betas": [0.9, -1], "x": null, "y": true}}'
    document = read(text)
    written = {key: text[value.node.span.start : value.node.span.end] for key, value in document.values.items()}
    assert written == {
        "\U0001f600": '"\\u00e9\\n"',
        "lr": "5e-7",
        "adam": '{"betas": [0.9, -1], "x": null, "y": true}',
        "adam.betas": "[0.9, -1]",
        "adam.x": "null",
        "adam.y": "true",
    }
    span = document.values["adam.x"].entry.key_span
    assert text[span.start : span.end] == '"x"'
    assert data(document.root) == {"\U0001f600": "é\n", "lr": 5e-7, "adam": {"betas": [0.9, -1], "x": None, "y": True}}
    assert document.root.flow


def test_numbers_that_json_has_not_but_python_writes() -> None:
    values = data(read('{"a": NaN, "b": Infinity, "c": -Infinity}').root)
    assert math.isnan(values["a"])
    assert (values["b"], values["c"]) == (math.inf, -math.inf)


def test_half_a_surrogate_pair_becomes_printable() -> None:
    assert data(read('{"a": "x\\ud800"}').root) == {"a": "x?"}


def test_a_duplicate_key_is_recorded_and_the_last_counts() -> None:
    document = read('{"a": {"lr": 1, "x": 2, "lr": 3}}')
    assert data(document.root) == {"a": {"x": 2, "lr": 3}}
    assert [(duplicate.path, duplicate.first, duplicate.last) for duplicate in document.duplicates] == [(("a", "lr"), (7, 11), (24, 28))]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{"a": 1,}', 1, 9, "comma before a closing brace"),
        ('{"a": [1,\n]}', 2, 1, "comma before a closing bracket"),
        ('{\n  // rate\n  "a": 1}', 2, 3, "no comments"),
        ('{"a": 1} # end', 1, 10, "no comments"),
        ('{"\U0001f600": 1 "b": 2}', 1, 9, "comma or }"),
        ('{"a" 1}', 1, 6, "colon"),
        ("{'a': 1}", 1, 2, "double quotes"),
        ("{\"a\": 'b'}", 1, 7, "double quotes"),
        ('{"a": True}', 1, 7, "JSON writes true"),
        ('{"a": nul}', 1, 7, "not nul"),
        ('{"a": }', 1, 7, "not }"),
        ('{"a": "x\ny"}', 1, 9, "control character"),
        ('{"a": "open', 1, 7, "unterminated string"),
        ('{"a": "\\q"}', 1, 8, "escape"),
        ('{"a": 1', 1, 8, "closing }"),
        ('{"a": ', 1, 7, "file ends"),
        ('{"a": 1} x', 1, 10, "more text"),
        ('{"a": 01}', 1, 8, "comma or }"),
        ('{"a": ' + "9" * 5000 + "}", 1, 7, "5000"),
    ],
)
def test_a_syntax_error_has_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("syntax", line, column)
    assert words in caught.value.message


@pytest.mark.parametrize(("text", "kind"), [("[1]", "unrecognised"), ('"x"', "unrecognised"), ('{"a": ' + "[" * 100_000, "too-large")])
def test_what_is_no_configuration(text: str, kind: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.kind == kind


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8"))
_KEYS = st.text(st.characters(codec="utf-8"), max_size=5)
_NODES = st.recursive(_LEAVES, lambda leaf: st.lists(leaf, max_size=3) | st.dictionaries(_KEYS, leaf, max_size=3), max_leaves=8)


@given(st.dictionaries(_KEYS, _NODES), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_what_json_writes_is_read_back(tree: dict[str, Any], indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    document = read(text)
    assert data(document.root) == tree

    def check(node: Node) -> None:
        assert json.loads(text[node.span.start : node.span.end]) == data(node)
        for child in node.items if isinstance(node, Sequence) else [e.value for e in node.entries] if isinstance(node, Mapping) else []:
            check(child)

    check(document.root)


@given(st.text('{}[]",:0e.-\\u/# \ntrue', max_size=12))
def test_any_text_is_read_as_json_reads_it_or_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    try:
        assert data(read(text).root) == expected
    except InputError:
        assert not isinstance(expected, dict)
