from __future__ import annotations

import pytest

from .runs import observed, origins_of, run_of, values_of

DPO = """\
model_name_or_path: Qwen/Qwen2.5-7B-Instruct
learning_rate: 5.0e-7
beta: 0.1
per_device_train_batch_size: 4
gradient_accumulation_steps: 8
num_train_epochs: 1
output_dir: out
"""
GRPO = """\
model_name_or_path: Qwen/Qwen2.5-1.5B-Instruct
learning_rate: 1.0e-6
num_generations: 8
per_device_train_batch_size: 8
gradient_accumulation_steps: 4
output_dir: out
"""
CLASSES = {
    "DPOConfig": "dpo",
    "KTOConfig": "kto",
    "ORPOConfig": "orpo",
    "CPOConfig": "cpo",
    "GRPOConfig": "grpo",
    "RLOOConfig": "rloo",
    "PPOConfig": "ppo",
    "OnlineDPOConfig": "online_dpo",
    "RewardConfig": "reward",
    "SFTConfig": "sft",
    "GKDConfig": "gkd",
}


def test_a_flat_file_is_read_with_its_units() -> None:
    values = values_of(DPO, gpus="8")
    assert values["method"] == "dpo"
    assert values["model.parameters"] == 7e9
    assert values["optimizer.learning_rate"] == 5e-7
    assert values["loss.beta"] == 0.1
    assert values["loss.type"] == "sigmoid"
    assert values["batch.effective"] == 4 * 8 * 8
    assert values["peft.kind"] == "none"


@pytest.mark.parametrize(("name", "method"), CLASSES.items())
def test_the_configuration_class_tells_the_method(name: str, method: str) -> None:
    values = values_of(f"from trl import {name}\n\nargs = {name}(learning_rate=2e-6, max_grad_norm=0.5)\n", "train.py")
    assert values["method"] == method
    assert values["optimizer.learning_rate"] == 2e-6
    assert values["optimizer.max_grad_norm"] == 0.5


@pytest.mark.parametrize(
    ("sign", "method"),
    [
        ("gamma_beta_ratio: 0.5", "simpo"),
        ("loss_type: simpo", "simpo"),
        ("desirable_weight: 1.3", "kto"),
        ("num_generations: 4", "grpo"),
        ("loss_type: dr_grpo", "grpo"),
        ("rloo_k: 4", "rloo"),
        ("num_ppo_epochs: 2", "ppo"),
        ("precompute_ref_log_probs: true", "dpo"),
        ("loss_type: [sigmoid, sft]", "dpo"),
        ("cpo_alpha: 0.5", "cpo"),
        ("center_rewards_coefficient: 0.01", "reward"),
        ("hub_model_id: me/qwen-orpo", "orpo"),
        ("packing: true", "sft"),
    ],
)
def test_keys_tell_the_method_of_a_flat_file(sign: str, method: str) -> None:
    text = "model_name_or_path: gpt2\nlearning_rate: 1.0e-6\nmax_steps: 10\noutput_dir: out\n"
    assert values_of(text + sign + "\n")["method"] == method


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("recipes/zephyr/dpo/config_full.yaml", "dpo"),
        ("configs/kto.yaml", "kto"),
        ("grpo_math.yaml", "grpo"),
        ("conf/sft/base.yaml", "sft"),
    ],
)
def test_the_path_tells_the_method_where_keys_do_not(path: str, method: str) -> None:
    assert values_of("model_name_or_path: gpt2\nlearning_rate: 1.0e-6\nmax_steps: 10\noutput_dir: out\n", path)["method"] == method


def test_beta_is_the_weight_of_the_kl_penalty_in_online_methods() -> None:
    values = values_of(GRPO + "beta: 0.04\n")
    assert values["kl.coefficient"] == 0.04
    assert "loss.beta" not in values


def test_warmup_below_one_step_is_a_share() -> None:
    values = values_of(DPO + "warmup_steps: 0.1\nmax_steps: 200\n")
    assert values["schedule.warmup_ratio"] == 0.1
    assert values["schedule.warmup_steps"] == 20


def test_a_constant_schedule_ignores_its_warmup() -> None:
    run = run_of(DPO + "lr_scheduler_type: constant\nwarmup_steps: 50\n")
    assert ("dead", "warmup_steps") in observed(run)
    assert run.facts["schedule.warmup_steps"].value == 0


def test_the_step_limit_overrides_the_epochs() -> None:
    run = run_of(DPO + "max_steps: 300\n")
    assert ("dead", "num_train_epochs") in observed(run)
    assert "schedule.epochs" not in run.facts
    assert run.facts["schedule.total_steps"].value == 300


def test_lora_keys_without_use_peft_switched_on_are_dead() -> None:
    run = run_of(DPO + "use_peft: false\nlora_r: 8\n")
    assert ("dead", "lora_r") in observed(run)
    assert run.facts["peft.kind"].value == "none"


def test_an_adapter_on_a_quantised_model_is_qlora() -> None:
    values = values_of(DPO + "use_peft: true\nload_in_4bit: true\nlora_r: 8\n")
    assert values["peft.kind"] == "qlora"
    assert values["precision.quantization"] == 4
    assert values["peft.rank"] == 8
    assert values["peft.alpha"] == 32


@pytest.mark.parametrize(
    ("version", "beta", "loss", "length"),
    [("0.15.2", 0.04, "grpo", 256), ("0.18.0", 0.04, "bnpo", 256), ("0.22.0", 0.0, "dapo", 256), ("1.16.0", 0.0, "dapo", 512)],
)
def test_defaults_are_those_of_the_version(version: str, beta: float, loss: str, length: int) -> None:
    values = values_of(GRPO, versions={"trl": version})
    assert (values["kl.coefficient"], values["loss.type"], values["lengths.completion"]) == (beta, loss, length)


def test_without_a_version_defaults_are_the_newest_and_say_so() -> None:
    run = run_of(GRPO)
    assert run.facts["kl.coefficient"].value == 0.0
    assert run.facts["kl.coefficient"].origin == "default"
    assert "0.19" in str(run.facts["kl.coefficient"].note)


@pytest.mark.parametrize(("version", "completions"), [("0.15.2", 8 * 2), ("0.17.0", 8 * 2 * 4), ("1.16.0", 8 * 2 * 4)])
def test_completions_per_rollout_follow_the_version(version: str, completions: int) -> None:
    assert values_of(GRPO, versions={"trl": version}, gpus="2")["batch.generation"] == completions


def test_the_first_grpo_counted_prompts_per_device() -> None:
    values = values_of(GRPO, versions={"trl": "0.14.0"}, gpus="1")
    assert values["batch.per_device"] == 8 * 8


def test_steps_of_a_group_relative_run_count_completions() -> None:
    # 1000 prompts x 8 completions / (8 x 4 x 2 completions a step) = 125 steps an epoch
    values = values_of(GRPO + "num_train_epochs: 2\n", gpus="2", samples="1000")
    assert values["batch.effective"] == 64
    assert values["schedule.total_steps"] == 250


def test_clipping_is_symmetric_unless_the_upper_range_is_set() -> None:
    assert values_of(GRPO + "epsilon: 0.1\n")["clip.high"] == 0.1
    assert values_of(GRPO + "epsilon: 0.2\nepsilon_high: 0.28\n")["clip.high"] == 0.28
    assert values_of(GRPO + "epsilon: 0.2\nepsilon_high: null\n")["clip.high"] == 0.2


def test_reward_scaling_may_be_a_switch_or_a_word() -> None:
    assert values_of(GRPO + "scale_rewards: false\n")["reward.scale"] == "none"
    assert values_of(GRPO + "scale_rewards: true\n")["reward.scale"] == "group"
    assert values_of(GRPO + "scale_rewards: batch\n")["advantage.normalization"] == "batch"


def test_fp16_switches_the_default_of_bf16_off() -> None:
    assert values_of(DPO)["precision.bf16"] is True
    assert values_of(DPO + "fp16: true\n")["precision.bf16"] is False
    assert values_of(DPO, versions={"trl": "0.18.0"})["precision.bf16"] is False


def test_gamma_of_simpo_is_a_multiple_of_beta() -> None:
    values = values_of(DPO.replace("beta: 0.1", "beta: 2.5\ngamma_beta_ratio: 0.4"))
    assert values["method"] == "simpo"
    assert values["loss.gamma"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("extra", "loader"),
    [("dataset_name: d\n", "casts"), ("dataset_mixer:\n  d: 1.0\n", "keeps"), ("dataset_mixture:\n  seed: 0\n", "casts")],
)
def test_older_handbook_files_keep_texts(extra: str, loader: str) -> None:
    run = run_of(DPO.replace("5.0e-7", "5e-7") + extra)
    assert run.loader == loader
    assert run.facts["optimizer.learning_rate"].value == 5e-7
    assert ("notation", "learning_rate") in observed(run)


def test_the_zero_stage_is_read_from_the_name_of_the_deepspeed_file() -> None:
    assert values_of(DPO + "deepspeed: configs/ds_zero3.json\n")["parallel.zero_stage"] == 3
    assert "parallel.zero_stage" not in values_of(DPO + "deepspeed: configs/ds.json\n")


PYTHON = """\
from peft import LoraConfig
from transformers import AutoModelForCausalLM, BitsAndBytesConfig
from trl import DPOConfig, DPOTrainer

temperature = 0.3
model = AutoModelForCausalLM.from_pretrained(
    "meta-llama/Llama-3.1-8B-Instruct", torch_dtype=torch.bfloat16, quantization_config=BitsAndBytesConfig(load_in_4bit=True)
)
args = DPOConfig(output_dir="out", learning_rate=5e-6, beta=0.2, per_device_train_batch_size=2)
trainer = DPOTrainer(model, args=args, peft_config=LoraConfig(r=16, lora_alpha=32, target_modules=["q_proj", "v_proj"]))
"""


def test_a_python_script_is_read_across_its_calls() -> None:
    run = run_of(PYTHON, "train.py")
    values = {name: fact.value for name, fact in run.facts.items()}
    assert values["model.name"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert values["model.dtype"] == "bfloat16"
    assert (values["peft.kind"], values["peft.rank"], values["peft.alpha"]) == ("qlora", 16, 32)
    assert values["peft.targets"] == ("q_proj", "v_proj")
    assert values["loss.beta"] == 0.2
    assert run.facts["loss.beta"].place is not None
    assert run.facts["loss.beta"].place.key == "DPOConfig.beta"
    assert run.keys_unknown == ()


def test_a_constant_that_no_configuration_takes_is_no_setting() -> None:
    text = "beta = 0.5\nlearning_rate = 1.0\nargs = DPOConfig(output_dir='out', max_length=512)\n"
    values = values_of(text, "train.py")
    assert values["loss.beta"] == 0.1
    assert values["optimizer.learning_rate"] == 1e-6


def test_of_two_stages_in_one_script_the_later_method_counts() -> None:
    text = "a = SFTConfig(learning_rate=2e-5, max_steps=10, weight_decay=0.1)\nb = DPOConfig(learning_rate=5e-7, beta=0.1)\n"
    values = values_of(text, "pipeline.py")
    assert (values["method"], values["optimizer.learning_rate"]) == ("dpo", 5e-7)
    assert values["optimizer.weight_decay"] == 0.0


def test_a_plain_trainer_has_the_defaults_of_transformers() -> None:
    values = values_of("args = TrainingArguments(output_dir='out', max_steps=10)\n", "train.py", method="reward")
    assert values["optimizer.learning_rate"] == 5e-5
    assert values["memory.gradient_checkpointing"] is False


def test_an_insertion_goes_into_the_configuration_class() -> None:
    assert run_of(PYTHON, "train.py").key_for("optimizer.max_grad_norm") == "DPOConfig.max_grad_norm"
    assert run_of(DPO).key_for("optimizer.max_grad_norm") == "max_grad_norm"


SHELL = """\
#!/bin/bash
CUDA_VISIBLE_DEVICES=0,1,2,3 accelerate launch --config_file configs/deepspeed_zero3.yaml --num_processes 4 scripts/dpo.py \\
    --model_name_or_path Qwen/Qwen2-0.5B-Instruct \\
    --learning_rate 5e-7 \\
    --per_device_train_batch_size 2 \\
    --gradient_accumulation_steps 8 \\
    --beta 0.1 --bf16 true --output_dir out
"""


def test_a_launch_script_tells_devices_and_zero_stage() -> None:
    values = values_of(SHELL, "train.sh")
    assert values["method"] == "dpo"
    assert values["hardware.gpus"] == 4
    assert values["batch.effective"] == 2 * 8 * 4
    assert values["parallel.zero_stage"] == 3
    assert values["precision.bf16"] is True


def test_visible_devices_count_where_the_launcher_does_not() -> None:
    assert values_of(SHELL.replace("--num_processes 4 ", ""), "train.sh")["batch.devices"] == 4


def test_the_command_line_of_trl_is_recognised() -> None:
    text = "trl grpo --model_name_or_path gpt2 --dataset_name d --learning_rate 1e-6 --num_generations 4 --per_device_train_batch_size 4\n"
    values = values_of(text, "go.sh")
    assert (values["method"], values["rollout.group_size"]) == ("grpo", 4)


UNSLOTH = """\
from unsloth import FastLanguageModel
model, tokenizer = FastLanguageModel.from_pretrained(
    model_name="unsloth/Qwen3-4B-Base", max_seq_length=2048, load_in_4bit=False, fast_inference=True, gpu_memory_utilization=0.6
)
model = FastLanguageModel.get_peft_model(model, r=32, lora_alpha=64, use_gradient_checkpointing="unsloth")
args = GRPOConfig(learning_rate=5e-6, num_generations=8, max_completion_length=1024)
"""


def test_unsloth_takes_its_model_and_adapter_from_its_own_calls() -> None:
    run = run_of(UNSLOTH, "train.py")
    values = {name: fact.value for name, fact in run.facts.items()}
    assert run.dialect == "unsloth"
    assert (values["method"], values["model.parameters"]) == ("grpo", 4e9)
    assert (values["peft.kind"], values["peft.rank"], values["peft.alpha"]) == ("lora", 32, 64)
    assert (values["rollout.engine"], values["rollout.engine_memory"]) == ("vllm", 0.6)
    assert values["memory.gradient_checkpointing"] is True
    assert values["batch.devices"] == 1


def test_origins_tell_file_from_default() -> None:
    origins = origins_of(DPO)
    assert origins["loss.beta"] == "file"
    assert origins["loss.type"] == "default"
    assert origins["model.parameters"] == "derived"


def test_a_misspelt_key_is_not_understood_and_known_ones_are() -> None:
    run = run_of(DPO + "learning_rte: 1.0e-6\nreport_to: none\nhub_model_id: me/x\n")
    assert run.keys_unknown == ("learning_rte",)


def left_to_the_release(text: str, **versions: str) -> str:
    seen = run_of(text, versions=versions).observations
    return "".join(one.details["reason"] for one in seen if one.kind == "default-changed")


def test_a_default_that_changed_is_remarked_on_where_the_release_is_not_known() -> None:
    assert left_to_the_release(GRPO).startswith(
        "beta is 0.04 before trl 0.19.0 and 0 since; loss_type is bnpo before trl 0.22.0 and dapo since"
    )
    assert left_to_the_release(GRPO, trl="0.18.0") == ""


def test_keys_that_date_the_file_settle_its_defaults() -> None:
    newer = GRPO + "loss_type: dapo\nnum_generations_eval: 4\n"  # 0.26.0
    assert "beta" not in left_to_the_release(newer)
    assert "max_completion_length is 256 before trl 1.10.0" in left_to_the_release(newer)
