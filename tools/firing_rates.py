"""Measure how often each rule fires on published configurations.

    python tools/firing_rates.py MANIFEST.jsonl ROOT [--date 2026-11-21]

The manifest has one JSON object a line, whose `file` is a path under ROOT. Writes rules/evidence/firing_rates.json: per rule and
severity the number of files in which it fires, at its gravest. Settings files are not looked for.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections import Counter, defaultdict
from pathlib import Path

from advisor.pipeline import lint_file

TARGET = Path(__file__).resolve().parent.parent / "rules" / "evidence" / "firing_rates.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("--date", default=datetime.date.today().isoformat())
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.manifest.read_text(encoding="utf-8").splitlines() if line.strip()]
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    files = 0
    for row in rows:
        path = options.root / (row.get("file") or "")
        outcome = lint_file(str(path)) if row.get("file") and path.is_file() else None
        if outcome is None or outcome.error is not None:
            continue
        files += 1
        worst: dict[str, str] = {}
        for finding in outcome.findings:  # the gravest first
            worst.setdefault(finding.rule, finding.severity.value)
        for rule, severity in worst.items():
            counted[rule][severity] += 1
    order = ("critical", "high", "medium", "low", "info")
    rules = {rule: {grade: counted[rule][grade] for grade in order if counted[rule][grade]} for rule in sorted(counted)}
    TARGET.write_text(json.dumps({"date": options.date, "files": files, "rules": rules}, indent=1) + "\n", encoding="utf-8")
    print(f"{files} files, {len(rules)} rules fire: {TARGET}")


if __name__ == "__main__":
    main()
