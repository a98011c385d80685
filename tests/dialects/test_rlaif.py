from __future__ import annotations

from .runs import values_of

STUDENT = """\
model: {base_model: Qwen/Qwen2.5-Coder-3B-Instruct, use_4bit: true, max_length: 512}
teacher: {temperature: 0.7}
training:
  num_epochs: 7
  batch_size: 2
  gradient_accumulation_steps: 50
  learning_rate: 7e-6
  warmup_steps: 200
rlaif:
  kl_penalty: 0.1
  reward_threshold: 0.2
  generation_temperature: 1.2
  num_samples_per_prompt: 6
  use_lora: true
  lora_r: 16
evaluation: {reward_threshold: 0.7}
"""


def test_both_thresholds_are_read_apart() -> None:
    values = values_of(STUDENT)
    assert (values["reward.threshold"], values["reward.target"]) == (0.2, 0.7)


def test_the_students_settings_are_read_and_not_the_teachers() -> None:
    values = values_of(STUDENT)
    assert values["method"] == "rlaif"
    assert values["rollout.temperature"] == 1.2
    assert values["kl.coefficient"] == 0.1
    assert values["optimizer.learning_rate"] == 7e-6


def test_updates_count_prompts() -> None:
    # 2000 prompts / (2 x 50) = 20 updates an epoch
    values = values_of(STUDENT, samples="2000")
    assert (values["batch.effective"], values["schedule.total_steps"]) == (100, 140)


def test_four_bits_have_no_effect_on_apple_hardware() -> None:
    assert values_of(STUDENT)["peft.kind"] == "qlora"
    values = values_of(STUDENT + "hardware: {use_mps: true}\n")
    assert values["peft.kind"] == "lora"
    assert "precision.quantization" not in values


def test_adapter_keys_do_not_count_where_the_adapter_is_off() -> None:
    values = values_of(STUDENT.replace("use_lora: true", "use_lora: false"))
    assert values["peft.kind"] == "none"
    assert "peft.rank" not in values
