"""What the top of a suggested file says: which version made it, what was assumed, and what still needs a person."""

from __future__ import annotations

from pathlib import PurePath

import advisor
from advisor.fixes.edit import Spliced
from advisor.fixes.heading import headed
from advisor.fixes.verification import verify
from advisor.planning import patched
from advisor.rulebook.finding import Finding, Severity
from advisor.suggestion import Suggestion
from advisor.wishes import Roll

LISTED = 8
"""Findings named; a longer list is read where they are reported, not at the top of a file."""


def prefaced(made: Suggestion) -> str:
    """The suggested text with its heading; as it is where nothing was changed or the format knows no comments.

    Raises UnsoundEdit, a defect of this program, where the heading would change how the file is read.
    """
    if not made.changed:
        return made.text
    document = patched(made.document, made.text)
    spliced: Spliced = headed(document, title(made), statements(made))
    verify(document, spliced)
    return spliced.text


def title(made: Suggestion) -> str:
    changes = sum(applied.changed for applied in made.applied)
    source = "" if made.document.path == "-" else f" from {PurePath(made.document.path).name}"
    many = f"{changes} changes, each with its reason beside it" if changes != 1 else "1 change, with its reason beside it"
    return f"{advisor.__version__}{source}: {many}."


def statements(made: Suggestion) -> list[str]:
    """One statement a line: the assumptions, and each finding that no edit settles."""
    said = [f"Assumed: {'; '.join(made.after.assumptions)}"] if made.after.assumptions else []
    left = [finding for finding in made.after.findings if finding.severity >= Severity.LOW]
    reasons = {id(one.finding): one for one in made.given_up}
    kept = Roll(one.finding for one in made.given_up)
    if left:
        said.append("Left to you:" if len(left) <= LISTED else f"Left to you, the gravest {LISTED} of {len(left)}:")
    for finding in left[:LISTED]:
        given_up = kept.like(finding)
        why = f" (not made: {reasons[id(given_up)].reason})" if given_up is not None else ""
        said.append(f"- {_about(finding)} [{finding.rule}]{why}")
    return said


def _about(finding: Finding) -> str:
    advice = finding.fix.text if finding.fix is not None else ""
    return f"{finding.message}; {advice}" if advice else finding.message
