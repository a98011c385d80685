"""The README shows what the program prints; a changed rule or wording has to change it too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.cli.entry import group

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ rlhf-lint ([^\n]+)\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("arguments", "printed"), CONSOLE)
def test_console_blocks_show_what_is_printed(arguments: str, printed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(group, arguments.split())
    assert [line.rstrip() for line in result.output.splitlines()] == printed.splitlines()


def test_at_least_one_console_block_is_shown() -> None:
    assert CONSOLE


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_links_lead_to_files(link: str) -> None:
    assert (ROOT / link).exists()


def test_options_it_names_exist() -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    runner = CliRunner()
    offered = "".join(runner.invoke(group, [command, "--help"]).output for command in ("check", "memory", "report", "show"))
    assert named
    assert {option for option in named if option not in offered} == set()
