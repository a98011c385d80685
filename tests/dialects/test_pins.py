"""Which releases a project uses, read from the files in which projects say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.dialects.options import Options
from advisor.dialects.pins import releases
from advisor.dialects.resolution import resolve
from advisor.source.reading import read

CONFIG = "model_name_or_path: Qwen/Qwen2.5-7B\nloss_type: sigmoid\nbeta: 0.1\nlearning_rate: 5.0e-7\noutput_dir: out/dpo\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    file = tmp_path / "recipes" / "dpo.yaml"
    file.parent.mkdir()
    file.write_text(CONFIG)
    return file


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("requirements.txt", "torch==2.4.0\ntrl[vllm]==0.15.2  # pinned\n", 2),
        ("requirements-train.txt", "trl == 0.15.2 ; python_version > '3.9'\n", 1),
        ("uv.lock", '[[package]]\nname = "trl"\nversion = "0.15.2"\nsource = { registry = "x" }\n', 3),
        ("poetry.lock", '[[package]]\nname = "trl"\nversion = "0.15.2"\n', 3),
        ("pylock.toml", '[[packages]]\nname = "trl"\nversion = "0.15.2"\n', 3),
        ("Pipfile.lock", '{"default": {"trl": {"hashes": ["a"], "index": "pypi",\n "version": "==0.15.2"}}}\n', 2),
        ("pyproject.toml", '[project]\ndependencies = ["torch>=2", "trl==0.15.2"]\n', 2),
        ("environment.yml", "dependencies:\n  - python=3.11\n  - pip:\n    - trl==0.15.2\n", 4),
    ],
)
def test_a_project_pins_its_release(config: Path, name: str, text: str, line: int) -> None:
    (config.parents[1] / name).write_text(text)
    (pin,) = releases(str(config), "trl", ()).values()
    assert pin == ("0.15.2", f"pinned in ../{name}:{line}")


@pytest.mark.parametrize(
    "text", ["trl>=0.15\n", "trl\n", "# trl==0.15.2\n", "trl==0.15.*\n", "my-trl==0.15.2\n", "trl @ git+https://x/y@v0.15.2\n"]
)
def test_a_range_is_no_pin(config: Path, text: str) -> None:
    (config.parent / "requirements.txt").write_text(text)
    assert not releases(str(config), "trl", ())


def test_a_lock_beside_the_file_comes_before_requirements_above(config: Path) -> None:
    (config.parent / "uv.lock").write_text('[[package]]\nname = "trl"\nversion = "0.30.0"\n')
    (config.parents[1] / "requirements.txt").write_text("trl==0.15.2\ntransformers==4.50.0\n")
    found = releases(str(config), "trl", ("transformers",))
    assert {name: pin.version for name, pin in found.items()} == {"trl": "0.30.0", "transformers": "4.50.0"}


def test_nothing_above_the_repository_is_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    (inner / ".git").mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("trl==0.15.2\n")
    (inner / "dpo.yaml").write_text(CONFIG)
    assert not releases(str(inner / "dpo.yaml"), "trl", ())


def test_the_release_is_used_and_told(config: Path) -> None:
    (config.parents[1] / "requirements.txt").write_text("trl==0.15.2\n")
    found = resolve([read(str(config))], Options())
    assert found.versions["trl"] == "0.15.2"
    assert "trl 0.15.2, pinned in ../requirements.txt:1" in found.assumptions()


def test_an_option_comes_first(config: Path) -> None:
    (config.parents[1] / "requirements.txt").write_text("trl==0.15.2\n")
    found = resolve([read(str(config))], Options(versions={"trl": "1.16.0"}))
    assert found.versions["trl"] == "1.16.0"
    assert not any("pinned" in text for text in found.assumptions())


def test_what_is_installed_here_counts_where_nothing_is_pinned(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "lib" / "site-packages"
    (packages / "trl-0.27.1.dist-info").mkdir(parents=True)
    (packages / "transformers-4.57.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(packages))
    found = releases(str(config), "trl", ("transformers", "vllm-of-tests"))
    assert {name: tuple(pin) for name, pin in found.items()} == {
        "trl": ("0.27.1", "installed here"),
        "transformers": ("4.57.0", "installed here"),
    }
    (config.parent / "requirements.txt").write_text("trl==0.15.2\n")
    other = config.parent / "more" / "dpo.yaml"
    other.parent.mkdir()
    assert releases(str(other), "trl", ("transformers", "vllm-of-tests"))["trl"].version == "0.15.2"
