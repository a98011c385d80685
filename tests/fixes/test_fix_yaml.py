"""YAML before and after, both written by hand."""

import pytest

from advisor.fixes.edit import Edit
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.source.document import Document
from advisor.source.reading import read


def spliced(before: str, *edits: Edit, comments: bool = True, path: str = "config.yaml") -> tuple[str, list[str]]:
    """The new text, checked, and the reasons of refusals. Splicing again has to change nothing."""
    document = read(path, before.encode())
    result = splice(document, edits, comments=comments)
    verify(document, result)
    again = splice(read(path, result.text.encode()), edits, comments=comments)
    assert again.text == result.text
    return result.text, [refused.reason for refused in result.refused]


LR = Edit("set", "lr", 5e-6, because="low for 1B in 900 steps", rule="LRN102")
WAS = "# was 5e-7: low for 1B in 900 steps [LRN102]"

SET = {
    "plain": ("lr: 5e-7\nbeta: 0.1\n", f"lr: 5.0e-6  {WAS}\nbeta: 0.1\n"),
    "own comment stays behind ours": (
        "lr: 5e-7    # conservative on purpose\n",
        f"lr: 5.0e-6    {WAS}; conservative on purpose\n",
    ),
    "comment without a blank": ("lr: 5e-7 #keep\n", f"lr: 5.0e-6 {WAS};keep\n"),
    "comment with more marks": ("lr: 5e-7 ## a # b  \n", f"lr: 5.0e-6 {WAS};# a # b  \n"),
    "comment for a tool keeps its mark": ("lr: 5e-7  # noqa: X\n", f"lr: 5.0e-6  {WAS}  # noqa: X\n"),
    "comment that is aligned with others": (
        "lr: 5e-7       # rate\nbeta: 0.1      # strength\n",
        f"lr: 5.0e-6       {WAS}; rate\nbeta: 0.1      # strength\n",
    ),
    "windows newlines": ("a: 1\r\nlr: 5e-7\r\nb: 2\r\n", f"a: 1\r\nlr: 5.0e-6  {WAS}\r\nb: 2\r\n"),
    "mixed newlines": ("a: 1\nlr: 5e-7\r\nb: 2\n", f"a: 1\nlr: 5.0e-6  {WAS}\r\nb: 2\n"),
    "no newline at the end": ("a: 1\nlr: 5e-7", f"a: 1\nlr: 5.0e-6  {WAS}"),
    "trailing blanks": ("lr: 5e-7   \nb: 2   \n", f"lr: 5.0e-6   {WAS}\nb: 2   \n"),
    "one trailing blank": ("lr: 5e-7 \n", f"lr: 5.0e-6  {WAS}\n"),
    "aligned values": ("lr:      5e-7\nlonger:  1\n", f"lr:      5.0e-6  {WAS}\nlonger:  1\n"),
    "tab before the comment": ("lr: 5e-7\t# x\n", f"lr: 5.0e-6\t{WAS}; x\n"),
    "unused anchor": ("lr: &rate 5e-7\n", f"lr: &rate 5.0e-6  {WAS}\n"),
    "tag that fits": ("lr: !!float 5e-8\n", "lr: !!float 5.0e-6  # was 5e-8: low for 1B in 900 steps [LRN102]\n"),
    "single quotes go from a number": ("lr: '5e-7'\n", "lr: 5.0e-6  # was '5e-7': low for 1B in 900 steps [LRN102]\n"),
    "double quotes go from a number": ('"lr": "5e-7"\n', '"lr": 5.0e-6  # was "5e-7": low for 1B in 900 steps [LRN102]\n'),
    "document markers": ("%YAML 1.1\n---\nlr: 5e-7\n...\n# after\n", f"%YAML 1.1\n---\nlr: 5.0e-6  {WAS}\n...\n# after\n"),
    "first of several documents": ("lr: 5e-7\n---\nlr: 5e-7\n", f"lr: 5.0e-6  {WAS}\n---\nlr: 5e-7\n"),
    "beside a block scalar": (
        "text: |\n  lr: 5e-7  # no\n\nlr: 5e-7\nfold: >-\n  a\n  b\n",
        f"text: |\n  lr: 5e-7  # no\n\nlr: 5.0e-6  {WAS}\nfold: >-\n  a\n  b\n",
    ),
    "other scripts and astral characters": (
        "имя: 'тест 🚀'\nlr: 5e-7  # темп 🚀\nb: 🚀\n",
        f"имя: 'тест 🚀'\nlr: 5.0e-6  {WAS}; темп 🚀\nb: 🚀\n",
    ),
    "the last of duplicates counts": ("lr: 1.0\nb: 2\nlr: 5e-7\n", f"lr: 1.0\nb: 2\nlr: 5.0e-6  {WAS}\n"),
    "empty": ("lr:\nb: 2\n", "lr: 5.0e-6  # was empty: low for 1B in 900 steps [LRN102]\nb: 2\n"),
    "empty with blanks": ("lr:  \nb: 2\n", "lr: 5.0e-6  # was empty: low for 1B in 900 steps [LRN102]\nb: 2\n"),
    "empty with a comment": ("lr:   # todo\n", "lr: 5.0e-6   # was empty: low for 1B in 900 steps [LRN102]; todo\n"),
    "empty at the end": ("lr:", "lr: 5.0e-6  # was empty: low for 1B in 900 steps [LRN102]"),
    "value on the next line": ("lr:\n  5e-7\nb: 2\n", "lr:\n  5.0e-6  # lr was 5e-7: low for 1B in 900 steps [LRN102]\nb: 2\n"),
    "explicit key": ("? lr\n: 5e-7\n", "? lr\n: 5.0e-6  # lr was 5e-7: low for 1B in 900 steps [LRN102]\n"),
    "flow": ("{lr: 5e-7, b: 2}\n", "{lr: 5.0e-6, b: 2}  # lr was 5e-7: low for 1B in 900 steps [LRN102]\n"),
    "flow without a value": ("{lr: , b: 2}\n", "{lr: 5.0e-6, b: 2}  # lr was empty: low for 1B in 900 steps [LRN102]\n"),
    "flow over lines": ("{\n  lr: 5e-7,\n  b: 2  # two\n}\n", f"{{\n  lr: 5.0e-6,  {WAS}\n  b: 2  # two\n}}\n"),
    "quoted key without a blank in flow": ('{"lr":5e-7}\n', f'{{"lr":5.0e-6}}  {WAS}\n'),
    "our earlier comment gives way": (
        "lr: 1.0e-6  # was 5e-7: too low [LRN100]; conservative\n",
        "lr: 5.0e-6  # was 1.0e-6: low for 1B in 900 steps [LRN102]; conservative\n",
    ),
    "a comment that only looks like ours stays": (
        "lr: 5e-7  # was 1e-7 (see notes [3])\n",
        f"lr: 5.0e-6  {WAS}; was 1e-7 (see notes [3])\n",
    ),
}


@pytest.mark.parametrize("case", SET)
def test_set(case: str) -> None:
    before, after = SET[case]
    assert spliced(before, LR) == (after, [])


def test_byte_order_mark_is_no_part_of_the_text() -> None:
    document = read("config.yaml", b"\xef\xbb\xbf" + b"a: 1\nlr: 5e-7\n")
    result = splice(document, [LR])
    verify(document, result)
    assert document.bom
    assert result.text == f"a: 1\nlr: 5.0e-6  {WAS}\n"


def test_nested_keys_and_list_items() -> None:
    before = "train:\n  optim:\n    lr: 5e-7\nstages:\n- lr: 5e-7\n  n: 1\n- lr: 5e-7\n"
    after = "train:\n  optim:\n    lr: 5.0e-6  # was 5e-7 [R1]\nstages:\n- lr: 5e-7\n  n: 1\n- lr: 5.0e-6  # was 5e-7 [R1]\n"
    edits = Edit("set", "train.optim.lr", 5e-6, rule="R1"), Edit("set", "stages.1.lr", 5e-6, rule="R1")
    assert spliced(before, *edits) == (after, [])


def test_two_values_of_one_line_are_told_apart() -> None:
    before = "optim: {lr: 5e-7, beta: 0.1}  # mine\n"
    first = Edit("set", "optim.lr", 5e-6, because="low", rule="LRN102")
    second = Edit("set", "optim.beta", 0.05, because="strong", rule="DPO201")
    text, _ = spliced(before, first, second)
    assert text == "optim: {lr: 5.0e-6, beta: 0.05}  # lr was 5e-7: low [LRN102]; beta was 0.1: strong [DPO201]; mine\n"
    text, _ = spliced(text, Edit("set", "optim.beta", 0.2, because="weak", rule="DPO202"))
    assert text == "optim: {lr: 5.0e-6, beta: 0.2}  # lr was 5e-7: low [LRN102]; beta was 0.05: weak [DPO202]; mine\n"


def test_other_kinds_of_values() -> None:
    before = "bf16: False\nfp16: yes\nname: 'x y'\nn: 8\nmode: a\nnone: 3\nratio: 1\nnorm: 0.5\n"
    edits = (
        Edit("set", "bf16", True, rule="R"),
        Edit("set", "fp16", False, rule="R"),
        Edit("set", "name", "it's", rule="R"),
        Edit("set", "n", 16, rule="R"),
        Edit("set", "mode", "no", rule="R"),
        Edit("set", "none", None, rule="R"),
        Edit("set", "ratio", 1.0, rule="R"),
        Edit("set", "norm", float("inf"), rule="R"),
    )
    after = (
        "bf16: True  # was False [R]\nfp16: no  # was yes [R]\nname: 'it''s'  # was 'x y' [R]\nn: 16  # was 8 [R]\n"
        'mode: "no"  # was a [R]\nnone: null  # was 3 [R]\nratio: 1\nnorm: .inf  # was 0.5 [R]\n'
    )
    assert spliced(before, *edits) == (after, [])


def test_a_number_that_yaml_1_1_takes_for_text_is_rewritten() -> None:
    assert spliced("lr: 5e-7\n", Edit("set", "lr", 5e-7, because="a string in YAML 1.1", rule="CFG1")) == (
        "lr: 5.0e-7  # was 5e-7: a string in YAML 1.1 [CFG1]\n",
        [],
    )
    assert spliced("lr: 5.0e-7\n", Edit("set", "lr", 5e-7, rule="CFG1")) == ("lr: 5.0e-7\n", [])


def test_lists() -> None:
    edit = Edit("set", "betas", (0.9, 0.95), rule="R1")
    assert spliced("betas: [0.9,  0.99]\n", edit)[0] == "betas: [0.9,  0.95]  # was [0.9, 0.99] [R1]\n"
    assert spliced("betas: [0.9]\n", edit)[0] == "betas: [0.9, 0.95]  # was [0.9] [R1]\n"
    assert spliced("betas: 0.9\n", edit)[0] == "betas: [0.9, 0.95]  # was 0.9 [R1]\n"
    assert spliced("betas:\n- 0.9  # one\n- 0.99\n", edit)[0] == "betas:\n- 0.9  # one\n- 0.95  # betas was 0.99 [R1]\n"
    assert spliced("betas: [\n  0.9,  # one\n  0.99  # two\n]\n", edit)[0] == (
        "betas: [\n  0.9,  # one\n  0.95  # betas was 0.99 [R1]; two\n]\n"
    )
    assert spliced("targets: [q, v]\n", Edit("set", "targets", "all-linear", rule="R1"))[0] == "targets: all-linear  # was [q, v] [R1]\n"
    assert (
        spliced("t: [q, v]\n", Edit("set", "t", ("a,b", "yes", "x: y"), rule="R1"))[0] == 't: ["a,b", "yes", "x: y"]  # was [q, v] [R1]\n'
    )


INSERT = Edit("insert", "train.beta", 1e-4, because="not set", rule="DPO1")
ADDED = "beta: 1.0e-4  # added: not set [DPO1]"

INSERTED = {
    "after the last sibling": ("train:\n  lr: 1\n  n: 2\nz: 3\n", f"train:\n  lr: 1\n  n: 2\n  {ADDED}\nz: 3\n"),
    "at the end without a newline": ("train:\n  lr: 1", f"train:\n  lr: 1\n  {ADDED}"),
    "windows newlines": ("train:\r\n    lr: 1\r\n", f"train:\r\n    lr: 1\r\n    {ADDED}\r\n"),
    "comments below stay below": ("train:\n  lr: 1  # x\n  # y\nz: 1\n", f"train:\n  lr: 1  # x\n  {ADDED}\n  # y\nz: 1\n"),
    "after a nested section": ("train:\n  sub:\n    a: [1,\n      2]\nz: 1\n", f"train:\n  sub:\n    a: [1,\n      2]\n  {ADDED}\nz: 1\n"),
    "after a block scalar": ("train:\n  t: |\n    a\n    b\n\nz: 1\n", f"train:\n  t: |\n    a\n    b\n  {ADDED}\n\nz: 1\n"),
    "after a block scalar that keeps its lines": (
        "train:\n  t: |+\n    a\n\nz: 1\n",
        f"train:\n  t: |+\n    a\n\n  {ADDED}\nz: 1\n",
    ),
    "after an empty value": ("train:\n  t:\nz: 1\n", f"train:\n  t:\n  {ADDED}\nz: 1\n"),
    "after an alias": ("x: &x 1\ntrain:\n  t: *x\nz: 1\n", f"x: &x 1\ntrain:\n  t: *x\n  {ADDED}\nz: 1\n"),
    "after a block list": ("train:\n  t:\n  - 1\n  - 2\nz: 1\n", f"train:\n  t:\n  - 1\n  - 2\n  {ADDED}\nz: 1\n"),
    "overriding a merged value": (
        "d: &d {beta: 0.1}\ntrain:\n  <<: *d\n  lr: 1\n",
        f"d: &d {{beta: 0.1}}\ntrain:\n  <<: *d\n  lr: 1\n  {ADDED}\n",
    ),
}


@pytest.mark.parametrize("case", INSERTED)
def test_insert(case: str) -> None:
    before, after = INSERTED[case]
    assert spliced(before, INSERT) == (after, [])


def test_insert_beside_a_sibling_and_in_turn() -> None:
    first = Edit("insert", "a", 1, rule="R1", beside="x")
    second = Edit("insert", "b", True, rule="R1", beside="a")
    third = Edit("insert", "c", "yes", rule="R1")
    assert spliced("x: 1\ny: 2\n...\n", first, second, third)[0] == (
        'x: 1\na: 1  # added [R1]\nb: true  # added [R1]\ny: 2\nc: "yes"  # added [R1]\n...\n'
    )


def test_inserts_of_several_depths_after_one_line() -> None:
    edits = Edit("insert", "b", 2, rule="R1"), Edit("insert", "t.b", 2, rule="R1"), Edit("insert", "t.u.b", 2, rule="R1")
    assert spliced("t:\n  u:\n    a: 1\n", *edits)[0] == (
        "t:\n  u:\n    a: 1\n    b: 2  # added [R1]\n  b: 2  # added [R1]\nb: 2  # added [R1]\n"
    )


def test_insert_into_a_list_item() -> None:
    assert (
        spliced("s:\n  - a: 1\n  - a: 2\n", Edit("insert", "s.0.b", 3, rule="R1"))[0] == "s:\n  - a: 1\n    b: 3  # added [R1]\n  - a: 2\n"
    )


def test_rename() -> None:
    edit = Edit("rename", "evaluation_strategy", new_key="eval_strategy", because="renamed in transformers 4.41", rule="KEY101")
    text, refused = spliced("a: 1\nevaluation_strategy: steps # every\n", edit)
    assert text == "a: 1\neval_strategy: steps # was evaluation_strategy: renamed in transformers 4.41 [KEY101]; every\n"
    assert refused == []
    assert spliced("'evaluation_strategy': steps\n", edit)[0].startswith("'eval_strategy': steps  # was 'evaluation_strategy': renamed")
    assert spliced("train:\n  old:\n    a: 1\n", Edit("rename", "train.old", new_key="new", rule="K1"))[0] == (
        "train:\n  new:  # was old [K1]\n    a: 1\n"
    )
    assert spliced("old: |\n  a\n", Edit("rename", "old", new_key="new", rule="K1"))[0] == "new: |  # was old [K1]\n  a\n"
    assert spliced("old: no\n", Edit("rename", "old", "never", "new", rule="K1"))[0] == "new: never  # was old=no [K1]\n"


def test_a_section_and_a_key_in_it_change_together() -> None:
    edits = (
        Edit("rename", "old", new_key="new", rule="K1"),
        Edit("rename", "old.a", new_key="b", rule="K1"),
        Edit("set", "old.c", 3, rule="K1"),
    )
    document = read("config.yaml", b"old:\n  a: 1\n  c: 2\n")
    result = splice(document, edits)
    verify(document, result)
    assert result.text == "new:  # was old [K1]\n  b: 1  # was a [K1]\n  c: 3  # was 2 [K1]\n"


def test_delete() -> None:
    edit = Edit("delete", "dead", rule="KEY1")
    assert spliced("a: 1\n# about it\ndead: 3  # gone\nb: 2\n", edit)[0] == "a: 1\n# about it\nb: 2\n"
    assert spliced("a: 1\ndead: 3", edit)[0] == "a: 1\n"
    assert spliced("a: |\r\n  x\r\ndead: 3", edit)[0] == "a: |\r\n  x\r\n"
    assert spliced("dead:\n  - 1\n  # x\n  - 2\n\nb: 2\n", edit)[0] == "\nb: 2\n"
    assert spliced("dead: |\n  x\nb: 2\n", edit)[0] == "b: 2\n"
    assert spliced("b: 2\n", edit) == ("b: 2\n", [])


def test_several_edits_that_touch() -> None:
    edits = (
        Edit("set", "a", 2, rule="R1"),
        Edit("delete", "b"),
        Edit("insert", "d", 4, rule="R1", beside="b"),
        Edit("set", "c", 4, rule="R1"),
        Edit("insert", "e", 5, rule="R1"),
    )
    assert spliced("a: 1\nb: 2\nc: 3\n", *edits) == ("a: 2  # was 1 [R1]\nc: 4  # was 3 [R1]\nd: 4  # added [R1]\ne: 5  # added [R1]\n", [])


def test_without_comments() -> None:
    assert spliced("lr: 5e-7  # mine\n", LR, comments=False)[0] == "lr: 5.0e-6  # mine\n"


REFUSED = {
    "alias": ("a: &x 5e-7\nlr: *x\n", LR, "used in several places"),
    "anchor that an alias repeats": ("lr: &x 5e-7\nb: *x\n", LR, "used in several places"),
    "merge": ("d: &d\n  lr: 5e-7\nt:\n  <<: *d\n", Edit("set", "t.lr", 1.0), "used in several places"),
    "string tag": ("lr: !!str 5e-7\n", LR, "tag !!str"),
    "unknown tag": ("lr: !env RATE\n", LR, "not written as a plain value"),
    "template": ("lr: {{ rate }}\n", LR, "filled in from elsewhere"),
    "interpolation": ("lr: ${base.lr}\n", LR, "filled in from elsewhere"),
    "block scalar": ("lr: |\n  5e-7\n", LR, "several lines"),
    "quoted over lines": ('lr: "5\n  6"\n', LR, "several lines"),
    "plain over lines": ("lr: 5\n  6\n", LR, "several lines"),
    "section": ("lr:\n  a: 1\n", LR, "holds further keys"),
    "absent": ("b: 1\n", LR, "is not in the file"),
    "block list of another length": ("lr:\n- 1\n", Edit("set", "lr", (1, 2)), "not written on one line"),
    "line inside a quoted text": ('{lr: 5e-7, t: "a\n  b"}\n', LR, "no comment can follow"),
    "key without a colon": ("{lr, b: 1}\n", LR, "without a colon"),
    "insert without a parent": ("a: 1\n", Edit("insert", "train.b", 1), "needs 'train'"),
    "insert under a value": ("train: 1\n", Edit("insert", "train.b", 1), "holds no key: value pairs"),
    "insert into braces": ("train: {a: 1}\n", Edit("insert", "train.b", 1), "in braces"),
    "insert what is there": ("a: 1\n", Edit("insert", "a", 2), "already, with another value"),
    "insert into a shared section": ("a: &a\n  x: 1\nb: *a\n", Edit("insert", "a.y", 1), "other places use"),
    "rename to a key that is there": ("a: 1\nb: 2\n", Edit("rename", "a", new_key="b"), "is there already"),
    "insert behind a text without a last newline": ("a: |\n  x", Edit("insert", "b", 1), "last newline"),
    "delete one of duplicates": ("a: 1\nb: 2\na: 3\n", Edit("delete", "a"), "written twice"),
    "rename one of duplicates": ("a: 1\nb: 2\na: 3\n", Edit("rename", "a", new_key="c"), "written twice"),
    "delete the only key": ("t:\n  a: 1\nb: 1\n", Edit("delete", "t.a"), "only key"),
    "delete on a shared line": ("{a: 1, b: 1}\n", Edit("delete", "a"), "shares its lines"),
    "delete the first key of an item": ("s:\n- a: 1\n  b: 1\n", Edit("delete", "s.0.a"), "shares its lines"),
    "set behind a bare exclamation mark": ("lr: ! 5e-7\n", LR, "carries the tag !"),
    "a key without a name": ("&x : 1\nlr: 2\n", Edit("set", "", 3), "without a name"),
    "delete an anchor": ("a:\n- &x 1\nb: [*x]\nc: 1\n", Edit("delete", "a"), ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    before, edit, reason = REFUSED[case]
    text, reasons = spliced(before, edit)
    assert text == before
    assert len(reasons) == 1
    assert reasons[0].startswith(f"{edit.key} ")
    assert reason in reasons[0]


def test_the_second_edit_of_a_key_is_refused() -> None:
    document = read("config.yaml", b"lr: 5e-7\nt:\n  a: 1\n  b: 1\n")
    result = splice(document, [LR, Edit("set", "lr", 1e-5), Edit("delete", "t"), Edit("set", "t.a", 3)])
    assert [refused.edit.key for refused in result.refused] == ["lr", "t"]
    assert "another edit" in result.refused[0].reason
    assert "deleted" in result.refused[1].reason
    assert result.text == f"lr: 5.0e-6  {WAS}\nt:\n  a: 3  # was 1 [rlhf-lint]\n  b: 1\n"


def test_two_keys_cannot_become_the_same() -> None:
    """The dotted names do not show it: `x.y` is one key here."""
    document = read("config.yaml", b"t:\n  x.y: 1\n  b: 2\n")
    result = splice(document, [Edit("rename", "t.x.y", new_key="c"), Edit("rename", "t.b", new_key="c")])
    verify(document, result)
    assert [refused.reason for refused in result.refused] == ["t.b cannot be renamed: another key becomes 'c'"]


def test_deleting_every_key_leaves_the_last() -> None:
    document = read("config.yaml", b"a: 1\nb: 2\n")
    result = splice(document, [Edit("delete", "b"), Edit("delete", "a")])
    verify(document, result)
    assert result.text == "b: 2\n"
    assert [refused.edit.key for refused in result.refused] == ["b"]


def test_values_without_a_file() -> None:
    document = read("config.yaml", b"lr: 5e-7\n")
    without = Document(path="-", format="mapping", text="", root=document.root)
    assert "no file holds" in splice(without, [LR]).refused[0].reason
