"""A verifier that never objects is worth nothing: every kind of damage has to be noticed."""

from dataclasses import replace

import pytest

from advisor.fixes.edit import Applied, Change, Edit, Spliced, UnsoundEdit
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.fixes.witnesses import check_witnesses
from advisor.source.document import Span
from advisor.source.reading import read

LR = Edit("set", "lr", 5e-6, because="low", rule="LRN102")
TEXTS = {
    "config.yaml": "a: 1  # one\nlr: 5e-7\nb: x\n",
    "config.json": '{"a": 1,\n "lr": 5e-7,\n "b": "x"}\n',
    "config.toml": 'a = 1  # one\nlr = 5e-7\nb = "x"\n',
    "config.py": 'a = 1  # one\nlr = 5e-7\nb = "x"\n',
    "config.sh": "python train.py --a 1 --lr 5e-7 --b x  # one\n",
}


@pytest.mark.parametrize("path", TEXTS)
def test_text_outside_the_changes_is_compared(path: str) -> None:
    document = read(path, TEXTS[path].encode())
    result = splice(document, [LR])
    verify(document, result)
    for damaged in (result.text.replace("1", "1 ", 1), f"{result.text} ", result.text[:-1], result.text.replace("5", "6", 1)):
        with pytest.raises(UnsoundEdit):
            verify(document, replace(result, text=damaged))


@pytest.mark.parametrize("path", TEXTS)
def test_another_value_than_intended_is_noticed(path: str) -> None:
    document = read(path, TEXTS[path].encode())
    result = splice(document, [LR])
    other = tuple(one._replace(edit=replace(one.edit, value=5e-5)) for one in result.applied)
    with pytest.raises(UnsoundEdit, match="other values"):
        verify(document, replace(result, applied=other))


@pytest.mark.parametrize("path", TEXTS)
def test_a_change_that_no_edit_wants_is_noticed(path: str) -> None:
    document = read(path, TEXTS[path].encode())
    span = document.values["a"].node.span
    text = f"{document.text[: span.start]}7{document.text[span.end :]}"
    with pytest.raises(UnsoundEdit, match="other values"):
        verify(document, Spliced(text, (), (), (Change(span, "7", "value"),)))


@pytest.mark.parametrize(
    ("path", "name"), [("config.yaml", "PyYAML"), ("config.json", "json"), ("config.toml", "tomllib"), ("config.py", "Python")]
)
def test_the_other_parsers_are_asked(path: str, name: str) -> None:
    document = read(path, TEXTS[path].encode())
    result = splice(document, [LR])
    for damaged in (result.text.replace("x", "y"), result.text + "\n]["):
        with pytest.raises(UnsoundEdit, match=name):
            check_witnesses(document, replace(result, text=damaged), list(result.applied))


def test_ruamel_is_asked_as_well() -> None:
    """`5e-6` is a number for it and text for PyYAML, so that each alone would let one mistake pass."""
    document = read("config.yaml", b"lr: 1.0e-6\n")
    applied = [Applied(LR, "1.0e-6", "5e-6", True)]
    with pytest.raises(UnsoundEdit, match="PyYAML"):
        check_witnesses(document, Spliced("lr: 5e-6\n", (), (), ()), applied)
    text = Edit("set", "lr", "5e-6")
    with pytest.raises(UnsoundEdit, match="ruamel"):
        check_witnesses(document, Spliced("lr: 5e-6\n", (), (), ()), [Applied(text, "1.0e-6", "5e-6", True)])


def test_a_comment_may_not_hide_text() -> None:
    document = read("config.yaml", b"a: 1\nb: 2\n")
    change = Change(Span(4, 4), " # x\n# y", "comment")
    with pytest.raises(UnsoundEdit, match="line end"):
        verify(document, Spliced("a: 1 # x\n# y\nb: 2\n", (), (), (change,)))
    change = Change(Span(3, 4), " # x", "comment")
    with pytest.raises(UnsoundEdit, match="something else"):
        verify(document, Spliced("a:  # x\nb: 2\n", (), (), (change,)))


def test_overlapping_changes_are_noticed() -> None:
    document = read("config.yaml", b"abc: 1\n")
    changes = Change(Span(0, 3), "x", "key"), Change(Span(1, 3), "y", "key")
    with pytest.raises(UnsoundEdit, match="before offset"):
        verify(document, Spliced("xy: 1\n", (), (), changes))


def test_aliases_that_multiply_do_not_stall_it() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 10)), "lr: 5e-7"]
    document = read("config.yaml", "\n".join(lines).encode())
    verify(document, splice(document, [LR]))


def test_tags_of_other_programs_do_not_silence_it() -> None:
    document = read("config.yaml", b"a: !env {x: [1, !secret y]}\nlr: 5e-7\n")
    result = splice(document, [LR])
    verify(document, result)
    with pytest.raises(UnsoundEdit, match="PyYAML"):
        check_witnesses(document, replace(result, text=result.text.replace("y}", "z}").replace("y]", "z]")), list(result.applied))


def test_a_file_of_the_old_standard_keeps_its_booleans() -> None:
    document = read("config.yaml", b"%YAML 1.1\n---\nfp16: yes\n")
    result = splice(document, [Edit("set", "fp16", False)])
    verify(document, result)
    assert "fp16: no  # was yes" in result.text
