"""What TRL does with each configuration of `data/parser_outcomes.yaml`: the key tables and the linter must agree, and TRL itself."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.dialects.key_status import Deprecated, Known
from advisor.dialects.keys import load_keys
from advisor.dialects.options import Options, fact_from_text
from advisor.pipeline import lint_file
from advisor.rulebook.finding import Severity

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "data" / "parser_outcomes.yaml").read_text(encoding="utf-8"))
PAIR = {"trl": "1.16.0", "transformers": "5.23.0"}
STRUCTURAL = ("CFG", "KEY", "TRL", "HFT")
"""Rules that say how a framework reads a file, and not what a good value is."""
CLASSES = {"dpo": "DPOConfig", "grpo": "GRPOConfig"}


def keys_of(case: dict[str, Any]) -> list[str]:
    if case.get("via") == "python":
        return [case["config"].partition("=")[0]]
    return list(yaml.safe_load(case["config"]))


def refused(case: dict[str, Any]) -> str | None:
    """The key that TRL called unknown."""
    for mark in ("Unknown arguments from config file: ['--", "unexpected keyword argument '"):
        if mark in case.get("says", ""):
            return str(case["says"].partition(mark)[2].partition("'")[0])
    return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_table_knows_a_key_exactly_where_trl_takes_it(case: dict[str, Any]) -> None:
    table = load_keys("trl")
    for key in keys_of(case):
        there = isinstance(table.status(case["method"], key, PAIR), Known | Deprecated)
        assert there == (key != refused(case))


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.get("error") == "ValueError" and "is not a valid" in case["says"]],
    ids=lambda case: case["case"],
)
def test_choices_checked_when_parsing_are_in_the_table(case: dict[str, Any]) -> None:
    [(key, value)] = yaml.safe_load(case["config"]).items()
    choices = load_keys("trl").choices(case["method"], key, PAIR)
    assert choices is not None
    assert choices.checked == "parse"
    assert value not in choices.values


def test_choices_that_trl_checks_late_are_marked_so() -> None:
    late = {"loss_type": "sigmod", "truncation_mode": "left"}
    for key, value in late.items():
        choices = load_keys("trl").choices("dpo", key, PAIR)
        assert choices is not None
        assert choices.checked == "step"
        assert value not in choices.values


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_linter_foretells_what_trl_does(case: dict[str, Any], tmp_path: Path) -> None:
    if case.get("via") == "python":
        made = CLASSES[case["method"]]
        name, text = "train.py", f"from trl import {made}\n\nargs = {made}(output_dir='runs', {case['config']})\n"
    else:
        name, text = "config.yaml", f"{case['config']}\noutput_dir: runs\nuse_cpu: true\n"
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    facts = [fact_from_text("method", case["method"]), fact_from_text("gpus", "1")]
    outcome = lint_file(str(path), options=Options("trl", PAIR, {fact.name: fact for fact in facts}))
    assert outcome.error is None
    found = {finding.rule for finding in outcome.findings if finding.severity is not Severity.INFO}
    if "finding" in case:
        assert case["finding"] in found
    else:
        assert not [rule for rule in found if rule.startswith(STRUCTURAL)]


def test_everything_that_trl_refuses_is_foretold() -> None:
    assert all("finding" in case for case in CASES if "error" in case)


@pytest.mark.real
def test_trl_still_does_what_was_recorded(tmp_path: Path) -> None:
    trl = pytest.importorskip("trl")
    transformers = pytest.importorskip("transformers")
    if (trl.__version__, transformers.__version__) != (PAIR["trl"], PAIR["transformers"]):
        pytest.skip(f"recorded with {PAIR}")
    different = {case["case"]: seen for case in CASES if (seen := observed(trl, case, tmp_path)) != expected(case)}
    assert not different


def expected(case: dict[str, Any]) -> tuple[str, Any]:
    return ("accepted", case["accepted"]) if "accepted" in case else (case["error"], True)


def observed(trl: Any, case: dict[str, Any], folder: Path) -> tuple[str, Any]:
    """`accepted` and the values that arrive, or the error's type and whether it says what was recorded."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            configurations = parsed(trl, case, folder)
    except (Exception, SystemExit) as error:
        return type(error).__name__, case.get("says", "") in f"{error}{printed.getvalue()}"
    values = {}
    for key in case.get("accepted", ()):
        held = next(getattr(item, key) for item in configurations if hasattr(item, key))
        values[key] = getattr(held, "value", held)
    return "accepted", values


def parsed(trl: Any, case: dict[str, Any], folder: Path) -> list[Any]:
    chosen = getattr(trl, CLASSES[case["method"]])
    if case.get("via") == "python":
        key, _, value = case["config"].partition("=")
        return [chosen(output_dir=str(folder), use_cpu=True, **{key: yaml.safe_load(value)})]
    path = folder / "config.yaml"
    path.write_text(f"{case['config']}\noutput_dir: {folder}\nuse_cpu: true\n", encoding="utf-8")
    parser = trl.TrlParser((chosen, trl.ModelConfig, trl.ScriptArguments))
    return list(parser.parse_args_and_config(args=["--config", str(path)]))
