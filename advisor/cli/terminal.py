"""What standard output can show, and differences in colour."""

from __future__ import annotations

import os
import re
import sys

import click

_LINE = re.compile(r"[^\r\n]+")
LINKING_PROGRAMS = ("ghostty", "Hyper", "iTerm.app", "rio", "Tabby", "vscode", "WezTerm")
LINKING_VARIABLES = ("DOMTERM", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION")
FIRST_VTE = 5000
"""Programs and variables by which terminals that open links are known; VTE, of GNOME, opens them since 0.50."""
_COLOURS = {"@": "cyan", "+": "green", "-": "red"}


def coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def hyperlinked() -> bool:
    """Whether standard output is a terminal known to open links (OSC 8); FORCE_HYPERLINK=1 or 0 says so for others.

    Those that do: https://github.com/Alhadis/OSC8-Adoption
    """
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    if not coloured() or "CI" in os.environ:
        return False
    vte = os.environ.get("VTE_VERSION", "")
    if vte.isdecimal() and int(vte) >= FIRST_VTE:
        return True
    return os.environ.get("TERM_PROGRAM") in LINKING_PROGRAMS or any(map(os.environ.get, LINKING_VARIABLES))


def painted(difference: str) -> str:
    """A unified diff in the colours that git uses."""
    head, body = difference.split("\n@@", 1) if "\n@@" in difference else ("", difference)
    lines = [_LINE.sub(lambda match: click.style(match[0], bold=True), head)] if head else []
    for line in (f"@@{body}" if head else body).split("\n"):
        colour = _COLOURS.get(line[:1])
        bare = line.rstrip("\r")
        lines.append(click.style(bare, fg=colour) + line[len(bare) :] if colour is not None else line)
    return "\n".join(lines)
