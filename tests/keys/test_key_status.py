"""Facts of the committed tables that were looked up by hand in the released packages and their changelogs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.dialects.key_status import Choices, Default, Deprecated, Known, NotYet, Range, Release, Removed, Renamed, UnknownKey
from advisor.dialects.keys import KeyTable, load_keys
from advisor.errors import InputError


@pytest.fixture
def trl() -> KeyTable:
    return load_keys("trl")


def pair(trl: str, transformers: str) -> dict[str, str]:
    return {"trl": trl, "transformers": transformers}


@pytest.mark.parametrize("version", ["0.9.2", "0.14.0", "0.29.0", "1.16.0"])
def test_dpo_beta_is_a_tenth_in_every_release(trl: KeyTable, version: str) -> None:
    assert trl.default("DPOConfig", "beta", version) == Default(0.1, "value")
    assert trl.type("DPOConfig", "beta", version) == "float"
    assert isinstance(trl.status("DPOConfig", "beta", version), Known)


@pytest.mark.parametrize(
    ("key", "before", "old", "since", "new"),
    [
        ("beta", "0.18.2", 0.04, "0.19.0", 0.0),
        ("loss_type", "0.21.0", "bnpo", "0.22.0", "dapo"),
        ("scale_rewards", "0.21.0", True, "0.22.0", "group"),
        ("temperature", "0.17.0", 0.9, "0.18.0", 1.0),
        ("vllm_mode", "0.29.1", "server", "1.0.0", "colocate"),
        ("max_completion_length", "1.9.2", 256, "1.10.0", 512),
        ("gradient_checkpointing", "0.21.0", False, "0.22.0", True),
        ("logging_steps", "0.18.2", 500, "0.19.0", 10),
    ],
)
def test_defaults_of_grpo_that_changed(trl: KeyTable, key: str, before: str, old: object, since: str, new: object) -> None:
    others = {"transformers": "4.57.6"}
    assert trl.default("GRPOConfig", key, {"trl": before, **others}) == Default(old, "value")
    assert trl.default("GRPOConfig", key, {"trl": since, **others}) == Default(new, "value")


def test_the_learning_rate_of_dpo_was_that_of_transformers_before_it_had_its_own(trl: KeyTable) -> None:
    assert trl.default("DPOConfig", "learning_rate", "0.11.4") == Default(5e-05, "value")
    assert trl.default("DPOConfig", "learning_rate", "0.12.0") == Default(1e-06, "value")


def test_max_prompt_length_of_dpo_is_known_then_deprecated_then_gone(trl: KeyTable) -> None:
    assert isinstance(trl.status("dpo", "max_prompt_length", "0.27.2"), Known)
    deprecated = trl.status("dpo", "max_prompt_length", "0.28.0")
    assert isinstance(deprecated, Deprecated)
    assert deprecated.since == Release("trl", "0.28.0")
    removed = trl.status("dpo", "max_prompt_length", "0.29.0")
    assert isinstance(removed, Removed)
    assert (removed.since, removed.last) == (Release("trl", "0.29.0"), "0.28.0")
    assert removed.change is not None
    assert removed.change.instead == "max_length"
    assert not removed.change.safe


def test_the_mark_of_a_deprecated_key_is_no_default(trl: KeyTable) -> None:
    assert trl.default("dpo", "max_prompt_length", "0.27.2") == Default(512, "value")
    assert trl.default("dpo", "max_prompt_length", "0.28.0") == Default(-1, "unset")
    assert trl.default("dpo", "max_prompt_length", "0.29.0") is None


@pytest.mark.parametrize(("section", "version"), [("grpo", "0.28.0"), ("rloo", "0.29.0"), ("kto", "0.27.0"), ("dpo", "0.29.0")])
def test_max_prompt_length_went_at_a_time_of_its_own_in_each_trainer(trl: KeyTable, section: str, version: str) -> None:
    status = trl.status(section, "max_prompt_length")
    assert isinstance(status, Removed)
    assert status.since == Release("trl", version)


def test_whether_warmup_ratio_is_valid_depends_on_transformers_not_on_trl(trl: KeyTable) -> None:
    assert isinstance(trl.status("dpo", "warmup_ratio", pair("1.16.0", "4.57.6")), Known)
    deprecated = trl.status("dpo", "warmup_ratio", pair("1.16.0", "5.14.0"))
    assert isinstance(deprecated, Deprecated)
    assert deprecated.since == Release("transformers", "5.0.0")
    renamed = trl.status("dpo", "warmup_ratio", pair("1.16.0", "5.15.0"))
    assert isinstance(renamed, Renamed)
    assert renamed.since == Release("transformers", "5.15.0")
    assert (renamed.change.new, renamed.change.safe) == ("warmup_steps", True)


def test_evaluation_strategy_is_eval_strategy_since_4_51(trl: KeyTable) -> None:
    status = trl.status("dpo", "evaluation_strategy")
    assert isinstance(status, Renamed)
    assert (status.change.new, status.change.safe, status.last) == ("eval_strategy", True, "4.50.0")
    assert isinstance(trl.status("dpo", "eval_strategy", pair("0.9.2", "4.40.0")), NotYet)


def test_a_class_that_stops_overriding_a_key_does_not_remove_it(trl: KeyTable) -> None:
    assert isinstance(trl.status("RewardConfig", "remove_unused_columns", "1.16.0"), Known)
    assert trl.default("RewardConfig", "remove_unused_columns", "0.23.1") == Default(False, "value")
    assert trl.default("RewardConfig", "remove_unused_columns", "0.24.0") == Default(True, "value")


def test_a_class_that_moved_to_experimental_still_exists(trl: KeyTable) -> None:
    assert isinstance(trl.section_status("ORPOConfig"), Known)
    assert (trl.module("ORPOConfig", "0.28.0"), trl.module("ORPOConfig")) == ("trl.trainer", "trl.experimental.orpo")
    gone = trl.section_status("PPOConfig")
    assert isinstance(gone, Removed)
    assert gone.last == "1.12.0"
    assert isinstance(trl.section_status("GRPOConfig", "0.13.0"), NotYet)


def test_a_key_of_another_release_is_not_a_misspelling(trl: KeyTable) -> None:
    status = trl.status("grpo", "num_generations_eval", "0.20.0")
    assert status == NotYet(Release("trl", "0.26.0"))


@pytest.mark.parametrize(("word", "meant"), [("learning_rte", "learning_rate"), ("learning-rate", "learning_rate"), ("Beta", "beta")])
def test_a_misspelt_key_names_the_one_that_is_meant(trl: KeyTable, word: str, meant: str) -> None:
    status = trl.status("dpo", word)
    assert isinstance(status, UnknownKey)
    assert trl.alike("dpo", word)[0] == meant


def test_a_key_of_another_method_says_whose_it_is(trl: KeyTable) -> None:
    status = trl.status("dpo", "num_generations")
    assert isinstance(status, UnknownKey)
    assert "GRPOConfig" in status.elsewhere
    assert "DPOConfig" not in status.elsewhere


def test_peft_keys_stand_in_the_same_file_but_not_in_the_trainers_class(trl: KeyTable) -> None:
    assert isinstance(trl.status("dpo", "lora_r"), Known)
    assert isinstance(trl.status("DPOConfig", "lora_r"), UnknownKey)


def test_torch_dtype_was_deprecated_at_0_23_and_renamed_at_0_27(trl: KeyTable) -> None:
    assert isinstance(trl.status("dpo", "torch_dtype", "0.22.2"), Known)
    assert isinstance(trl.status("dpo", "torch_dtype", "0.23.0"), Deprecated)
    status = trl.status("dpo", "torch_dtype", "0.27.0")
    assert isinstance(status, Renamed)
    assert status.change.new == "dtype"


def test_a_rename_whose_new_name_comes_later_is_a_removal_in_between(trl: KeyTable) -> None:
    assert isinstance(trl.status("grpo", "vllm_max_model_len", "0.20.0"), Removed)
    assert isinstance(trl.status("grpo", "vllm_max_model_len", "0.26.0"), Renamed)


def test_losses_of_dpo_by_release(trl: KeyTable) -> None:
    def losses(version: str) -> set[object]:
        choices = trl.choices("DPOConfig", "loss_type", version)
        assert choices is not None
        assert choices.checked == "step"
        return set(choices.values)

    assert "kto_pair" in losses("0.9.4")
    assert "kto_pair" not in losses("0.9.6")
    assert losses("0.28.0") >= {"aot_pair", "aot_unpaired"}
    assert losses("0.29.0") & {"aot_pair", "aot_unpaired"} == {"aot_unpaired"}


def test_an_outdated_value_is_marked_though_it_is_taken(trl: KeyTable) -> None:
    assert trl.choices("DPOConfig", "truncation_mode") == Choices(("keep_start", "keep_end"), "step", ("keep_end",))
    assert trl.choices("DPOConfig", "truncation_mode", "1.0.0") == Choices(("keep_start", "keep_end"), "step", ())


def test_values_that_are_worked_out_from_others(trl: KeyTable) -> None:
    [rule] = trl.derived("dpo", "bf16")
    assert (rule.given, rule.value) == (None, "not fp16")
    assert trl.derived("dpo", "bf16", "0.18.2") == ()
    assert trl.default("dpo", "optim") == Default(None, "computed")


def test_a_change_of_meaning_is_told(trl: KeyTable) -> None:
    [change] = [change for change in trl.changes("dpo", "label_smoothing") if change.kind == "meaning"]
    assert change.version == "0.29.0"


def test_what_happens_to_unknown_keys_depends_on_the_release(trl: KeyTable) -> None:
    assert [trl.unknown_keys(version) for version in ("0.12.2", "0.13.0", "0.18.2", "0.19.0")] == ["error", "ignored", "ignored", "error"]
    assert load_keys("axolotl").unknown_keys() == "ignored"


def test_a_file_is_dated_by_its_keys(trl: KeyTable) -> None:
    found = trl.versions_for("dpo", ["max_prompt_length", "torch_dtype", "warmup_ratio", "evaluation_strategy", "beta", "no_such_key"])
    assert found == {"trl": Range("0.9.2", "0.26.2"), "transformers": Range("4.40.0", "4.50.0")}
    assert trl.versions_for("grpo", ["importance_sampling_level", "vllm_device"]) is None


def test_transformers_is_the_newest_that_the_release_of_trl_asks_for(trl: KeyTable) -> None:
    assert trl.requires("transformers", "0.12.2") == "<4.47.0"
    assert isinstance(trl.status("dpo", "overwrite_output_dir", "0.12.2"), Known)
    assert isinstance(trl.status("dpo", "overwrite_output_dir", "0.13.0"), Removed)


@pytest.mark.parametrize(
    ("framework", "section", "old", "new"),
    [
        ("openrlhf", "train_ppo_ray", "init_kl_coef", "algo.kl.init_coef"),
        ("openrlhf", "train_ppo_ray", "actor_learning_rate", "actor.adam.lr"),
        ("openrlhf", "train_dpo", "learning_rate", "adam.lr"),
        ("openrlhf", "train_dpo", "beta", "model.beta"),
        ("ms-swift", "rlhf", "train_type", "tuner_type"),
        ("llamafactory", "train", "dpo_beta", "pref_beta"),
        ("prime-rl", "orchestrator", "rollouts_per_example", "group_size"),
    ],
)
def test_renames_of_other_frameworks(framework: str, section: str, old: str, new: str) -> None:
    table = load_keys(framework)
    status = table.status(section, old)
    assert isinstance(status, Renamed)
    assert status.change.new == new
    assert status.change.safe
    assert isinstance(table.status(section, new), Known)


def test_openrlhf_gives_actor_and_critic_their_own_optimizer_defaults() -> None:
    table = load_keys("openrlhf")
    assert table.default("train_ppo_ray", "actor.adam.lr") == Default(1e-06, "value")
    assert table.default("train_ppo_ray", "critic.adam.lr") == Default(9e-06, "value")


def test_axolotl_warns_of_dpo_beta_and_nests_the_rest() -> None:
    table = load_keys("axolotl")
    status = table.status("config", "dpo_beta")
    assert isinstance(status, Deprecated)
    assert status.change is not None
    assert status.change.new == "rl_beta"
    assert isinstance(table.status("config", "trl.beta"), Known)
    assert isinstance(table.status("config", "datasets[0].path"), Known)
    plugin = table.status("config", "kd_alpha")
    assert isinstance(plugin, Known)
    assert plugin.plugin == "kd"
    misspelt = table.status("config", "trl.betta")
    assert isinstance(misspelt, UnknownKey)
    assert table.alike("config", "trl.betta") == ("trl.beta",)


def test_llamafactory_takes_the_keys_of_transformers_too() -> None:
    table = load_keys("llamafactory")
    assert isinstance(table.status("train", "learning_rate"), Known)
    assert table.default("train", "cutoff_len", "0.9.0") == Default(1024, "value")
    assert table.default("train", "cutoff_len", "0.9.1") == Default(2048, "value")
    assert isinstance(table.status("train", "warmup_ratio", "0.9.5"), Deprecated), "transformers up to 5.6 still reads it"


def test_verl_values_and_misspellings_at_depth() -> None:
    table = load_keys("verl")
    assert table.default("ppo", "actor_rollout_ref.actor.optim.lr") == Default(1e-06, "value")
    assert table.default("ppo_trainer", "actor_rollout_ref.actor.entropy_coeff", "0.3.0.post1") == Default(0.001, "value")
    assert table.default("ppo_trainer", "actor_rollout_ref.actor.entropy_coeff") == Default(0, "value")
    status = table.status("ppo", "actor_rollout_ref.rollout.temprature")
    assert isinstance(status, UnknownKey)
    assert table.alike("ppo", "actor_rollout_ref.rollout.temprature")[0] == "actor_rollout_ref.rollout.temperature"


def test_nothing_is_said_of_names_inside_a_free_mapping() -> None:
    assert load_keys("trl").status("dpo", "model_init_kwargs.use_kernels") == Known(free=True)
    assert load_keys("torchtune").status("lora_dpo_distributed", "loss.beta") == Known(free=True)


def test_a_component_of_torchtune_is_a_section() -> None:
    table = load_keys("torchtune")
    assert table.default("torchtune.rlhf.loss.DPOLoss", "beta") == Default(0.1, "value")
    assert table.default("lora_dpo_distributed", "epochs") == Default(None, "required")


def test_what_the_reader_got_wrong_is_an_input_error(trl: KeyTable) -> None:
    for wrong in (lambda: load_keys("trel"), lambda: trl.status("dpo2", "beta"), lambda: trl.status("dpo", "beta", "latest")):
        with pytest.raises(InputError):
            wrong()


@given(st.sampled_from(["trl", "axolotl", "verl", "torchtune"]), st.text(alphabet="abl_-.[]0*+ \u00e9", max_size=30))
def test_any_text_at_all_may_be_asked_about(framework: str, key: str) -> None:
    table = load_keys(framework)
    for section in (None, table.sections[0]):
        assert table.status(section, key)
        table.default(section, key)
        table.choices(section, key)


@pytest.mark.parametrize("framework", ["trl", "transformers", "llamafactory", "ms-swift", "openrlhf", "prime-rl"])
def test_every_key_that_is_listed_is_there(framework: str) -> None:
    table = load_keys(framework)
    for section in table.sections:
        for key in table.keys(section, table.versions[len(table.versions) // 2]):
            status = table.status(section, key, table.versions[len(table.versions) // 2])
            assert isinstance(status, Known | Deprecated), (section, key, status)
