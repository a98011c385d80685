"""Regenerates `schemas/keys/*.json` from released packages: `python -m tools.extract_keys trl --cache DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .keys import overlay, table
from .keys.extract import Framework, extended, extracted, frameworks

SCHEMAS = Path(__file__).parent.parent / "schemas" / "keys"


def main(arguments: list[str] | None = None) -> int:
    known = frameworks()
    parser = argparse.ArgumentParser(prog="extract_keys", description=__doc__)
    parser.add_argument("framework", choices=sorted(known), nargs="+")
    parser.add_argument("--cache", type=Path, default=Path(".cache/wheels"), help="where pip puts the wheels (default: %(default)s)")
    parser.add_argument("--add", metavar="VERSION", help="read only this release, and add it to the table that is there")
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
    if options.add:
        return extended(framework, table.read(path), options.add, options.cache)
    return extracted(framework, options.cache)


if __name__ == "__main__":
    raise SystemExit(main())
