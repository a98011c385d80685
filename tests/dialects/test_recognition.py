from __future__ import annotations

from pathlib import Path

import pytest

from advisor.configuration.native import merged
from advisor.dialects.recognition import recognise
from advisor.errors import InputError
from advisor.source.reading import read

from .runs import run_of

OTHERS = sorted((Path(__file__).parent / "not_training").iterdir())


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_what_is_no_training_configuration_is_not_recognised(path: Path) -> None:
    with pytest.raises(InputError) as raised:
        recognise(merged([read(path.name, path.read_bytes())]))
    assert raised.value.kind == "unrecognised"


@pytest.mark.parametrize(
    "program",
    [
        '"""Rewards for swift rlhf --rlhf_type grpo."""\nclient = OpenAI(temperature=0.5)\n',
        "from verl.trainer.ppo.ray_trainer import RayPPOTrainer\n\ntrainer = RayPPOTrainer(config=config, tokenizer=tokenizer)\n",
    ],
)
def test_a_program_that_speaks_of_a_framework_is_no_configuration_of_it(program: str) -> None:
    with pytest.raises(InputError) as raised:
        run_of(program, "plugin.py")
    assert raised.value.kind == "unrecognised"


def test_the_message_tells_what_was_seen_and_what_was_looked_for() -> None:
    with pytest.raises(InputError, match=r"its top-level keys are services.*Tried .*trl.*custom, which needs a learning rate"):
        run_of("services: {db: {image: postgres}}\n", "compose.yaml")


@pytest.mark.parametrize(
    ("text", "path", "dialect"),
    [
        ("model_name_or_path: gpt2\nlearning_rate: 1.0e-6\nbeta: 0.1\noutput_dir: out\n", "a.yaml", "trl"),
        ("dpo_training: {learning_rate: 5e-7}\nbeta_update: {beta_0: 0.1}\n", "a.yaml", "dynamic-dpo"),
        ("rlaif: {kl_penalty: 0.1}\ntraining: {learning_rate: 7e-6}\n", "a.yaml", "rlaif"),
        ("learning_rate = 1e-6\ngroup_size = 8\nkl_beta = 0.04\nmax_iters = 500\nbatch_size = 1\n", "a.py", "flat-python"),
        ("model: {name: gpt2}\ntraining: {lr: 1e-6, epochs: 1, batch_size: 4}\ndpo: {beta: 0.1}\n", "a.yaml", "custom"),
        ('{"model": {"name": "gpt2"}, "training": {"lr": 1e-6, "epochs": 1, "batch_size": 4}, "dpo": {"beta": 0.1}}', "a.json", "custom"),
        ('[model]\nname = "gpt2"\n[training]\nlr = 1e-6\nepochs = 1\nbatch_size = 4\n[dpo]\nbeta = 0.1\n', "a.toml", "custom"),
    ],
)
def test_a_dialect_is_recognised_by_its_signature(text: str, path: str, dialect: str) -> None:
    assert run_of(text, path).dialect == dialect


@pytest.mark.parametrize(
    "imported",
    ["from rewards.config import RewardConfig, PPOConfig", "from trlx.models.modeling_ppo import PPOConfig\nRewardConfig = PPOConfig"],
)
def test_a_class_of_another_library_is_none_of_trl(imported: str) -> None:
    with pytest.raises(InputError, match="no known training configuration"):
        run_of(f"{imported}\n\nrewards = RewardConfig(timeout=6.0, correct=1.0)\npolicy = PPOConfig(gamma=1.0)\n", "rewards/code_reward.py")


def test_a_class_of_trl_is() -> None:
    run = run_of("from trl import RewardConfig\n\nconfig = RewardConfig(output_dir='out', num_train_epochs=2)\n", "train_rm.py")
    assert (run.dialect, run.method) == ("trl", "reward")
