"""Where a value goes that a file does not hold: under the key that this framework, and this fork of it, reads."""

from __future__ import annotations

from .runs import run_of


def test_a_new_key_goes_where_the_file_has_its_section() -> None:
    """rLLM's trainer has keys of its own for what verl's own keys say; a plain verl script must not be told to use them."""
    script = "python3 -m verl.trainer.main_ppo {}actor_rollout_ref.rollout.temperature=0.9 algorithm.adv_estimator=grpo\n"
    assert run_of(script.format(""), "run.sh").key_for("rollout.group_size") == "actor_rollout_ref.rollout.n"
    assert run_of(script.format("rllm.rollout.train.temperature=0.8 "), "run.sh").key_for("rollout.group_size") == "rllm.rollout.n"


def test_where_no_section_is_there_the_framework_comes_before_its_forks() -> None:
    script = "python3 -m verl.trainer.main_ppo actor_rollout_ref.rollout.n=8 algorithm.adv_estimator=grpo\n"
    assert run_of(script, "run.sh").key_for("upkeep.save_steps") == "trainer.save_freq"
