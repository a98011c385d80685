"""The committed tables as files: complete, fresh, small, and true to the packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.dialects.keys import load_keys
from advisor.resources import data
from tools.keys import overlay, table
from tools.keys.extract import extracted, frameworks
from tools.keys.unfold import unfolded

ROOT = Path(__file__).parents[2]
FRAMEWORKS = sorted(frameworks())
LARGEST = 160_000
"""Bytes; a table is read whole when its framework is recognised."""
PAIR = {"trl": "1.16.0", "transformers": "5.23.0"}


def held(framework: str) -> dict[str, Any]:
    return table.read(data("schemas", "keys", f"{framework}.json"))


def test_there_is_a_table_for_each_framework_and_no_other() -> None:
    assert sorted(path.stem for path in data("schemas", "keys").glob("*.json")) == FRAMEWORKS


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_file_is_as_the_generator_writes_it(framework: str) -> None:
    text = data("schemas", "keys", f"{framework}.json").read_text(encoding="utf-8")
    assert table.dumps(held(framework)) == text
    assert len(text.encode()) < LARGEST


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_overlay_was_put_in_after_its_last_change(framework: str) -> None:
    made = held(framework)
    fresh = overlay.compiled(data("schemas", "keys", "overlay", f"{framework}.yaml"), made)
    assert json.loads(json.dumps(fresh)) == made["overlay"], f"python -m tools.extract_keys {framework} --overlay-only"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_table_holds_every_release_that_the_generator_lists(framework: str) -> None:
    assert set(frameworks()[framework].versions) <= set(load_keys(framework).versions)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_release_can_be_taken_out_and_put_together_again(framework: str) -> None:
    made = held(framework)
    again = table.build(unfolded(made), frameworks()[framework].about)
    assert table.dumps(again | {"overlay": made["overlay"]}) == table.dumps(made)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_notice_names_source_and_licence(framework: str) -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    line = next(line for line in notice.splitlines() if line.strip().startswith(f"{framework} "))
    assert held(framework)["licence"] in line
    assert held(framework)["versions"][-1] in line


@pytest.mark.network
@pytest.mark.parametrize("framework", ["trl", "transformers"])
def test_the_newest_release_read_again_is_the_committed_one(framework: str, tmp_path: Path) -> None:
    made = held(framework)
    newest = made["versions"][-1]
    kept = [snapshot for snapshot in unfolded(made) if snapshot.version != newest]
    again = extracted(frameworks()[framework], tmp_path, [newest], kept)
    assert table.dumps(again | {"overlay": made["overlay"]}) == table.dumps(made)


@pytest.mark.real
@pytest.mark.parametrize(
    "name", ["DPOConfig", "GRPOConfig", "KTOConfig", "RLOOConfig", "RewardConfig", "SFTConfig", "ModelConfig", "ScriptArguments"]
)
def test_the_imported_class_has_the_fields_and_defaults_of_the_table(name: str) -> None:
    import dataclasses

    trl = pytest.importorskip("trl")
    transformers = pytest.importorskip("transformers")
    if (trl.__version__, transformers.__version__) != (PAIR["trl"], PAIR["transformers"]):
        pytest.skip(f"compared with {PAIR}")
    known = load_keys("trl")
    fields = {field.name: field for field in dataclasses.fields(getattr(trl, name)) if field.init}
    assert set(known.keys(name, PAIR)) == set(fields)
    different = {}
    for key, field in fields.items():
        stated = known.default(name, key, PAIR)
        assert stated is not None
        missing = field.default is dataclasses.MISSING
        real = (
            field.default_factory() if missing and field.default_factory is not dataclasses.MISSING else None if missing else field.default
        )
        if stated.kind in ("value", "unset") and stated.value != getattr(real, "value", real):
            different[key] = (stated.value, real)
    assert not different
