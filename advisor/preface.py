"""What the top of a suggested file says: which version made it, what was assumed, and what still needs a person."""

from __future__ import annotations

from pathlib import PurePath

import advisor
from advisor.fixes.edit import Spliced, UnsoundEdit
from advisor.fixes.heading import headed
from advisor.fixes.verification import verify
from advisor.planning import patched
from advisor.rulebook.finding import STAGES, Finding, Severity
from advisor.suggestion import Rewritten, Suggestion
from advisor.wishes import IMMEDIATE, Roll

ASSUMED = 4
LISTED = 8
"""Findings named; a longer list is read where they are reported, not at the top of a file."""


def prefaced(made: Suggestion, file: Rewritten) -> str:
    """A file's suggested text with its heading; as it is where nothing was changed or the format knows no comments.

    What is said of the run as a whole stands in the first file that is changed. A heading that would change how a file is read is left out.
    """
    if not file.changed:
        return file.text
    first = next(other for other in made.files if other.changed)
    document = patched(file.document, file.text)
    spliced: Spliced = headed(document, title(file), statements(made) if file is first else [])
    try:
        verify(document, spliced)
    except UnsoundEdit:
        return file.text
    return spliced.text


def title(file: Rewritten) -> str:
    source = "" if file.document.path == "-" else f" from {PurePath(file.document.path).name}"
    many = f"{file.changes} changes, each with its reason beside it" if file.changes != 1 else "1 change, with its reason beside it"
    return f"{advisor.__version__}{source}: {many}."


def statements(made: Suggestion) -> list[str]:
    """The assumptions, each finding that no edit settles, and what a later stage would change."""
    assumed = made.after.assumptions
    more = f"; and {len(assumed) - ASSUMED} more" if len(assumed) > ASSUMED else ""
    said = [f"Assumed: {'; '.join(assumed[:ASSUMED])}{more}"] if assumed else []
    changed = {one.edit.key for file in made.files for one in file.applied if one.changed}
    answered = {one.edit.rule for file in made.files for one in file.applied if one.changed}
    # The history judged the values before the change: what it says again of those after it is no news.
    open_ = [
        finding
        for finding in made.after.findings
        if finding.severity >= Severity.LOW and not (finding.historic and (finding.rule in answered or _asks_again(finding, changed)))
    ]
    later = [finding for finding in open_ if finding.fix is not None and finding.fix.changes and finding.fix.stage != IMMEDIATE]
    given_up = Roll(one.finding for one in made.given_up)
    reasons = {id(one.finding): one.reason for one in made.given_up}
    later = [finding for finding in later if finding not in given_up]
    left = [finding for finding in open_ if finding not in Roll(later)]
    if left:
        said.append("Left to you:" if len(left) <= LISTED else f"Left to you, the gravest {LISTED} of {len(left)}:")
    for finding in left[:LISTED]:
        one = given_up.like(finding)
        why = f" (not made: {reasons[id(one)]})" if one is not None else ""
        said.append(f"- {_about(finding)} [{finding.rule}]{why}")
    for stage in STAGES:
        changes = [change for finding in later if finding.fix and finding.fix.stage == stage for change in finding.fix.changes]
        keys = list(dict.fromkeys(change.key or change.name or "" for change in changes))
        if keys:
            said.append(f"For later (--stage {stage} writes it): {', '.join(keys)}")
    return said


def _asks_again(finding: Finding, changed: set[str]) -> bool:
    """Whether a finding asks for another change of a value that was changed just now."""
    return finding.fix is not None and any(change.key in changed for change in finding.fix.changes)


def _about(finding: Finding) -> str:
    advice = finding.fix.text if finding.fix is not None else ""
    return f"{finding.message}; {advice}" if advice else finding.message
