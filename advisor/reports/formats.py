"""Formats by name; a renderer is imported when it is asked for."""

from __future__ import annotations

from advisor.outcome import Outcome
from advisor.reports.audience import Audience

FORMATS = ("text", "concise", "json", "github")


def render(name: str, outcome: Outcome, audience: Audience) -> str:
    """The report in a format. Raises KeyError for an unknown one."""
    if name == "json":
        from advisor.reports.json_report import render as render_json

        return render_json(outcome)
    if name == "concise":
        from advisor.reports.concise import render as render_concise

        return render_concise(outcome, audience)
    if name == "github":
        from advisor.reports.github import render as render_github

        return render_github(outcome, audience)
    if name == "text":
        from advisor.reports.text import render as render_text

        return render_text(outcome, audience)
    raise KeyError(name)
