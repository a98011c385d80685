from __future__ import annotations

import pytest

from .runs import observed, run_of, values_of

STAGES = """\
model: {name: microsoft/Phi-3-mini-4k-instruct, max_length: 2048}
lora: {r: 16, alpha: 32, dropout: 0.1}
training:
  sft: {learning_rate: 2.0e-4, batch_size: 4, epochs: 3}
  reward: {learning_rate: 1.0e-4, batch_size: 2}
  ppo: {learning_rate: 1.0e-5, batch_size: 8, mini_batch_size: 2, ppo_epochs: 4, max_steps: 1000}
optimization: {weight_decay: 0.01, max_grad_norm: 1.0, fp16: true}
evaluation: {temperature: 0.7, batch_size: 64}
"""


def test_the_section_of_the_method_counts_among_several_stages() -> None:
    values = values_of(STAGES)
    assert values["method"] == "ppo"
    assert values["optimizer.learning_rate"] == 1e-5
    assert (values["batch.prompts"], values["batch.mini"], values["rollout.updates"]) == (8, 2, 4)
    assert (values["peft.kind"], values["peft.rank"], values["peft.alpha"]) == ("lora", 16, 32)
    assert values["optimizer.max_grad_norm"] == 1.0
    assert "rollout.temperature" not in values


def test_another_method_reads_its_own_stage() -> None:
    values = values_of(STAGES, method="reward")
    assert values["optimizer.learning_rate"] == 1e-4
    assert values["batch.per_device"] == 2


NESTED = """\
actor:
  model_name: Qwen/Qwen2.5-7B
  learningRate: 1e-6
teacher: {temperature: 0.0, lr: 3e-5}
judge: {max_length: 100}
grpo:
  group-size: 8
  kl_coef: 0.02
  clip_ratio: 0.2
  max_steps: 100
generation: {temperature: 0.9, max_new_tokens: 512}
profiles:
  quick: {training: {max_steps: 5}}
critic: {lr: 1e-5}
optimizer: {betas: [0.9, 0.95], weight_decay: 0.1}
"""


def test_values_of_teachers_judges_and_profiles_are_somebody_elses() -> None:
    values = values_of(NESTED)
    assert values["method"] == "grpo"
    assert values["optimizer.learning_rate"] == 1e-6
    assert values["rollout.temperature"] == 0.9
    assert values["rollout.group_size"] == 8
    assert values["schedule.max_steps"] == 100
    assert values["kl.coefficient"] == 0.02
    assert "lengths.total" not in values


def test_an_item_of_a_list_may_be_meant() -> None:
    values = values_of(NESTED)
    assert (values["optimizer.beta1"], values["optimizer.beta2"]) == (0.9, 0.95)


def test_the_critic_of_ppo_has_a_rate_of_its_own() -> None:
    values = values_of(NESTED, method="ppo")
    assert (values["optimizer.learning_rate"], values["critic.learning_rate"]) == (1e-6, 1e-5)


def test_numbers_that_yaml_reads_as_text_are_reported_and_nothing_else() -> None:
    assert observed(run_of(NESTED)) == [("notation", "actor.learningRate")]


DPO = """\
model: {{name: gpt2}}
training: {{learning_rate: 5.0e-7, num_epochs: 1, batch_size: 4, gradient_accumulation_steps: 2{extra}}}
dpo: {{beta: 0.1}}
"""


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (", kl_penalty: kl", {}),
        (", warmup_steps: 0.05", {"schedule.warmup_ratio": 0.05}),
        (", warmup_steps: 40", {"schedule.warmup_steps": 40}),
        (", precision: bf16", {"precision.bf16": True, "precision.fp16": False}),
        (", mixed_precision: fp16", {"precision.bf16": False, "precision.fp16": True}),
        (", optimizer: AdamW", {"optimizer.name": "AdamW"}),
        (", grad_clip: 0.5", {"optimizer.max_grad_norm": 0.5}),
        (", eval_interval: -1", {"upkeep.eval_steps": -1}),
    ],
)
def test_a_value_counts_only_where_it_fits_the_name(extra: str, expected: dict[str, object]) -> None:
    run = run_of(DPO.format(extra=extra))
    plain = run_of(DPO.format(extra=""))
    new = {name: fact.value for name, fact in run.facts.items() if name not in plain.facts}
    assert new == expected
    assert observed(run) == []


def test_batch_size_is_the_whole_batch_beside_a_micro_batch() -> None:
    text = DPO.format(extra=", micro_batch_size: 1").replace("gradient_accumulation_steps: 2, ", "")
    values = values_of(text)
    assert (values["batch.per_device"], values["batch.effective"]) == (1, 4)


@pytest.mark.parametrize(
    ("adapter", "kind", "rank"),
    [
        ("use_lora: true, lora_r: 8", "lora", 8),
        ("use_lora: false, lora_r: 8", "none", None),
        ("use_lora: true, lora_r: 8, load_in_4bit: true", "qlora", 8),
        ("finetuning_type: full", "none", None),
        ("learning_rate_min: 0.0", "none", None),
    ],
)
def test_adapters_count_only_where_they_are_switched_on(adapter: str, kind: str, rank: int | None) -> None:
    values = values_of(DPO.format(extra=f", {adapter}"))
    assert (values["peft.kind"], values.get("peft.rank")) == (kind, rank)


def test_a_missing_parent_leaves_unknown_what_the_file_does_not_say() -> None:
    run = run_of("inherit: base.yaml\n" + DPO.format(extra=""))
    assert run.missing == ("base.yaml",)
    assert "peft.kind" not in run.facts


def test_sequence_level_clipping_is_taken_from_gspo() -> None:
    text = """\
    model_name: gpt2
    lr: 1.0e-6
    max_steps: 5
    weight_decay: 0.1
    group_size: 4
    advantage_mode: gspo
    clip_ratio_low: 3.0e-4
    clip_ratio_high: 4.0e-4
    """
    values = values_of(text)
    assert (values["method"], values["clip.level"]) == ("grpo", "sequence")


def test_pretraining_that_mentions_a_later_stage_has_no_method() -> None:
    text = """\
    model: {max_seq_length: 4096}
    advanced: {enable_rlhf: false}
    training: {learning_rate: 1.0e-4, batch_size: 8, warmup_steps: 10000, max_steps: 500000}
    rlhf: {ppo_epochs: 4}
    """
    assert run_of(text).method is None
