"""Arguments of a shell command that stand one to a line: adding one, taking one out."""

from __future__ import annotations

import re

from advisor.fixes.edit import Change, Edit, Refusal
from advisor.fixes.lines import line_end, line_start, newline, next_line
from advisor.fixes.notation import written
from advisor.fixes.plan import Beside, Plan
from advisor.fixes.remark import commented, remark
from advisor.fixes.shell_lines import command_start
from advisor.source.document import Document, Entry, Mapping, Span

_DASHES = re.compile(r"(?P<indent>[ \t]*)(?P<dashes>-{0,2}|\+{1,2})")
_WORD = re.compile(r"""(?P<joint>[ \t]+|=)(?:"[^"\n]*"|'[^'\n]*'|[^\s"'\\#]+)(?P<end>[ \t]*(?P<goes_on>\\?))$""")
_NAME = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)


def plan_argument(document: Document, edit: Edit, leaving: frozenset[str], *, comments: bool) -> Plan:
    """What `insert` comes to: a line after the sibling's, in its form. Raises Refusal."""
    if not _NAME.fullmatch(edit.key) or edit.key.startswith(("env.", "launcher.")):
        raise Refusal("is no argument of the command; add it by hand")
    named = document.values.get(edit.beside) if edit.beside is not None else None
    own = [entry for entry in document.root.entries if not isinstance(entry.value, Mapping) and entry.key not in leaving]
    own.sort(key=lambda entry: (named is None or entry.key_span != named.entry.key_span, -entry.key_span.start))
    for sibling in own:
        plan = _after(document, sibling, edit, comments)
        if plan is not None:
            return plan
    raise Refusal("would stand beside no argument with a line of its own; add it by hand")


def _after(document: Document, sibling: Entry, edit: Edit, comments: bool) -> Plan | None:
    text = document.text
    line = Span(line_start(document, sibling.key_span.start), line_end(document, sibling.key_span.start))
    before = _DASHES.fullmatch(text, line.start, sibling.key_span.start)
    after = _WORD.match(text[sibling.key_span.end : line.end])
    if before is None or after is None or ("." in edit.key and after["joint"] != "="):
        return None
    new = written(edit.value, "shell")
    argument = f"{before['indent']}{before['dashes']}{edit.key}{after['joint']}{new}"
    start = newline(document, line.end)
    if command_start(document, sibling.key_span.start) is None:
        note = "  " + commented("", [remark(None, edit.because, edit.rule)]) if comments else ""
        return Plan((Change(Span(line.end, line.end), f"{start}{argument}{note}", "line"),), (), None, new)
    change = f"{start}{argument}{after['end']}" if after["goes_on"] else f" \\{start}{argument}"
    return Plan((Change(Span(line.end, line.end), change, "line"),), (Beside(sibling.key_span.start, None),), None, new)


def deleted_line(document: Document, entry: Entry) -> Change:
    """The line of an argument that has it for itself and is not the command's last. Raises Refusal."""
    text = document.text
    line = Span(line_start(document, entry.key_span.start), line_end(document, entry.key_span.start))
    after = _WORD.match(text[entry.key_span.end : line.end]) or re.match(
        r"(?P<joint>)[ \t]*(?P<goes_on>\\?)$", text[entry.key_span.end : line.end]
    )
    if not _DASHES.fullmatch(text, line.start, entry.key_span.start) or after is None:
        raise Refusal("shares its line with other arguments; take it out by hand")
    if not after["goes_on"] and command_start(document, entry.key_span.start) is not None:
        raise Refusal("stands on the last line of its command; take it out by hand")
    return Change(Span(line.start, next_line(document, line.end)), "", "line")
