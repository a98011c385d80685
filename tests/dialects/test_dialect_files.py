"""Small files of every dialect, as their users write them, and what each framework makes of them: `cases/<dialect>.yaml`.

Expectations follow the frameworks' own code and documentation, named in each case's `source`; none was taken from this program's output.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.dialects.options import Options, fact_from_text
from advisor.dialects.resolution import Resolved, resolve
from advisor.resources import data
from advisor.source.reading import read

FOLDER = Path(__file__).parent / "cases"
CASES = [
    pytest.param({**case, "table": path.stem}, id=f"{path.stem}-{case['case']}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
NO_FILES_OF_THEIR_OWN = {"hf-trainer", "launcher"}
"""Tables that others include."""


def resolved(case: dict[str, Any], folder: Path) -> Resolved:
    for name, text in case.get("beside", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / case["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(case["text"], encoding="utf-8")
    facts = [fact_from_text(name, str(value)) for name, value in case.get("options", {}).items()]
    return resolve([read(str(path))], Options(versions=case.get("versions", {}), facts={fact.name: fact for fact in facts}))


@pytest.mark.parametrize("case", CASES)
def test_a_file_is_read_as_its_framework_reads_it(case: dict[str, Any], tmp_path: Path) -> None:
    run = resolved(case, tmp_path)
    assert run.dialect == case["table"]
    assert run.method == case["method"]
    values = {name: run.facts[name].value if name in run.facts else "absent" for name in case["facts"]}
    assert values == {name: tuple(value) if isinstance(value, list) else value for name, value in case["facts"].items()}
    assert {name for name in case.get("unknown", ()) if name not in run.facts or run.facts[name].origin != "unknown"} == set()
    assert {name for name in case.get("absent", ()) if name in run.facts and run.facts[name].value is not None} == set()
    seen = {(observation.kind, observation.place.key if observation.place else None) for observation in run.observations}
    assert {tuple(pair) for pair in case.get("observed", ())} <= seen
    assert list(run.keys_unknown) == case.get("keys_unknown", [])


def test_every_dialect_has_files() -> None:
    tables = {path.stem for path in data("schemas", "dialects").glob("*.yaml")}
    assert tables - NO_FILES_OF_THEIR_OWN == {path.stem for path in FOLDER.glob("*.yaml")}
