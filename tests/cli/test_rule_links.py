"""Findings lead to the page of their rule: at the address that a settings file names, and from a terminal to the page that came along."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from advisor.cli.entry import run
from advisor.reports import text
from advisor.reports.audience import Audience
from advisor.reports.links import shipped_page
from tests.cli.test_settings_files import CONFIG, PACK

ADDRESS = "https://docs.example/lint/"
PAGE = "https://docs.example/lint/rules/DPO201/"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "dpo.yaml").write_text(CONFIG)
    (tmp_path / "house.yaml").write_text(PACK)
    (tmp_path / "rlhf-lint.toml").write_text(f'packs = ["house.yaml"]\ndocumentation = "{ADDRESS}"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    run(["check", *arguments, "dpo.yaml"])
    return capsys.readouterr().out


def test_a_hosted_page_is_linked_in_every_format_that_has_links(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    urls = {finding["rule"]: finding["url"] for finding in json.loads(printed(capsys, "--output-format", "json"))["files"][0]["findings"]}
    assert urls["DPO201"] == PAGE
    assert urls["HOU101"] is None, "the site has no page of a rule that is not ours"
    rules = json.loads(printed(capsys, "--output-format", "sarif"))["runs"][0]["tool"]["driver"]["rules"]
    assert {rule["id"]: rule.get("helpUri") for rule in rules}["DPO201"] == PAGE
    assert f"| [DPO201]({PAGE}) |" in printed(capsys, "--output-format", "markdown")
    assert "| HOU101 |" in printed(capsys, "--output-format", "markdown")
    assert f"%0A{PAGE}" in printed(capsys, "--output-format", "github")


def test_without_an_address_the_page_itself_goes_to_code_scanning(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = json.loads(printed(capsys, "--isolated", "--output-format", "sarif"))["runs"][0]["tool"]["driver"]["rules"]
    rule = next(rule for rule in rules if rule["id"] == "DPO201")
    assert "helpUri" not in rule
    assert rule["help"]["markdown"].startswith("# DPO201 ")
    assert "http" not in printed(capsys, "--isolated", "--output-format", "github")


@pytest.mark.parametrize("address", ["docs.example", "javascript:alert(1)", "https://docs.example/a b", "https://docs.example/)x"])
def test_an_address_that_is_none_is_refused_with_its_place(address: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rlhf-lint.toml").write_text(f'documentation = "{address}"\n')
    assert run(["check", "dpo.yaml"]) == 2
    assert "rlhf-lint.toml:1:17: " in capsys.readouterr().err


def test_on_a_terminal_a_rule_opens_its_page(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    assert f"[\x1b]8;;{PAGE}\x1b\\DPO201\x1b]8;;\x1b\\]" in printed(capsys)
    local = printed(capsys, "--isolated")
    address = local.split("\x1b]8;;", 1)[1].split("\x1b\\", 1)[0]
    assert Path(unquote(urlparse(address).path)).read_text(encoding="utf-8").startswith("# DPO201 ")
    monkeypatch.setenv("FORCE_HYPERLINK", "0")
    assert "\x1b]8" not in printed(capsys)


def test_a_file_that_travels_holds_no_link_into_this_machine(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    run(["check", "--isolated", "--output", "text=report.txt", "dpo.yaml"])
    assert "file:" not in (project / "report.txt").read_text()


@pytest.mark.parametrize(
    ("variables", "opens"),
    [
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"VTE_VERSION": "7600"}, True),
        ({"VTE_VERSION": "4600"}, False),
        ({"WT_SESSION": "1"}, True),
        ({"TERM_PROGRAM": "vscode", "CI": "true"}, False),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
    ],
)
def test_links_are_drawn_where_the_terminal_is_known_to_open_them(
    variables: dict[str, str], opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from advisor.cli import terminal

    for name in ("CI", "FORCE_HYPERLINK", "TERM_PROGRAM", "VTE_VERSION", *terminal.LINKING_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(terminal, "coloured", lambda: True)
    assert terminal.hyperlinked() is opens


def test_a_rule_of_ones_own_has_no_page() -> None:
    assert shipped_page("HOU101") is None
    assert shipped_page("../../README") is None
    assert text._linked("HOU101", Audience(hyperlinks=True)) == "HOU101"


def test_explain_and_rules_know_packs_of_ones_own(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "house-beta"]) == 0
    page = capsys.readouterr().out
    assert "HOU101 house-beta: Beta of this house" in page
    assert "not measured" in page
    assert "Rafailov" in page
    assert run(["rules", "--select", "HOU"]) == 0
    assert "HOU101" in capsys.readouterr().out

    assert run(["explain", "HOU101", "--isolated"]) == 2
    assert "no rule 'HOU101'" in capsys.readouterr().err
    assert run(["explain", "HOU101", "--isolated", "--pack", "house.yaml"]) == 0

    (project / "broken.yaml").write_text("pack: house\n")
    assert run(["explain", "DPO201", "--pack", "broken.yaml"]) == 2
    assert "broken.yaml" in capsys.readouterr().err
