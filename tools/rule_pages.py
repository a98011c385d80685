"""A page of documentation for every rule, from its pack: what it checks, why, on whose evidence, examples with the words of the finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from advisor.evidence.distribution import distribution
from advisor.evidence.firing import firing_rates
from advisor.expression.notation import rate
from advisor.reports.distribution_plot import LEGEND, plot
from advisor.rulebook.examples import example_finding
from advisor.rulebook.finding import Finding
from advisor.rulebook.library import bands, references, rulebook, written_rules
from advisor.rulebook.pack import build_rule
from advisor.rulebook.rule import Band, Rule

WORDS = {"when": "Applies when", "holds": "Must hold"}


def rule_pages() -> Iterator[tuple[str, str]]:
    """File name and text of every page, the index first."""
    rules = [(pack, raw, build_rule(raw, pack)) for pack, raw in written_rules()]
    yield "index.md", _index([(pack, raw) for pack, raw, _ in rules])
    for pack, raw, rule in rules:
        yield f"{raw['id']}.md", "\n".join(_page(pack, raw, rule)) + "\n"


def _index(rules: list[tuple[str, Mapping[str, Any]]]) -> str:
    by_pack: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for pack, raw in rules:
        by_pack[pack].append(raw)
    rates = firing_rates()
    lines = [
        "# Rules",
        "",
        f"{len(rules)} rules in {len(by_pack)} packs. *Fires* counts files of {rates.files} published configurations ({rates.date}).",
    ]
    for pack, listed in sorted(by_pack.items()):
        lines += [
            "",
            f"## {pack.replace('_', ' ').replace('-', ' ').capitalize()}",
            "",
            "| rule | | severity | fires |",
            "|---|---|---|---|",
        ]
        for raw in listed:
            fires = sum(rates.rules.get(raw["id"], {}).values()) or ""
            lines.append(f"| [{raw['id']}]({raw['id']}.md) | {_cell(raw['title'])} | {_grade(raw)} | {fires} |")
    return "\n".join(lines) + "\n"


def _page(pack: str, raw: Mapping[str, Any], rule: Rule) -> Iterator[str]:
    yield from (f"# {raw['id']} {raw['name']}", "", f"**{raw['title']}.**", "")
    whose = ", ".join(rule.methods) or "all methods"
    where = f"; dialects {', '.join(rule.dialects)}" if rule.dialects else ""
    yield f"{_grade(raw)}, confidence {rule.confidence}; {whose}{where}; pack `{pack}`"
    yield from ("", "## Why", "", rule.why)
    conditions = [f"{label}: `{' '.join(str(raw[word]).split())}`" for word, label in WORDS.items() if raw.get(word) not in (None, "False")]
    if conditions or raw.get("observes"):
        yield from ("", "## When", "")
        yield from (f"- {line}" for line in conditions)
        if raw.get("observes"):
            yield f"- Speaks where reading a file shows: {raw['observes'].replace('-', ' ')}."
    if rule.band:
        yield from _band(rule, bands()[rule.band])
    yield from _examples(raw, rule)
    yield from ("", "## Evidence", "", f"- This rule {firing_rates().words(rule.id)}.")
    for key in rule.references:
        reference = references()[key]
        yield f"- [{reference.title}]({reference.url})" if reference.url else f"- {reference.title}"


def _band(rule: Rule, band: Band) -> Iterator[str]:
    yield from ("", "## Band", "", f"{band.title[:1].upper()}{band.title[1:]}.", "")
    yield from ("| | recommended | acceptable | known to fail | grade | rests on |", "|---|---|---|---|---|---|")
    spreads = distribution(rule, band)
    for row in band.rows:
        low, high = row.fails
        fails = "; ".join(
            part
            for part in (f"{rate(low)} and below" if low is not None else "", f"{rate(high)} and above" if high is not None else "")
            if part
        )
        cells = (row.label or "all", _range(row.recommended), _range(row.acceptable), fails, row.grade, "; ".join(row.support))
        yield f"| {' | '.join(map(_cell, cells))} |"
    plots = [(one.row.label or "all", list(plot(one))) for one in spreads]
    if any(lines for _, lines in plots):
        yield from ("", f"Published values ({LEGEND}):", "", "```text")
        for label, lines in plots:
            if lines:
                yield label
                yield from (line.rstrip() for line in lines)
        yield "```"


def _examples(raw: Mapping[str, Any], rule: Rule) -> Iterator[str]:
    examples = raw.get("examples") or {}
    yield from ("", "## Examples", "")
    for example in examples.get("bad", ())[:2]:
        yield f"- Fires: {_given(example)}"
        finding = example_finding(rule, example, rulebook([rule]))
        if finding is not None:
            yield f"    - {finding.severity.value}: {_prose(finding.message)}"
            yield from (f"    - instead: {_prose(text)}" for text in _instead(finding))
    for example in examples.get("good", ())[:1]:
        yield f"- Silent: {_given(example)}"


def _instead(finding: Finding) -> Iterator[str]:
    if finding.fix is not None:
        yield finding.fix.text


def _given(example: Mapping[str, Any]) -> str:
    parts = [f"`{name}: {_plain(value)}`" for part in ("facts", "keys") for name, value in example.get(part, {}).items()]
    parts += [f"{name} {version}" for name, version in example.get("versions", {}).items()]
    if "observed" in example:
        seen = example["observed"]
        parts.append(f"`{seen['key']}: {_plain(seen.get('written', ''))}`" if "key" in seen else seen["kind"].replace("-", " "))
    if "history" in example:
        parts.append(
            "a history of " + ", ".join(example["history"].get("metrics", {})) if example["history"].get("metrics") else "a history"
        )
    return ", ".join(parts) or "any other run"


def _plain(value: object) -> str:
    text = "true" if value is True else "false" if value is False else "null" if value is None else str(value)
    return text.replace("`", "'").replace("\n", " ")


def _grade(raw: Mapping[str, Any]) -> str:
    return "by region of its band" if raw["form"] == "band" else str(raw.get("severity", "medium"))


def _range(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    if low is None or high is None:
        return f"up to {rate(high)}" if high is not None else f"from {rate(low)}" if low is not None else "anything"
    return f"{rate(low)} to {rate(high)}"


def _cell(text: str) -> str:
    return _prose(text).replace("|", "\\|")


def _prose(text: str) -> str:
    """Text of ours within Markdown: what would begin markup is taken literally."""
    for character in "*_<[":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")
