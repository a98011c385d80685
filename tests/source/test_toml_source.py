from __future__ import annotations

import datetime
import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.source.document import Document, Mapping, Node, Scalar, Sequence
from advisor.source.toml_source import read_toml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read(text: str) -> Document:
    return read_toml("config.toml", text)


def data(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {entry.key: data(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.value


def written(document: Document, key: str) -> str:
    span = document.values[key].node.span
    return document.text[span.start : span.end]


TEXT = (
    """\
# run
lr = 5e-7# touching
name = "a # b" # c
"quoted key" = 'x#y'
\U0001f600 = 1
""".replace("\U0001f600", '"\U0001f600"')
    + '''
a.b.c = 0x1F
[trainer.optim] # optimiser
betas = [ 0.9, # one
  0.95, ]
at = 1979-05-27 07:32:00Z # when
text = """
# no
""""" # two
raw = \'\'\'it's # no\'\'\'
inline = { lr = 1_000, x.y = [ { z = true } ] }
empty = {}
[trainer]
steps = +10
[[env]]
id = "one"
[env.task]
n = -inf
[[env]]
id = "tw\\u006f"
[last]
'''
)


def test_values_and_spans_of_every_construct() -> None:
    document = read(TEXT)
    expected = tomllib.loads(TEXT)
    expected["trainer"]["optim"]["at"] = "1979-05-27 07:32:00Z"
    assert data(document.root) == expected
    assert {key: written(document, key) for key in ("lr", "name", "quoted key", "\U0001f600", "a.b.c")} == {
        "lr": "5e-7",
        "name": '"a # b"',
        "quoted key": "'x#y'",
        "\U0001f600": "1",
        "a.b.c": "0x1F",
    }
    assert written(document, "trainer.optim.at") == "1979-05-27 07:32:00Z"
    assert written(document, "trainer.optim.text") == '"""\n# no\n"""""'
    assert written(document, "trainer.optim.betas") == "[ 0.9, # one\n  0.95, ]"
    assert written(document, "trainer.optim.inline") == "{ lr = 1_000, x.y = [ { z = true } ] }"
    assert written(document, "trainer.optim.inline.lr") == "1_000"
    assert written(document, "trainer.optim.inline.x.y.0.z") == "true"
    assert written(document, "env.0.task.n") == "-inf"
    assert written(document, "env.1.id") == '"tw\\u006f"'
    assert written(document, "trainer.steps") == "+10"


def test_a_span_of_a_key_is_its_own_part_of_a_dotted_key() -> None:
    document = read(TEXT)
    spans = {key: document.values[key].entry.key_span for key in ("a", "a.b", "a.b.c", "trainer", "trainer.optim", "last")}
    assert [TEXT[start:end] for start, end in spans.values()] == ["a", "b", "c", "trainer", "optim", "last"]
    assert document.position(spans["trainer.optim"].start) == (8, 10)


def test_lines_can_be_inserted_only_below_a_header_of_its_own() -> None:
    document = read(TEXT)
    flow = {key: value.node.flow for key, value in document.values.items() if isinstance(value.node, Mapping)}
    assert flow["trainer"] is flow["trainer.optim"] is flow["last"] is flow["env.0.task"] is False
    assert flow["a"] is flow["a.b"] is flow["trainer.optim.inline"] is True
    assert read("[a.b]\nx = 1\n").values["a"].node.flow is True  # type: ignore[union-attr]
    assert document.values["last"].node.span == (len(TEXT) - 1, len(TEXT) - 1)


def test_comments_may_touch_values_and_never_stand_in_strings() -> None:
    assert [comment.text for comment in read(TEXT).comments] == ["# run", "# touching", "# c", "# optimiser", "# one", "# when", "# two"]


def test_windows_newlines_keep_the_spans() -> None:
    document = read("a = 1\r\n[t]\r\nlr = 5e-7 # x\r\n")
    assert written(document, "t.lr") == "5e-7"
    assert document.comments[0].text == "# x"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a = 1\nb = \n", 2, 5),
        ("a = 1\na = 2\n", 2, 6),
        ("é = 1\n", 1, 1),
        ("a = 1\n[a]\n", 2, 3),
        ("a = [1, 2", 1, 10),
        ('a = "x', 1, 7),
        ("a = 1990-02-30\n", 1, 5),
    ],
)
def test_a_syntax_error_has_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("syntax", line, column)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("# nothing\n", "unrecognised"),
        ("a = " + "[" * 150 + "]" * 150, "too-large"),
        ("a = " + "[" * 5000 + "]" * 5000, "too-large"),
        ("a" + ".a" * 150 + " = 1", "too-large"),
        ("[a" + ".a" * 150 + "]", "too-large"),
        ("a = " + "9" * 5000, "syntax"),
    ],
)
def test_what_is_no_configuration(text: str, kind: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.kind == kind


_KEYS = st.sampled_from(["lr", "b-1", "3", "a b", "x.y", 'q"', "#", "é", ""]) | st.text(st.characters(codec="utf-8"), max_size=4)
_WRITTEN = st.sampled_from(
    [
        ("5e-7", 5e-7),
        ("1_000", 1000),
        ("0o17", 15),
        ("-inf", float("-inf")),
        ("true", True),
        ("1979-05-27 07:32:00.5", datetime.datetime(1979, 5, 27, 7, 32, 0, 500_000)),
        ("07:32:00", datetime.time(7, 32)),
        ("1979-05-27", datetime.date(1979, 5, 27)),
        ("'it \\ # no'", "it \\ # no"),
        ('"""\n"a" "" \\" # no\\\n   b"""', '"a" "" " # nob'),
        ("''''a'''''", "'a''"),
        ('""', ""),
        ('""""""', ""),
        ("[]", []),
        ("[1,\n # no\n [2, {a = 3}],]", [1, [2, {"a": 3}]]),
    ]
)
_TREES = st.recursive(
    st.dictionaries(_KEYS, _WRITTEN, max_size=3),
    lambda tree: st.dictionaries(_KEYS, _WRITTEN | tree | st.lists(tree, min_size=1, max_size=2), max_size=3),
    max_leaves=6,
)


def key_text(key: str, draw: st.DataObject) -> str:
    if key and key.isascii() and key.replace("-", "").isalnum() and draw.draw(st.booleans()):
        return key
    return json.dumps(key).replace("\x7f", "\\u007f") if key.isascii() else json.dumps(key, ensure_ascii=False).replace("\x7f", "\\u007f")


def dump(tree: dict[str, Any], prefix: list[str], draw: st.DataObject) -> str:
    """A TOML writer that draws a layout: inline tables, dotted keys, headers, arrays of tables, blanks and comments."""
    blank = st.sampled_from(["", " ", "\t "])
    here: list[str] = []
    below: list[str] = []
    for key, value in tree.items():
        name = key_text(key, draw)
        if isinstance(value, tuple):
            here.append(
                f"{draw.draw(blank)}{name}{draw.draw(blank)}={draw.draw(blank)}{value[0]}{draw.draw(st.sampled_from(['', '#c', ' # c']))}"
            )
        elif isinstance(value, list):
            below += [f"[[ {'.'.join([*prefix, name])} ]] # t\n{dump(item, [*prefix, name], draw)}" for item in value]
        elif draw.draw(st.booleans()):
            here.append(f"{name} = {inline(value, draw)}")
        else:
            below.append(f"[{'. '.join([*prefix, name])}]\n{dump(value, [*prefix, name], draw)}")
    return "\n".join([*here, *below, draw.draw(st.sampled_from(["", "# end"]))])


def inline(tree: dict[str, Any], draw: st.DataObject) -> str:
    parts = []
    for key, value in tree.items():
        name = key_text(key, draw)
        if isinstance(value, tuple):
            parts.append(f"{name}={value[0]}")
        elif isinstance(value, list):
            parts.append(f"{name} = [{', '.join(inline(item, draw) for item in value)}]")
        elif len(value) == 1 and isinstance(next(iter(value.values())), tuple):
            ((inner, leaf),) = value.items()
            parts.append(f"{name} . {key_text(inner, draw)} = {leaf[0]}")
        else:
            parts.append(f"{name} = {inline(value, draw)}")
    return "{ " + ", ".join(parts) + " }"


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return plain(value[1]) if isinstance(value, tuple) else [plain(item) for item in value] if isinstance(value, list) else value


def same(node: Node, value: Any, text: str) -> None:
    if isinstance(node, Mapping):
        assert {entry.key for entry in node.entries} == set(value)
        for entry in node.entries:
            key = tomllib.loads(text[entry.key_span.start : entry.key_span.end] + "=0")
            assert list(key) == [entry.key]
            same(entry.value, value[entry.key], text)
    elif isinstance(node, Sequence):
        assert len(node.items) == len(value)
        for item, expected in zip(node.items, value, strict=True):
            same(item, expected, text)
    else:
        assert tomllib.loads("x = " + text[node.span.start : node.span.end])["x"] == value


@given(_TREES.filter(bool), st.data())
def test_any_layout_is_read_with_spans_that_hold_the_values(tree: dict[str, Any], draw: st.DataObject) -> None:
    text = dump(tree, [], draw)
    same(read(text).root, plain(tree), text)
