"""What holds for every document and every edit, on generated YAML."""

import warnings
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from advisor.fixes.edit import Edit
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.source.reading import read

KEYS = ["lr", "beta", "'max len'", '"name"', "имя", "on-top", "sub_1"]
VALUES = [
    "5e-7", "1.0e-6", "0.1", "8", "-3", "true", "False", "yes", "null", "", "~", "text", "a b", "'quoted # 1'", '"dou\\tble"', "🚀 go",
    "1_000", "[1, 2, 3]", "[ a,  b ]", "{x: 1, y: 5e-7}", "!!float 3", "http://x.y/z", "2024-01-02", "017", "1:30",
]  # fmt: skip
TAILS = ["", "", "  # note", " # was 1: low [OLD1]; mine", "   ", "  # noqa: X", " #"]
FILLERS = ["", "# a comment: 5e-7", "   # indented"]
NEW = st.one_of(
    st.floats(1e-9, 1e3),
    st.integers(-5, 5000),
    st.booleans(),
    st.none(),
    st.sampled_from(["cosine", "a: b", "no", "5e-7", "", "#x", "ü 🚀"]),
)


@st.composite
def sections(draw: st.DrawFn, indent: str = "", depth: int = 0) -> list[str]:
    lines: list[str] = []
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True)):
        lines += draw(st.lists(st.sampled_from(FILLERS), max_size=1))
        kind = draw(st.sampled_from(["value", "value", "value", "section", "list", "block"] if depth < 2 else ["value"]))
        if kind == "section":
            lines += [f"{indent}{key}:{draw(st.sampled_from(TAILS))}", *draw(sections(indent + "  ", depth + 1))]
        elif kind == "list":
            items = draw(st.lists(st.sampled_from(VALUES[:7]), min_size=1, max_size=3))
            lines += [f"{indent}{key}:", *(f"{indent}- {item}{draw(st.sampled_from(TAILS))}" for item in items)]
        elif kind == "block":
            lines += [f"{indent}{key}: {draw(st.sampled_from(['|', '>-', '|+']))}", f"{indent}  lr: 5e-7 # text", f"{indent}  more"]
        else:
            lines.append(f"{indent}{key}: {draw(st.sampled_from(VALUES))}{draw(st.sampled_from(TAILS))}")
    return lines


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    lines = draw(sections())
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = newline.join(lines) + draw(st.sampled_from(["", newline, newline * 2]))
    if draw(st.booleans()):
        text = f"---{newline}{text}"
    keys = list(read("config.yaml", text.encode()).values)
    edits = []
    for key in draw(st.lists(st.sampled_from(keys), min_size=1, max_size=4)):
        op = draw(st.sampled_from(["set", "set", "insert", "rename", "delete"]))
        because, rule = draw(st.sampled_from(["", "low for 1B", "a; [X1] b"])), draw(st.sampled_from(["LRN102", ""]))
        if op == "insert":
            new = f"{key.rpartition('.')[0]}.fresh_{len(edits)}".lstrip(".")
            edits.append(Edit("insert", new, draw(NEW), because=because, rule=rule, beside=draw(st.sampled_from([key, None]))))
        elif op == "rename":
            edits.append(Edit("rename", key, draw(st.sampled_from([None, 3.5])), f"renamed_{len(edits)}", because, rule))
        else:
            edits.append(Edit(op, key, draw(NEW), because=because, rule=rule))
    return text, edits


def loaded(text: str) -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return yaml.safe_load(text), YAML(typ="safe", pure=True).load(text)


@settings(max_examples=120, deadline=None)
@given(cases(), st.booleans())
def test_edits_are_sound_and_final(case: tuple[str, list[Edit]], comments: bool) -> None:
    text, edits = case
    document = read("config.yaml", text.encode())
    result = splice(document, edits, comments=comments)
    verify(document, result)
    assert len(result.applied) + len(result.refused) == len(edits)
    if not any(applied.changed for applied in result.applied):
        assert result.text == text
    again = splice(read("config.yaml", result.text.encode()), [applied.edit for applied in result.applied], comments=comments)
    assert again.text == result.text


@settings(max_examples=120, deadline=None)
@given(cases())
def test_set_changes_its_line_and_its_value_alone(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    document = read("config.yaml", text.encode())
    result = splice(document, [edit for edit in edits if edit.op == "set"])
    touched = {document.position(document.values[applied.edit.key].node.span.start).line for applied in result.applied if applied.changed}
    old, new = text.split("\n"), result.text.split("\n")
    assert len(old) == len(new)
    assert {number for number, pair in enumerate(zip(old, new, strict=True), 1) if pair[0] != pair[1]} == touched
    for before, after in zip(loaded(text), loaded(result.text), strict=True):
        for applied in result.applied:
            path = document.values[applied.edit.key].path
            found = followed(after, path)
            if isinstance(applied.edit.value, bool):
                assert found in ((True, "yes") if applied.edit.value else (False, "no"))
            else:
                assert found == applied.edit.value
            blank(before, path)
            blank(after, path)
        assert before == after


def followed(data: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def blank(data: Any, path: tuple[str, ...]) -> None:
    holder = followed(data, path[:-1])
    holder[path[-1]] = None


@settings(max_examples=120, deadline=None)
@given(cases())
def test_every_line_that_no_edit_names_stays(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    document = read("config.yaml", text.encode())
    result = splice(document, edits)
    rest = result.text
    position = 0
    for change in result.changes:
        kept = text[position : change.span.start]
        assert rest.startswith(kept)
        rest = rest[len(kept) + len(change.text) :]
        position = change.span.end
    assert rest == text[position:]
