"""The documentation builds without a warning, and its links lead to pages of rules that exist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.reports import links
from advisor.reports.sarif import _rule
from advisor.rulebook.library import raw_rules

ROOT = Path(__file__).resolve().parent.parent


def test_every_rule_has_a_page() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("*.md")} - {"index"}
    assert pages == {raw["id"] for _, raw in raw_rules()}


def test_links_follow_the_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads((ROOT / "schemas" / "site.json").read_text(encoding="utf-8"))["documentation"] == links.published()
    monkeypatch.setattr(links, "published", lambda: "https://docs.example")
    assert links.page_of("LRN101") == "https://docs.example/rules/LRN101/"
    _, raw = next(iter(raw_rules()))
    assert _rule(raw, None)["helpUri"] == f"https://docs.example/rules/{raw['id']}/"


@pytest.mark.installation
def test_the_site_builds_strictly(tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "mkdocs-material>=9.5"], check=True)
    command = [str(python), "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=False)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    assert (tmp_path / "site" / "rules" / "LRN101" / "index.html").is_file()
