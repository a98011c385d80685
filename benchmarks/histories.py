"""What is said of every history below some folders: read, or refused with a reason, and the findings at high and above.

    python benchmarks/histories.py FOLDER... [--config]

A folder with a trainer state is one run; every other file that can be read is a history of its own. `--config` looks for each run's
configuration in its folder. Prints one line a history and a summary; refusals that are not in words count as defects.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from advisor.dialects.options import Options
from advisor.errors import InputError
from advisor.history import read_history
from advisor.pipeline import lint_file, lint_history
from advisor.rulebook.finding import Severity
from advisor.rulebook.selection import Selection
from advisor.run_configuration import configuration_in


def runs(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    names = {path.name for path in root.iterdir()}
    if "trainer_state.json" in names or any(name.startswith("checkpoint-") for name in names):
        yield root
        return
    for path in sorted(root.iterdir()):
        if not path.name.startswith("."):
            yield from runs(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--config", action="store_true")
    options = parser.parse_args()
    counted: Counter[str] = Counter()
    for path in (run for folder in options.folders for run in runs(folder)):
        try:
            history = read_history(str(path))
        except InputError as error:
            counted["refused"] += 1
            print(f"{path}: refused: {error.message}")
            continue
        found = configuration_in(path, Options()) if options.config and path.is_dir() else None
        outcome = lint_file(found.path, history=history) if found else lint_history(history, Options(), Selection())
        high = [finding for finding in outcome.findings if finding.severity >= Severity.HIGH]
        counted["read"] += 1
        counted["with high"] += bool(high)
        rules = ", ".join(dict.fromkeys(finding.rule for finding in high)) or "nothing at high"
        print(f"{path}: {history.format}, {history.step_count} steps, {outcome.method}: {rules}")
    print(", ".join(f"{number} {what}" for what, number in counted.items()))


if __name__ == "__main__":
    main()
