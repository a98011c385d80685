from hypothesis import given
from hypothesis import strategies as st

from advisor.fixes.remark import commented, parted, remark


def test_a_remark_says_what_was_and_why() -> None:
    assert commented("", [remark("5e-7", "low", "LRN102")]) == "# was 5e-7: low [LRN102]"
    assert commented("", [remark("5e-7", "", "LRN102")]) == "# was 5e-7 [LRN102]"
    assert commented("", [remark(None, "not set", "LRN102")]) == "# added: not set [LRN102]"
    assert commented("", [remark("5e-7", "low", "")]) == "# was 5e-7: low [rlhf-lint]"


def test_line_ends_and_control_characters_stay_out() -> None:
    assert commented("", [remark("a\n  b", "c\r\nd\x07e\u2028f", "R1")]) == "# was a b: c d e f [R1]"


def test_long_old_values_are_shortened() -> None:
    text = commented("", [remark("x" * 100, "", "R1")])
    assert text == f"# was {'x' * 45}... [R1]"


def test_what_looks_like_the_end_of_a_remark_is_none() -> None:
    first = commented("# mine", [remark("[A1]", "see [B2]; or [C3]", "R1")])
    assert first == "# was (A1): see (B2); or (C3) [R1]; mine"
    assert commented(first, [remark("2", "", "R1")]) == "# was 2 [R1]; mine"


PERSON = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30).map(lambda text: f"#{text}".rstrip())
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(PERSON, WORDS, WORDS, WORDS)
def test_the_persons_own_words_stay_and_ours_are_replaced(person: str, old: str, because: str, later: str) -> None:
    once = commented(person, [remark(old, because, "R1")])
    own = parted(person)[1]
    assert once.endswith(own)
    assert parted(once)[1] == own
    twice = commented(once, [remark(later, "", "R2")])
    assert twice == commented(person, [remark(later, "", "R2")])


@given(PERSON, WORDS, st.sampled_from(["lr", "beta"]))
def test_remarks_with_other_labels_stay(person: str, because: str, label: str) -> None:
    once = commented(person, [remark("1", because, "R1", "a"), remark("2", because, "R1", label)])
    again = commented(once, [remark("2", because, "R1", label)])
    assert again == once
