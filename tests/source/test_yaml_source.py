from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.source.document import Document, Entry, Mapping, Node, Scalar, Sequence, Unresolved
from advisor.source.yaml_source import read_yaml


def read(text: str) -> Document:
    return read_yaml("config.yaml", text)


def written(document: Document, key: str) -> str:
    span = document.values[key].node.span
    return document.text[span.start : span.end]


def scalar(document: Document, key: str) -> Scalar:
    node = document.values[key].node
    assert isinstance(node, Scalar)
    return node


def failure(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.path == "config.yaml"
    return caught.value


def data(node: Node, reading: str = "value") -> Any:
    if isinstance(node, Mapping):
        return {entry.key: data(entry.value, reading) for entry in node.entries}
    if isinstance(node, Sequence):
        return [data(item, reading) for item in node.items]
    assert isinstance(node, Scalar)
    return getattr(node, reading)


@pytest.mark.parametrize(
    ("text", "value", "legacy"),
    [
        ("5e-7", 5e-7, "5e-7"),
        ("5.0e-7", 5e-7, 5e-7),
        ("1e5", 1e5, "1e5"),
        ("+1.5e3", 1500.0, "+1.5e3"),
        ("1.5e+3", 1500.0, 1500.0),
        (".5", 0.5, 0.5),
        ("-.5", -0.5, "-.5"),
        ("1.", 1.0, 1.0),
        ("0o17", 15, "0o17"),
        ("017", 17, 15),
        ("0x1F", 31, 31),
        ("0b11", "0b11", 3),
        ("1_000", 1000, 1000),
        ("1:30", "1:30", 90),
        ("08", 8, "08"),
        ("yes", "yes", True),
        ("on", "on", True),
        ("Off", "Off", False),
        ("True", True, True),
        ("~", None, None),
        ("null", None, None),
        (".inf", math.inf, math.inf),
        ("-.INF", -math.inf, -math.inf),
        ("2024-01-02", "2024-01-02", "2024-01-02"),
        ("${oc.env:LR}", "${oc.env:LR}", "${oc.env:LR}"),
        ("a#b", "a#b", "a#b"),
        ("-", "-", "-"),
        ("1e", "1e", "1e"),
        ("9" * 5000, "9" * 5000, "9" * 5000),
    ],
)
def test_a_plain_scalar_has_the_reading_of_both_standards(text: str, value: object, legacy: object) -> None:
    if text == "-":
        text = "'-'"
    document = read(f"key: {text} # note\n")
    node = scalar(document, "key")
    assert (node.value, node.legacy) == (value, legacy)
    assert type(node.value) is type(value)
    assert type(node.legacy) is type(legacy)
    assert written(document, "key") == text


def test_not_a_number_is_a_float_in_both() -> None:
    node = scalar(read("key: .nan\n"), "key")
    assert isinstance(node.value, float) and math.isnan(node.value)
    assert isinstance(node.legacy, float) and math.isnan(node.legacy)


@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        ("lr: &lr 5e-7\n", "5e-7", 5e-7),
        ("lr: !!float 1  # one\n", "1", 1.0),
        ("lr: !!float 5e-7\n", "5e-7", 5e-7),
        ("lr: !!str 5e-7\n", "5e-7", "5e-7"),
        ("lr: !!int '8'\n", "'8'", 8),
        ("lr: !!bool yes\n", "yes", True),
        ("lr: &a !!float # tagged\n  3\n", "3", 3.0),
        ("lr: !<tag:yaml.org,2002:float> 2\n", "2", 2.0),
        ("lr: '5e-7'\n", "'5e-7'", "5e-7"),
        ('lr: "5e-7" # text\n', '"5e-7"', "5e-7"),
        ("lr: ! '7'\n", "'7'", "7"),
        ("{lr: &x 5e-7, b: 1}\n", "5e-7", 5e-7),
        ("{lr: &x , b: 1}\n", "", None),
        ("lr:\n", "", None),
        ("lr: &x\n", "", None),
        ("lr: # nothing\nb: 1\n", "", None),
        ("'lr': 5e-7", "5e-7", 5e-7),
        ("lr: 5e-7\r\nb: 1\r\n", "5e-7", 5e-7),
        ("ключ: ж\n\U0001f600: \U0001f680\nlr: 5e-7\n", "5e-7", 5e-7),
        ("\U0001f600: {\U0001f680: 1, lr: 5e-7}\n", "5e-7", 5e-7),
        ("lr: one\n  two # three\n", "one\n  two", "one two"),
        ("lr: |  # text\n  a # b\n\n  c\n\n# end\n", "|  # text\n  a # b\n\n  c", "a # b\n\nc\n"),
        ("lr: >-\n  a\n  b\n", ">-\n  a\n  b", "a b"),
        ("lr: |\n", "|", ""),
        ("lr: {{ rate }}\nb: 1\n", "{{ rate }}", "{{ rate }}"),
    ],
)
def test_a_span_covers_the_value_and_nothing_else(text: str, span: str, value: object) -> None:
    document = read(text)
    key = next(key for key in document.values if key.endswith("lr"))
    assert written(document, key) == span
    assert scalar(document, key).value == value


def test_an_empty_value_stands_right_behind_its_colon() -> None:
    document = read("a:\nlr:  # none\n")
    assert document.values["a"].node.span == (2, 2)
    assert document.values["lr"].node.span == (6, 6)


def test_keys_and_collections_have_spans() -> None:
    text = "loss:\n  beta: 0.1  # kl\n\n\nmodules: [q, k]\nlist:\n  - 1\n  - b: 2\n"
    document = read(text)
    assert written(document, "loss") == "beta: 0.1"
    assert written(document, "modules") == "[q, k]"
    assert written(document, "list") == "- 1\n  - b: 2"
    assert written(document, "list.1.b") == "2"
    start, end = document.values["loss.beta"].entry.key_span
    assert text[start:end] == "beta"
    assert [entry.value.flow for entry in document.root.entries if isinstance(entry.value, (Mapping, Sequence))] == [False, True, False]


def test_a_tag_of_someone_else_leaves_the_value_unresolved() -> None:
    document = read("a: !env LR\nb: !!python/tuple [1, 2]\nc: !!int many\n")
    nodes = [document.values[key].node for key in "abc"]
    assert all(isinstance(node, Unresolved) for node in nodes)
    assert [written(document, key) for key in "abc"] == ["LR", "[1, 2]", "many"]
    assert "!env" in nodes[0].reason  # type: ignore[union-attr]
    assert nodes[2].reason == "'many' does not fit its tag !!int"  # type: ignore[union-attr]


def shared(document: Document) -> dict[str, str | None]:
    return {key: value.entry.shared for key, value in document.values.items()}


def test_alias_and_merge_are_marked_down_to_the_leaves() -> None:
    document = read("base: &b\n  lr: 5e-7\n  adam: {beta1: 0.9}\nx: *b\ny:\n  <<: *b\n  lr: 1e-6\nz: 1\nunused: &u 3\n")
    assert shared(document) == {
        "base": "alias",
        "base.lr": "alias",
        "base.adam": "alias",
        "base.adam.beta1": "alias",
        "x": "alias",
        "x.lr": "alias",
        "x.adam": "alias",
        "x.adam.beta1": "alias",
        "y": None,
        "y.lr": None,
        "y.adam": "merge",
        "y.adam.beta1": "merge",
        "z": None,
        "unused": None,
    }
    assert scalar(document, "y.lr").value == 1e-6
    assert written(document, "x.lr") == "5e-7"


def test_an_alias_of_a_scalar_shares_both_places() -> None:
    document = read("a: &n 8\nb: *n\nc: [*n, 2]\nd: 4\n")
    assert shared(document) == {"a": "alias", "b": "alias", "c": "alias", "d": None}
    assert data(document.root) == {"a": 8, "b": 8, "c": [8, 2], "d": 4}
    assert written(document, "c") == "[*n, 2]"


def test_among_merged_mappings_the_first_counts_as_in_pyyaml() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  w: 0\n"
    document = read(text)
    assert data(document.root) == yaml.safe_load(text)
    assert document.values["c.z"].entry.shared == "merge"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: *nothing\n", 1, "names no anchor"),
        ("a: 1\nb: &b [1, *b]\n", 2, "inside the value"),
        ("a: {<<: 5}\n", 1, "merge key"),
    ],
)
def test_aliases_that_lead_nowhere(text: str, line: int, words: str) -> None:
    error = failure(text)
    assert (error.kind, error.line) == ("syntax", line)
    assert words in error.message


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert failure("\n".join(lines)).kind == "too-large"


def test_a_chain_of_aliases_cannot_nest_without_end() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} {'[' * 40}*a{n - 1}{']' * 40}" for n in range(1, 50)]
    error = failure("\n".join(lines))
    assert (error.kind, error.line) == ("too-large", 4)


@pytest.mark.parametrize(
    "text", ["a: " + "[" * 200 + "]" * 200, "a: " + "{a: " * 200 + "}" * 200, "- " * 5000 + "a", "? " * 3000 + "a", "[" * 5000]
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert failure(text).kind in {"too-large", "syntax"}


def test_a_duplicate_key_is_recorded_and_the_last_counts() -> None:
    text = "t:\n  lr: 1\n  x: 0\n  lr: 2\n  lr: 3\n"
    document = read(text)
    assert data(document.root) == {"t": {"x": 0, "lr": 3}}
    (duplicate,) = document.duplicates
    assert duplicate.path == ("t", "lr")
    assert document.position(duplicate.first.start) == (2, 3)
    assert document.position(duplicate.last.start) == (5, 3)


def test_comments_are_found_outside_of_values_only() -> None:
    text = (
        "# top\n"
        "a: 'x # no' # one\n"
        'b: "# no"\n'
        "c: a#no\n"
        "d: |  # two\n"
        "  # no\n"
        "e: [1, # three\n"
        "    2] # four\r\n"
        "f: &x # five\n"
        "  1\n"
        "g: >  \n"
        "  # no\n"
        "# end"
    )
    document = read(text)
    assert [comment.text for comment in document.comments] == ["# top", "# one", "# two", "# three", "# four", "# five", "# end"]
    assert all(text[comment.span.start : comment.span.end] == comment.text for comment in document.comments)


def test_only_the_first_of_several_documents_is_read() -> None:
    document = read("a: 1 # x\n---\na: 2 # y\n")
    assert data(document.root) == {"a": 1}
    assert [comment.text for comment in document.comments] == ["# x"]
    assert len(document.warnings) == 1
    assert "several YAML documents" in document.warnings[0]
    assert read("---\na: 1\n...\n").warnings == ()


@pytest.mark.parametrize(("text", "warned"), [("a:\t1\n", True), ("a: 1\t# x\n", True), ('a: "x\ty"\n', False), ("a: 1 #\tx\n", False)])
def test_a_tab_that_safe_load_refuses_is_told(text: str, warned: bool) -> None:
    try:
        yaml.safe_load(text)
        refused = False
    except yaml.YAMLError:
        refused = True
    assert bool(read(text).warnings) == warned == refused


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\nb: c: d\n", 2, 5),
        ("a: 'open\n", 2, 1),
        ("a: [1, 2\nb: 3\n", 2, 2),
        ("é\U0001f600: a\x01b\n", 1, 6),
        ("a: 1\n\tb: 2\n", 2, 1),
        ("a: @x\n", 1, 4),
        ("# x\u2028y\nb: c: d\n", 2, 2),
        ("a: 1\nb: [1, 2", 2, 9),
    ],
)
def test_a_syntax_error_has_its_place(text: str, line: int, column: int) -> None:
    error = failure(text)
    assert (error.kind, error.line, error.column) == ("syntax", line, column)


@pytest.mark.parametrize(
    ("text", "words"), [("- 1\n- 2\n", "a list"), ("just words\n", "a single value"), ("# only this\n", "comments only")]
)
def test_a_file_without_keys_is_no_configuration(text: str, words: str) -> None:
    error = failure(text)
    assert error.kind == "unrecognised"
    assert words in error.message


def test_pure_python_loader_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x 5e-7 # c\nb: [1, {c: !!float 2}]\nd: |\n  x\n\ne: *x\nf:\n- 1\n"
    with_libyaml = read(text)
    monkeypatch.setitem(__import__("sys").modules, "yaml._yaml", None)
    without = read(text)
    assert without.root == with_libyaml.root
    assert without.comments == with_libyaml.comments


_KEYS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=8)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")))
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS
_NODES = st.recursive(_LEAVES, lambda leaf: st.lists(leaf, max_size=3) | st.dictionaries(_KEYS, leaf, max_size=3), max_leaves=8)
_TREES = st.dictionaries(_KEYS, _NODES)


def leaves(node: Node, entry: Entry | None = None) -> list[Scalar]:
    if isinstance(node, Mapping):
        return [leaf for child in node.entries for leaf in leaves(child.value)]
    if isinstance(node, Sequence):
        return [leaf for item in node.items for leaf in leaves(item)]
    assert isinstance(node, Scalar)
    return [node]


@given(_TREES.filter(bool), st.sampled_from([None, True, False]), st.sampled_from([None, "'", '"']), st.booleans())
def test_what_pyyaml_dumps_is_read_back(tree: dict[str, Any], flow: bool | None, style: str | None, unicode: bool) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow, default_style=style, allow_unicode=unicode)
    document = read(text)
    assert data(document.root, "legacy") == tree
    for leaf in leaves(document.root):
        source = "key: " + document.text[leaf.span.start : leaf.span.end]
        if leaf.style == "plain" or isinstance(leaf.legacy, str):  # a dumper that must quote a number puts a tag in front of it
            assert yaml.safe_load(source)["key"] == leaf.legacy
