"""Finding a model's shape by name, without the network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.memory.checkpoint import find_architecture

SMALL = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "vocab_size": 1000,
}


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(text)


def test_a_directory_beside_the_configuration(tmp_path: Path) -> None:
    write(tmp_path / "runs" / "model", json.dumps(SMALL))
    found = find_architecture("./model", tmp_path / "runs")
    assert found is not None
    assert found.hidden == 64


def test_a_directory_wins_over_the_table(tmp_path: Path) -> None:
    write(tmp_path / "Qwen" / "Qwen2.5-7B", json.dumps(SMALL))
    found = find_architecture("Qwen/Qwen2.5-7B", None)
    assert found is not None
    assert found.hidden == 64


def test_the_local_cache(tmp_path: Path) -> None:
    write(tmp_path / "hub" / "models--acme--private" / "snapshots" / "abc", json.dumps(SMALL))
    found = find_architecture("acme/private", None)
    assert found is not None
    assert found.vocabulary == 1000


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("meta-llama/Meta-Llama-3-8B", 4096),
        ("meta-llama/Llama-3.1-8B-Instruct", 4096),
        ("Qwen/Qwen2.5-0.5B-Instruct", 896),
        ("unsloth/Qwen2.5-7B-Instruct-bnb-4bit", 3584),
        ("alignment-handbook/zephyr-7b-sft-full", 4096),
        ("Qwen/Qwen2.5-Math-1.5B-Instruct", 1536),
        ("acme/Qwen2.5-7B-pirate", None),
        ("mistralai/Mistral-7B-Instruct-v0.3", 4096),
        ("qwen3-8b", 4096),
        ("nobody/nothing", None),
        ("", None),
        (None, None),
    ],
)
def test_the_shipped_table(name: str | None, hidden: int | None) -> None:
    found = find_architecture(name, None)
    assert (found.hidden if found else None) == hidden


def test_a_shape_taken_from_a_relative_says_so() -> None:
    found = find_architecture("Qwen/Qwen2.5-0.5B-Instruct", None)
    assert found is not None
    assert any("Qwen/Qwen2.5-0.5B" in words for words in found.assumed)


@pytest.mark.parametrize("text", ["{", "[1]", "", '{"a": ' * 3000])
def test_a_broken_config_is_an_input_error(tmp_path: Path, text: str) -> None:
    write(tmp_path / "model", text)
    with pytest.raises(InputError):
        find_architecture("model", tmp_path)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b", "x" * 5000, "~nobody/model", "models--/../.."])
def test_hostile_names_find_nothing(name: str) -> None:
    assert find_architecture(name, None) is None
