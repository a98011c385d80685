"""The unified diff of what a fix would write."""

from __future__ import annotations

import difflib
import os
import re

from advisor.source.document import Document

_LINES = re.compile(r"[^\n]*\n|[^\n]+")


def unified_diff(document: Document, spliced_text: str, new_name: str) -> str:
    """A diff that `patch` and `git apply` take: `a/` and `b/` names, newlines as they are, a missing last one marked. Empty if equal."""
    lines = difflib.unified_diff(
        _LINES.findall(document.text),
        _LINES.findall(spliced_text),
        f"a/{_relative(document.path)}",
        f"b/{_relative(new_name)}",
        lineterm="\n",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _relative(name: str) -> str:
    return name.replace(os.sep, "/").lstrip("/")
