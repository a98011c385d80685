"""Regenerates `schemas/keys/*.json` from released packages: `python -m tools.extract_keys trl --cache DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .keys import overlay, table
from .keys.extract import Framework, extracted, frameworks
from .keys.unfold import unfolded

SCHEMAS = Path(__file__).parent.parent / "schemas" / "keys"


def main(arguments: list[str] | None = None) -> int:
    known = frameworks()
    parser = argparse.ArgumentParser(prog="extract_keys", description=__doc__)
    parser.add_argument("framework", choices=sorted(known), nargs="+")
    parser.add_argument("--cache", type=Path, default=Path(".cache/wheels"), help="where pip puts the wheels (default: %(default)s)")
    parser.add_argument("--add", metavar="VERSION", help="read this release only, and leave the others as they are in the table")
    parser.add_argument("--table", type=Path, metavar="CSV", help="releases without a wheel, as tools/keys/spreadsheet.py describes")
    parser.add_argument("--overlay-only", action="store_true", help="read no package: only put the hand-made overlay in again")
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    for name in options.framework:
        path = SCHEMAS / f"{name}.json"
        made = _make(known[name], path, options)
        made["overlay"] = overlay.compiled(SCHEMAS / "overlay" / f"{name}.yaml", made)
        table.write(made, path)
        print(f"{path.name}: {path.stat().st_size} bytes, {len(made['versions'])} releases, {len(made['sections'])} sections")
    return 0


def _make(framework: Framework, path: Path, options: argparse.Namespace) -> dict[str, Any]:
    if options.overlay_only:
        return table.read(path)
    kept = unfolded(table.read(path)) if path.exists() else []
    versions = [options.add] if options.add else framework.versions
    return extracted(framework, options.cache, versions, kept, options.table)


if __name__ == "__main__":
    raise SystemExit(main())
