"""The closed form against traced runs of real modules: every family, method, precision and adapter of tests/memory/data."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest

from advisor.memory.architecture import parameters
from advisor.memory.estimate import bare, peak
from advisor.memory.model_config import architecture_from_config, foreign_name
from advisor.memory.settings import read

DATA = Path(__file__).parent / "data"
GIB = 2**30


def configs(name: str) -> dict[str, dict[str, Any]]:
    return {family["name"]: family["config"] for family in json.loads((DATA / name).read_text())}


FIRST, LATER, METHODS = configs("families.json"), configs("families_later.json"), configs("families_methods.json")
FAMILIES = FIRST | LATER | METHODS

LIMIT = 0.03
"""How far the closed form may be from any trace."""


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def estimated(row: dict[str, Any]) -> float:
    """GiB of tensors at the peak."""
    shape = architecture_from_config(FAMILIES[row["family"]] if "family" in row else row["model"]["config"])
    return peak(read({**row["settings"], "method": row["method"]}), shape, None, 1).moment.total / GIB


@pytest.mark.parametrize("family", sorted(FIRST))
def test_four_layer_models_of_every_family_are_within_three_percent(family: str) -> None:
    errors = {row["id"]: estimated(row) / row["traced"]["peak_gib"] - 1 for row in rows("traces.jsonl") if row["family"] == family}
    assert errors
    assert {name: error for name, error in errors.items() if abs(error) > LIMIT} == {}


@pytest.mark.parametrize("family", sorted(LATER))
def test_families_that_came_later_are_within_three_percent(family: str) -> None:
    """These were traced before the table knew them, when the mean error was 12 %: what is right here is read in code, not fitted. Left out:
    what a CPU does otherwise than a GPU (autocast leaves explicit softmax in half precision, and Nemotron's norm in float32)."""
    errors = {row["id"]: estimated(row) / row["traced"]["peak_gib"] - 1 for row in rows("traces_later.jsonl") if row["family"] == family}
    assert errors
    assert {name: error for name, error in errors.items() if abs(error) > LIMIT} == {}


@pytest.mark.parametrize("method", ["orpo", "cpo", "simpo", "online_dpo", "gkd", "prm", "ppo"])
def test_methods_that_compare_imitate_or_classify_are_within_two_percent(method: str) -> None:
    """On families whose logits are large beside their layers. The formulas were derived from TRL's code and looked at on the first family
    only; the two others were traced after they stood, and asked for one term: what a soft cap keeps of logits outside the completion."""
    errors = {row["id"]: estimated(row) / row["traced"]["peak_gib"] - 1 for row in rows("traces_methods.jsonl") if row["method"] == method}
    assert len(errors) >= 21
    assert {name: error for name, error in errors.items() if abs(error) > 0.02} == {}


def test_half_of_the_later_families_traces_are_within_a_third_of_a_percent() -> None:
    errors = [abs(estimated(row) / row["traced"]["peak_gib"] - 1) for row in rows("traces_later.jsonl")]
    assert len(errors) > 500
    assert statistics.median(errors) < 0.003
    assert statistics.mean(errors) < 0.005


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": "kimi_linear"}, "linear attention"),
        ({"model_type": "gemma3n_text"}, "parallel residual streams"),
        ({"model_type": "qwen3_next"}, "linear attention"),
        ({"model_type": "a_new_one", "mamba_d_state": 128}, "state-space layers"),
        ({"layer_types": ["full_attention", "window_attention"]}, "layers of the type window_attention"),
    ],
)
def test_layers_of_another_kind_get_no_figure(change: dict[str, Any], words: str) -> None:
    """What is not modelled is not guessed: a convolution or a linear attention keeps other tensors than attention does."""
    shape = architecture_from_config({**FIRST["llama-4l"], **change})
    found = bare({"method": "sft", "batch.per_device": 1, "lengths.total": 1024}, shape, None, 1)
    assert found.verdict == "unknown"
    assert found.peak is None
    assert found.reason
    assert words in found.reason


def test_layer_types_of_attention_are_known() -> None:
    shape = architecture_from_config({**FIRST["llama-4l"], "layer_types": ["full_attention", "sliding_attention"]})
    assert shape.foreign == ""


def test_an_unknown_model_type_is_said_to_be_guessed() -> None:
    shape = architecture_from_config({**FIRST["llama-4l"], "model_type": "a_new_one"})
    assert shape.assumed == ("model type a_new_one is unknown: taken to be built like Llama",)


def test_no_plain_model_stands_for_one_of_another_kind() -> None:
    assert foreign_name("Qwen/Qwen3-Next-80B-A3B-Instruct")
    assert foreign_name("Qwen/Qwen3.5-35B-A3B")
    assert not foreign_name("LiquidAI/LFM2-1.2B")
    assert foreign_name("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-Base-BF16")
    assert not foreign_name("nvidia/Llama-3.1-Nemotron-Nano-8B-v1")
    assert not foreign_name("Qwen/Qwen3-8B")
    assert not foreign_name("google/gemma-3-27b-it")


def test_models_of_full_depth_are_within_one_percent() -> None:
    """These were traced after the formulas stood, and no formula was changed for them but KTO's copies for a single row. GPT-BigCode's
    causal mask, a buffer, is not counted; why GPT-J with adapters is 2.5 % off is not known."""
    errors = {row["id"]: estimated(row) / row["traced"]["peak_gib"] - 1 for row in rows("traces_full.jsonl")}
    assert len(errors) >= 70
    known = {"gptj-6b-0": 0.03, "starcoder-1b-0": 0.03}
    assert {name: error for name, error in errors.items() if abs(error) > known.get(name, 0.01)} == {}


def test_mean_error_over_all_traces_is_below_one_percent() -> None:
    errors = [abs(estimated(row) / row["traced"]["peak_gib"] - 1) for name in ("traces.jsonl", "traces_full.jsonl") for row in rows(name)]
    assert statistics.mean(errors) < 0.01


@pytest.mark.parametrize("name", ["traces.jsonl", "traces_full.jsonl", "traces_later.jsonl"])
def test_parameters_are_those_of_the_real_modules(name: str) -> None:
    wrong = {}
    for row in rows(name):
        if row["method"] == "reward":  # a score instead of an output projection
            continue
        shape = architecture_from_config(FAMILIES[row["family"]] if "family" in row else row["model"]["config"])
        if parameters(shape) != row["traced"]["parameters"]:
            wrong[row["id"]] = (parameters(shape), row["traced"]["parameters"])
    assert wrong == {}


@pytest.mark.real
@pytest.mark.parametrize("pattern", ["llama-4l-0[03]", "gemma2-4l-00", "mixtral-4l-08", "neox-4l-14"])
def test_tracing_again_gives_the_same_figures(pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opt-in: needs torch, transformers and peft in this environment."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    tools = Path(__file__).parents[2] / "tools"
    monkeypatch.syspath_prepend(str(tools))
    monkeypatch.setattr("sys.argv", ["trace_memory.py", "--out", str(tmp_path / "out.jsonl"), "--only", f"^{pattern}$"])
    import trace_memory  # type: ignore[import-not-found]

    assert trace_memory.main() == 0
    fresh = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    recorded = {row["id"]: row["traced"]["peak_gib"] for row in rows("traces.jsonl") if re.fullmatch(pattern, row["id"])}
    assert {row["id"]: row["traced"]["peak_gib"] for row in fresh} == pytest.approx(recorded, rel=0.01)
