"""The HTML report in a real headless browser: opt-in (`-m installation`), skipped where playwright, Chromium or matplotlib is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.cli.entry import run
from tests.diagnosis.runs import run_directory

pytestmark = pytest.mark.installation


def test_the_page_shows_its_plots_and_asks_nobody_for_anything(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra [report]")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        pytest.skip("needs a Chromium on the path")
    page_path = tmp_path / "report.html"
    folder = run_directory(tmp_path, [0.1, 0.25, 0.4, 0.38, 0.5, 0.55], [0.02, 0.05, 0.08, 0.095, 0.12, 0.15])
    assert run(["report", str(folder), "--output", f"html={page_path}"]) == 0
    said: list[str] = []
    asked: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_path.as_uri())
        sizes = page.eval_on_selector_all("figure svg", "plots => plots.map(plot => plot.getBoundingClientRect().height)")
        curves = page.eval_on_selector_all("figure svg", "plots => plots.map(plot => plot.querySelectorAll('path').length)")
        identifiers = page.eval_on_selector_all("[id]", "nodes => nodes.map(node => node.id)")
        heading = page.inner_text("h1")
        page.screenshot(path=str(tmp_path / "report.png"), full_page=True)
        browser.close()
    assert heading == "Run report"
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert len(sizes) >= 6 and min(sizes) > 100 and min(curves) > 3
    assert len(identifiers) == len(set(identifiers))
