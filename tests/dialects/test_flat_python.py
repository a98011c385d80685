from __future__ import annotations

from .runs import run_of, values_of

NANO = """\
batch_size = 1
group_size = 8
gradient_accumulation_steps = 16
kl_beta = 0.04
learning_rate = 1e-6
max_iters = 500
warmup_iters = 20
beta1 = 0.9
beta2 = 0.95
grad_clip = 1.0
dtype = "bfloat16"
compile = True
"""


def test_betas_are_adams() -> None:
    values = values_of(NANO, "config.py")
    assert (values["optimizer.beta1"], values["optimizer.beta2"]) == (0.9, 0.95)
    assert values["kl.coefficient"] == 0.04


def test_batches_count_completions() -> None:
    values = values_of(NANO, "config.py")
    assert (values["batch.per_device"], values["batch.effective"], values["batch.prompts"]) == (8, 128, 16)


def test_the_scale_of_a_batch_goes_back_into_an_edit() -> None:
    fact = run_of(NANO, "config.py").facts["batch.per_device"]
    assert fact.scale == 8


def test_switches_and_steps() -> None:
    values = values_of(NANO, "config.py")
    assert (values["compile"], values["precision.bf16"]) == (True, True)
    assert (values["schedule.total_steps"], values["schedule.warmup_steps"]) == (500, 20)


def test_actor_and_critic_constants_are_ppo() -> None:
    text = "actor_learning_rate = 9.65e-6\ncritic_learning_rate = 5e-6\nkl_ctl = 0.1\ncliprange = 0.2\nppo_epochs = 1\n"
    values = values_of(text, "step3.py")
    assert (values["method"], values["critic.learning_rate"], values["clip.high"]) == ("ppo", 5e-6, 0.2)
