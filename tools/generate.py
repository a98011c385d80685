"""Everything in the repository that is made from something else: `python tools/generate.py`; `--check` says what is stale."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def generated() -> Iterator[tuple[Path, str]]:
    """Every generated file with the content that it should have."""
    from advisor.configuration.export import rendered
    from advisor.dialects.editor_schema import names, schema
    from tools.dialect_pages import dialect_pages
    from tools.evidence_page import evidence_page
    from tools.rule_pages import rule_pages

    yield ROOT / "schemas" / "canonical.json", rendered()
    for folder, pages in (("rules", rule_pages()), ("dialects", dialect_pages())):
        yield from ((ROOT / "docs" / folder / name, text) for name, text in pages)
    yield ROOT / "docs" / "evidence.md", evidence_page()
    for name in names():
        yield ROOT / "schemas" / "editor" / f"{name}.schema.json", json.dumps(schema(name), indent=1, ensure_ascii=False) + "\n"


def abandoned(kept: set[Path]) -> list[Path]:
    """Pages of rules and dialects that are there no more."""
    return [path for folder in ("rules", "dialects") for path in sorted((ROOT / "docs" / folder).glob("*.md")) if path not in kept]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    options = parser.parse_args()
    wanted = dict(generated())
    stale = [(path, content) for path, content in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != content]
    left = abandoned(set(wanted))
    for path in left:
        print(f"{path.relative_to(ROOT)} {'is left over: run python tools/generate.py' if options.check else 'removed'}")
        if not options.check:
            path.unlink()
    for path, content in stale:
        print(f"{path.relative_to(ROOT)} {'is stale: run python tools/generate.py' if options.check else 'written'}")
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    return 1 if options.check and (stale or left) else 0


if __name__ == "__main__":
    raise SystemExit(main())
