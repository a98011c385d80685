"""Files that a configuration hands on to an engine are read beneath the key that names them."""

from __future__ import annotations

import json
from pathlib import Path

from advisor.dialects.options import Options
from advisor.dialects.resolution import Resolved, resolve
from advisor.source.reading import read

CONFIG = (
    "model_name_or_path: Qwen/Qwen2.5-7B\nloss_type: sigmoid\nbeta: 0.1\nlearning_rate: 5.0e-7\noutput_dir: out/dpo\ndeepspeed: {name}\n"
)


def resolved(folder: Path, name: str) -> Resolved:
    file = folder / "recipes" / "dpo.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(CONFIG.format(name=name))
    return resolve([read(str(file))], Options())


def engine(path: Path, stage: int, **more: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"zero_optimization": {"stage": stage, **more}, "bf16": {"enabled": True}}))


def test_the_file_says_more_than_its_name(tmp_path: Path) -> None:
    engine(tmp_path / "recipes" / "ds_zero3.json", 2, offload_optimizer={"device": "cpu"})
    facts = resolved(tmp_path, "ds_zero3.json").facts
    assert facts["parallel.zero_stage"].value == 2
    assert facts["parallel.offload"].value is True


def test_it_is_found_from_the_directory_above(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    engine(tmp_path / "configs" / "engine.json", 3)
    assert resolved(tmp_path, "configs/engine.json").facts["parallel.zero_stage"].value == 3


def test_its_place_is_its_own_file(tmp_path: Path) -> None:
    engine(tmp_path / "recipes" / "engine.json", 3)
    place = resolved(tmp_path, "engine.json").facts["parallel.zero_stage"].place
    assert place is not None and place.document.path.endswith("engine.json")


def test_a_name_tells_where_the_file_is_missing(tmp_path: Path) -> None:
    found = resolved(tmp_path, "ds_zero3.json")
    assert found.facts["parallel.zero_stage"].value == 3
    assert "parallel.zero_stage" not in resolved(tmp_path, "engine.json").facts


def test_nothing_outside_the_repository_is_read(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    engine(tmp_path / "secret.json", 3)
    assert "parallel.zero_stage" not in resolved(project, "../../secret.json").facts
    assert "parallel.zero_stage" not in resolved(project, str(tmp_path / "secret.json")).facts


def test_a_broken_file_leaves_the_key_alone(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "engine.json").write_text("{")
    found = resolved(tmp_path, "engine.json")
    assert "parallel.zero_stage" not in found.facts
    assert found.dialect == "trl"


def test_a_server_beside_the_training_tells_its_length(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text(
        "trl vllm-serve --model Qwen/Qwen2.5-7B --max_model_len 4096 &\n"
        "accelerate launch --num_processes 4 train_grpo.py --model_name_or_path Qwen/Qwen2.5-7B --use_vllm true \\\n"
        "  --num_generations 8 --max_prompt_length 512 --max_completion_length 2048 --learning_rate 1e-6\n"
    )
    facts = resolve([read(str(script))], Options()).facts
    assert facts["rollout.engine_max_length"].value == 4096
    assert facts["rollout.engine_mode"].value == "server"
