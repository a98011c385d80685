from __future__ import annotations

import pytest

from advisor.history.vocabulary import normalised, vocabulary

CONTRACT = [
    "loss",
    "grad_norm",
    "lr",
    "reward",
    "reward_std",
    "zero_variance_frac",
    "kl_ref",
    "kl_old",
    "entropy",
    "clip_frac",
    "completion_len",
    "truncated_frac",
    "pref_acc",
    "margin",
    "chosen_reward",
    "rejected_reward",
    "chosen_logp",
    "rejected_logp",
    "value_loss",
    "beta",
    "win_rate",
    "best_of_n",
    "is_ratio",
    "step_time",
    "tokens_per_s",
]


def names(*keys: str, framework: str | None = None) -> dict[str, str]:
    return {key: meaning.metric for key, meaning in vocabulary().resolve(keys, framework).items()}


def test_every_public_metric_has_a_title_and_a_native_key() -> None:
    for metric in CONTRACT:
        entry = vocabulary().metrics[metric]
        assert entry.title and entry.native, metric


def test_no_key_is_listed_twice_for_one_metric() -> None:
    for name, metric in vocabulary().metrics.items():
        keys = [(native.framework, native.key, native.required) for native in metric.native]
        assert len(keys) == len(set(keys)), name


@pytest.mark.parametrize(
    "native", [native for metric in vocabulary().metrics.values() for native in metric.native if "*" not in native.key]
)
def test_native_keys_are_written_in_normal_form(native: object) -> None:
    key = native.key  # type: ignore[attr-defined]
    assert normalised(key) == key


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("Training Loss", "training_loss"),
        ("rewards / chosen", "rewards/chosen"),
        ("Best-of-N reward", "best_of_n_reward"),
        ("run 7 (seed 3) - train/loss", "train/loss"),
        ("_step", "_step"),
        ("**Avg Loss** ⚠️", "avg_loss"),
    ],
)
def test_normal_form(key: str, form: str) -> None:
    assert normalised(key) == form


def test_prefixes_of_training_and_evaluation() -> None:
    assert names("train/loss", "eval/loss", "train/rewards/margins", "eval_rewards/margins") == {
        "train/loss": "loss",
        "eval/loss": "eval_loss",
        "train/rewards/margins": "margin",
        "eval_rewards/margins": "eval_margin",
    }


def test_reward_functions_are_not_implicit_rewards() -> None:
    found = names("reward", "rewards/chosen", "rewards/format_reward/mean", "rewards/format_reward/std", "rewards/length_penalty")
    assert found["rewards/chosen"] == "chosen_reward"
    assert found["rewards/format_reward/mean"] == "reward_component/format_reward"
    assert found["rewards/format_reward/std"] == "reward_component_std/format_reward"
    assert found["rewards/length_penalty"] == "reward_component/length_penalty"


def test_accuracy_is_a_preference_accuracy_only_where_no_reward_is_trained_on() -> None:
    assert names("loss", "accuracy")["accuracy"] == "pref_acc"
    assert "accuracy" not in names("loss", "accuracy", "reward", "reward_std")


@pytest.mark.parametrize(
    ("keys", "estimator", "aggregation"),
    [
        (["kl", "reward_std"], "k3", "token"),
        (["kl", "rewards/chosen", "rewards/margins"], "batch estimate", "batch"),
        (["objective/kl"], "k1", "sequence"),
        (["actor/kl_loss"], "k3", "token"),
        (["kl_divergence"], None, None),
        (["kl"], None, None),
    ],
)
def test_divergence_carries_its_estimator(keys: list[str], estimator: str | None, aggregation: str | None) -> None:
    meaning = vocabulary().resolve(keys)[keys[0]]
    assert meaning.metric == "kl_ref"
    assert (meaning.native.estimator, meaning.native.aggregation) == (estimator, aggregation)


def test_of_two_keys_for_one_metric_the_preferred_one_has_the_name() -> None:
    found = names("completion_length", "completions/mean_length")
    assert found == {"completions/mean_length": "completion_len"}


def test_the_same_key_means_another_metric_where_the_better_key_is_there() -> None:
    assert names("policy_loss")["policy_loss"] == "loss"
    assert names("policy_loss", "total_loss") == {"total_loss": "loss", "policy_loss": "policy_loss"}


def test_the_toolkit_calls_the_share_of_won_pairs_win_rate() -> None:
    assert names("win_rate", "reward_margin", "dpo_loss")["win_rate"] == "pref_acc"
    assert names("win_rate", "loss")["win_rate"] == "win_rate"


def test_progress_and_derived_columns_are_no_metrics() -> None:
    for key in ("percentage", "Loss Trend", "elapsed_time", "_timestamp", "loss__MIN", "run - train/loss__MAX"):
        assert vocabulary().is_ignored(key), key


def test_settings_prove_no_log() -> None:
    assert not vocabulary().known("lr")
    assert not vocabulary().known("epoch")
    assert vocabulary().known("eval/rewards/margins")


def test_unknown_keys_have_no_name() -> None:
    assert names("tau", "p_hat") == {}
