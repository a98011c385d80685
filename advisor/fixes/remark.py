"""The comment beside a change: what the value was and why it changed, before whatever the person who wrote the file said there.

    learning_rate: 5.0e-6  # was 5e-7: low for 1B in 900 steps [LRN102]; conservative on purpose

A remark is recognised by its rule in brackets, so that a later fix of the same value replaces it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OLD_LENGTH = 48
_UNNAMED = "rlhf-lint"
_REMARK = re.compile(r"(?:(?P<label>[^\s;]+) )?(?P<said>was \S.*?|added(?:: .*?)?) \[(?P<rule>[A-Za-z][\w./-]*)\](?=;|\s*$|  #)")
_RULE_MARK = re.compile(r"\[([A-Za-z][\w./-]*)\](?=;|\s*$|  #)")
_DIRECTIVE = re.compile(
    r"#\s*(?:noqa\b|type:|fmt:|pylint:|pyright:|mypy:|ruff:|pragma:|nosec\b|yamllint\b|yaml-language-server:|rlhf-lint:|shellcheck\b|@param\b)"
)


class Remark(NamedTuple):
    """One of our statements in a comment."""

    said: str
    """`was 5e-7: low for 1B in 900 steps`, without label and rule."""
    rule: str
    label: str = ""
    """The key, where the line alone does not tell which value is meant."""

    def __str__(self) -> str:
        return f"{self.label} {self.said} [{self.rule}]" if self.label else f"{self.said} [{self.rule}]"


def remark(was: str | None, because: str, rule: str, label: str = "") -> Remark:
    """States what a value was, None for an added one, and why it is no longer."""
    said = "added" if was is None else f"was {shortened(was)}"
    # A reason that says what the old value is has no need to name it again.
    because = _RULE_MARK.sub(r"(\1)", one_line(because)).removeprefix(f"{shortened(was)} is " if was is not None else "")
    return Remark(f"{said}: {because}" if because else said, rule or _UNNAMED, one_line(label).replace(" ", "_").replace(";", ""))


def shortened(was: str) -> str:
    text = _RULE_MARK.sub(r"(\1)", one_line(was))
    return "empty" if not text else text if len(text) <= _OLD_LENGTH else text[: _OLD_LENGTH - 3] + "..."


def one_line(text: str) -> str:
    """The text with every run of white space as one blank, without what may not stand in a comment."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def commented(comment: str, remarks: list[Remark]) -> str:
    """A comment with remarks put in front. `comment` is what stands there, from its `#`, or empty.

    Earlier remarks with the same labels give way; what the person wrote stays byte for byte: `# text` becomes `# remark; text`, and a
    comment that another tool reads keeps its `#`.
    """
    earlier, rest = parted(comment)
    labels = {new.label for new in remarks}
    kept = [old for old in earlier if old.label not in labels]
    return "# " + "; ".join(str(item) for item in (*kept, *remarks)) + rest


def parted(comment: str) -> tuple[list[Remark], str]:
    """The remarks that a comment begins with, and the rest as it has to follow a remark."""
    remarks: list[Remark] = []
    position = 2
    if comment.startswith("# "):
        while match := _REMARK.match(comment, position):
            remarks.append(Remark(match["said"], match["rule"], match["label"] or ""))
            position = match.end()
            if not comment.startswith("; ", position) or _REMARK.match(comment, position + 2) is None:
                break
            position += 2
    if remarks:
        return remarks, comment[position:]
    if not comment:
        return [], ""
    return [], f"  {comment}" if _DIRECTIVE.match(comment) else ";" + comment[1:]
