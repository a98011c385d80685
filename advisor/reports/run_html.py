"""The report of a run as one HTML file: no script, no request to anywhere, plots as SVG within it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from string import Template

from advisor.diagnosis.diagnosis import Diagnosis
from advisor.reports.blocks import Block, Code, Listing, Paragraph, Plots, Table
from advisor.reports.plots import svg
from advisor.reports.run_sections import sections

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
h1, h2, h3 { line-height: 1.25; } h2 { border-bottom: 1px solid #d0d7de; margin-top: 2rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { border: 1px solid #d0d7de; padding: .2rem .6rem; text-align: left; }
th { background: #f3f5f7; } th:empty { display: none; } pre { background: #f3f5f7; padding: .8rem; overflow-x: auto; }
figure { margin: .5rem 0; } figure svg { max-width: 100%; height: auto; } .fail { background: #fdd; } .note { color: #59636e; }
ul.boxes { list-style: none; padding-left: 0; }
</style>
</head>
<body>
<h1>Run report</h1>
<p class="note">Generated $generated</p>
$body
</body>
</html>
""")


def render(diagnosis: Diagnosis, generated: str) -> str:
    """The page. Raises InputError where the plotting library is missing."""
    parts = []
    for section in sections(diagnosis):
        parts.append(f"<h{section.level}>{escape(section.title)}</h{section.level}>")
        parts += [line for block in section.blocks for line in _block(block, diagnosis)]
    return PAGE.substitute(title="Run report", generated=escape(generated), body="\n".join(parts))


_LINK = re.compile(r"&lt;(https?://[^\s&<>\"']+)&gt;")
_WRITTEN = re.compile(r"`([^`]+)`")


def marked(text: str) -> str:
    """Text with its addresses as links and what was written in a file as code; everything else is escaped."""
    return _WRITTEN.sub(r"<code>\1</code>", _LINK.sub(r'<a href="\1">\1</a>', escape(text)))


def _block(block: Block, diagnosis: Diagnosis) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield f"<p>{marked(block.text)}</p>"
    elif isinstance(block, Listing):
        box = "\u2610 " if block.boxes else ""
        items = "".join(f"<li>{box}{marked(item)}</li>" for item in block.items)
        tag = "ol" if block.numbered else "ul"
        yield f"<{tag}{' class=boxes' if block.boxes else ''}>{items}</{tag}>"
    elif isinstance(block, Table):
        yield "<table>" + _row("th", block.header) + "".join(_row("td", row) for row in block.rows) + "</table>"
    elif isinstance(block, Code):
        yield f"<pre>{escape(block.text)}</pre>"
    elif isinstance(block, Plots):
        yield '<p class="note">Shaded: the steps that a finding of low severity or above speaks of.</p>'
        yield from (f'<figure id="plot-{escape(curve.metric)}">{svg(curve)}</figure>' for curve in diagnosis.curves)


def _row(cell: str, cells: tuple[str, ...]) -> str:
    failed = ' class="fail"' if "FAIL" in cells else ""
    return f"<tr{failed}>" + "".join(f"<{cell}>{marked(text)}</{cell}>" for text in cells) + "</tr>"
