"""The configuration that verl prints when a run starts."""

from __future__ import annotations

from pathlib import Path
from pprint import pformat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.cli.entry import run
from advisor.history import read_history
from advisor.history.printed_settings import FOREIGN, LONGEST, PrintedSettings
from advisor.pipeline import lint_file

SETTINGS: dict[str, Any] = {
    "actor_rollout_ref": {
        "actor": {
            "kl_loss_coef": 0.02,
            "optim": {"lr": 2e-06, "weight_decay": 0.01},
            "ppo_mini_batch_size": 64,
            "use_kl_loss": True,
            "checkpoint": {"contents": ["model", "optimizer"]},
        },
        "model": {"path": "/home/some-person/models/policy-7b", "override_config": {}},
        "rollout": {"n": 8, "temperature": 0.9},
    },
    "algorithm": {"adv_estimator": "grpo", "kl_ctrl": {"kl_coef": 0.001}},
    "critic": {"optim": {"lr": 1e-05}},
    "data": {"train_batch_size": 256, "prompt_key": "a 'quoted' {brace"},
    "trainer": {"experiment_name": "autumn", "logger": ["console"], "wandb_api_key": "0123456789abcdef0123456789abcdef01234567"},
}
CONFIG = """\
set -x
python3 -m verl.trainer.main_ppo \\
    algorithm.adv_estimator=grpo \\
    data.train_batch_size=256 \\
    actor_rollout_ref.model.path=someone/policy-7b \\
    actor_rollout_ref.actor.optim.lr={rate} \\
    actor_rollout_ref.actor.ppo_mini_batch_size=64 \\
    actor_rollout_ref.actor.use_kl_loss=True \\
    actor_rollout_ref.actor.kl_loss_coef={kl} \\
    actor_rollout_ref.rollout.n=8 \\
    actor_rollout_ref.rollout.temperature=0.9 \\
    trainer.total_epochs=2
"""
ACTOR = "\x1b[36m(TaskRunner pid=4711)\x1b[0m "


def printed(settings: dict[str, Any], prefix: str = ACTOR) -> list[str]:
    return [prefix + line for line in pformat(settings).split("\n")]


def read(lines: list[str]) -> dict[str, Any]:
    reader = PrintedSettings(("actor_rollout_ref",))
    for line in lines:
        reader.line(line.replace("\x1b[36m", "").replace("\x1b[0m", ""))
    return dict(reader.values)


def log(folder: Path, settings: dict[str, Any] = SETTINGS) -> Path:
    lines = printed(settings)
    # A warning of the same process, and a line of another one, in the middle of it.
    lines[5:5] = [ACTOR + "No module named 'vllm._version'", ACTOR + "  from vllm.version import __version__", "(raylet) starting"]
    steps = [
        f"{ACTOR}step:{step} - actor/pg_loss:0.01 - actor/grad_norm:0.2 - critic/score/mean:{0.2 + 0.01 * step} - actor/kl_loss:0.001"
        for step in range(1, 16)
    ]
    path = folder / "console.log"
    path.write_text("\n".join([*lines, f"{ACTOR}Size of train dataloader: 15", *steps]) + "\n")
    return path


def test_every_scalar_is_read_under_its_dotted_key(tmp_path: Path) -> None:
    history = read_history(str(log(tmp_path)))
    config = history.logged_config
    assert config["actor_rollout_ref.actor.optim.lr"] == 2e-6 and config["critic.optim.lr"] == 1e-5
    assert config["actor_rollout_ref.actor.use_kl_loss"] is True
    assert config["data.prompt_key"] == "a 'quoted' {brace"
    assert history.step_count == 15 and history.events == ()


def test_places_people_and_secrets_of_it_are_left_out(tmp_path: Path) -> None:
    said = repr(read_history(str(log(tmp_path))).logged_config)
    assert "some-person" not in said and "0123456789abcdef" not in said


def test_a_history_of_another_configuration_says_so_and_its_changes_are_not_made_again(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    history = read_history(str(log(tmp_path)))
    script.write_text(CONFIG.format(rate="2e-6", kl="0.02"))
    same = lint_file(str(script), history=history)
    assert not any("the run logged" in one for one in same.assumptions)
    script.write_text(CONFIG.format(rate="5e-7", kl="0.02"))
    other = lint_file(str(script), history=history)
    # The critic's rate has the same last part and is none of the policy's.
    assert [one for one in other.assumptions if "the run logged" in one] == [
        "the run logged actor_rollout_ref.actor.optim.lr 2e-6, the file says 5e-7"
    ]


def test_the_method_of_a_history_alone_comes_from_it(tmp_path: Path, capsys: Any) -> None:
    assert run(["check", "--history", str(log(tmp_path)), "--output-format", "json"]) == 0
    assert '"method": "grpo"' in capsys.readouterr().out


def test_what_is_no_literal_is_not_evaluated() -> None:
    assert read(["{'actor_rollout_ref': __import__('os').getcwd()}"]) == {}
    assert read(["{'actor_rollout_ref': {'n': 2 ** 9},", " 'b': 3}"]) == {}
    assert read(["{'actor_rollout_ref': 1 + 1}"]) == {} and read(["{'actor_rollout_ref': 1 -1}"]) == {}
    assert read(["{'loss': 0.5, 'epoch': 1.0}"]) == {}


@pytest.mark.parametrize("operators", ["-", "1+", "not ", "1 if 1 else ", "a.", "9**", "lambda: ", "~", "(", "'' %"])
def test_deep_expressions_never_reach_the_parser(operators: str) -> None:
    lines = ["{'actor_rollout_ref': " + operators * (15_000 // len(operators)), *[" '' + " + operators * 2000] * 5, " ''}"]
    assert read(lines) == {}
    assert read([*lines, *printed({"actor_rollout_ref": {"n": -1, "a": 1e-05, "b": (1, "x")}}, "")]) == {
        "actor_rollout_ref.n": -1,
        "actor_rollout_ref.a": 1e-5,
    }


def test_bounds(tmp_path: Path) -> None:
    assert read(["{'actor_rollout_ref': " + "[" * 500 + "]" * 500 + "}"]) == {}
    assert read(["{'actor_rollout_ref': {'a': '" + "x" * LONGEST + "'}}"]) == {}
    unended = ["{'actor_rollout_ref': {'a': 1,", *["something else"] * (FOREIGN + 1), "  'b': 2}}"]
    assert read(unended) == {}
    assert read([*unended, *printed({"actor_rollout_ref": {"c": 3}}, "")]) == {"actor_rollout_ref.c": 3}


@given(
    st.dictionaries(
        st.text(max_size=12),
        st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text(max_size=200),
        max_size=6,
    )
)
def test_whatever_is_printed_is_read_back(inner: dict[str, Any]) -> None:
    expected = {f"actor_rollout_ref.{key}": value for key, value in inner.items()}
    assert read(printed({"actor_rollout_ref": inner, "z": 1})) == {**expected, "z": 1}
