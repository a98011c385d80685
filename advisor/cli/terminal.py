"""What standard output can show, and differences in colour."""

from __future__ import annotations

import os
import re
import sys

import click

_LINE = re.compile(r"[^\r\n]+")
_COLOURS = {"@": "cyan", "+": "green", "-": "red"}


def coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painted(difference: str) -> str:
    """A unified diff in the colours that git uses."""
    head, body = difference.split("\n@@", 1) if "\n@@" in difference else ("", difference)
    lines = [_LINE.sub(lambda match: click.style(match[0], bold=True), head)] if head else []
    for line in (f"@@{body}" if head else body).split("\n"):
        colour = _COLOURS.get(line[:1])
        bare = line.rstrip("\r")
        lines.append(click.style(bare, fg=colour) + line[len(bare) :] if colour is not None else line)
    return "\n".join(lines)
