from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.source.document import Document, Mapping, Node, Scalar, Sequence, Unresolved, Value
from advisor.source.shell_source import read_shell


def read(text: str) -> Document:
    return read_shell("run.sh", text)


def data(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {entry.key: data(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else f"<{node.text}>"


def settings(text: str) -> dict[str, Any]:
    return data(read(text).root)  # type: ignore[no-any-return]


def found(document: Document, *path: str) -> Value:
    return next(value for value in document.values.values() if value.path == path)


def written(document: Document, *path: str) -> str:
    start, end = found(document, *path).node.span
    return document.text[start:end]


def reason(document: Document, *path: str) -> str:
    node = found(document, *path).node
    assert isinstance(node, Unresolved), node
    return node.reason


SCRIPT = """\
#!/bin/bash
# über alles
source models/qwen.sh
LR=${LR:-1e-6}
rate="5e-7"
N=4; MICRO=2
BATCH=$((N * MICRO * 2))
export WANDB_MODE=offline
GRPO_ARGS=(
  --advantage-estimator grpo
  # --gone 1
  --eps-clip 0.2   # clip
  --kl ${KL:-0.001}
)
OPTS="--seed 1 --note x"
pip install --no-deps -U trl
CUDA_VISIBLE_DEVICES=0,1 accelerate launch --config_file a.yaml --multi_gpu --num_processes=$N scripts/train.py "${GRPO_ARGS[@]}" \\
  --learning_rate $LR --rate="$rate" --batch $BATCH --beta 0.1 --beta 0.2 \\
  --name "run-$N" --model ${1} --path $HOME/x --neg -1 --bf16 \\
  --when $(date) --funcs a b 'c d' --esc a\\ b $OPTS \\
  +trainer.x=1 ++a.b='[1, 2]' ~c.d actor.lr=$rate $EXTRA_ARGS "$@" 2>&1 | tee log.txt
"""


def test_a_launch_script() -> None:
    document = read(SCRIPT)
    assert data(document.root) == {
        "advantage-estimator": "grpo",
        "eps-clip": 0.2,
        "kl": 0.001,
        "learning_rate": 1e-6,
        "rate": 5e-7,
        "batch": 16,
        "beta": 0.2,
        "name": "run-4",
        "model": "<${1}>",
        "path": "<$HOME/x>",
        "neg": -1,
        "bf16": True,
        "when": "<$(date)>",
        "funcs": ["a", "b", "c d"],
        "esc": "a b",
        "seed": 1,
        "note": "x",
        "trainer.x": 1,
        "a.b": "[1, 2]",
        "c.d": "<~c.d>",
        "actor.lr": 5e-7,
        "launcher": {"config_file": "a.yaml", "multi_gpu": True, "num_processes": 4},
        "env": {"WANDB_MODE": "offline", "CUDA_VISIBLE_DEVICES": "0,1"},
    }
    assert document.calls == ("source", "pip", "accelerate launch", "scripts/train.py", "tee")
    assert [comment.text for comment in document.comments] == ["#!/bin/bash", "# über alles", "# --gone 1", "# clip"]


def test_a_span_is_the_literal_that_feeds_the_value() -> None:
    document = read(SCRIPT)
    expected = {
        "eps-clip": ("0.2", 12),
        "kl": ("0.001", 13),
        "learning_rate": ("1e-6", 4),
        "rate": ('"5e-7"', 5),
        "actor.lr": ('"5e-7"', 5),
        "batch": ("$((N * MICRO * 2))", 7),
        "name": ('"run-$N"', 19),
        "seed": ("1", 15),
        "esc": ("a\\ b", 20),
        "a.b": ("'[1, 2]'", 21),
        "funcs": ("a b 'c d'", 20),
        "bf16": ("", 19),
    }
    for key, (text, line) in expected.items():
        assert written(document, key) == text, key
        assert document.position(found(document, key).node.span.start).line == line, key
    start, end = found(document, "actor.lr").entry.key_span
    assert document.text[start:end] == "actor.lr"
    start, end = found(document, "learning_rate").entry.key_span
    assert (document.text[start:end], document.position(start)) == ("learning_rate", (18, 5))


def test_defaults_and_computed_values_are_marked() -> None:
    document = read(SCRIPT)
    assert {key for key, value in document.values.items() if value.entry.default} == {"kl", "learning_rate"}
    assert {key for key, value in document.values.items() if value.entry.shared == "computed"} == {"batch", "name"}


def test_what_is_not_known_says_why() -> None:
    document = read(SCRIPT)
    assert reason(document, "model") == "the positional parameter $1"
    assert reason(document, "path") == "HOME is set nowhere in this file"
    assert reason(document, "when") == "the output of a command substitution"
    assert reason(document, "c.d") == "deleted by ~"
    assert document.warnings == (
        "line 3: what models/qwen.sh sets is not read",
        "line 21: $EXTRA_ARGS may add arguments: EXTRA_ARGS is set nowhere in this file",
        'line 21: the caller may add or change arguments ("$@")',
    )


def test_a_repeated_flag_is_recorded_and_the_last_counts() -> None:
    document = read(SCRIPT)
    (duplicate,) = document.duplicates
    assert duplicate.path == ("beta",)
    assert [document.text[span.start : span.end] for span in (duplicate.first, duplicate.last)] == ["beta", "beta"]
    assert duplicate.first.end < duplicate.last.start


@pytest.mark.parametrize(
    ("command", "calls", "arguments", "launcher"),
    [
        ("python -u -m verl.trainer.main_ppo a.b=1", ("verl.trainer.main_ppo",), {"a.b": 1}, {}),
        ("torchrun --nproc_per_node 8 --standalone t.py --x 1", ("torchrun", "t.py"), {"x": 1}, {"nproc_per_node": 8, "standalone": True}),
        ("python -m torch.distributed.run --nnodes=2 t.py --x 1", ("torch.distributed.run", "t.py"), {"x": 1}, {"nnodes": 2}),
        ("deepspeed --module openrlhf.cli.train_dpo --x 1", ("deepspeed", "openrlhf.cli.train_dpo"), {"x": 1}, {}),
        ("deepspeed --num_gpus 7 --module a.b --x 1", ("deepspeed", "a.b"), {"x": 1}, {"num_gpus": 7}),
        ("swift rlhf --rlhf_type grpo", ("swift rlhf",), {"rlhf_type": "grpo"}, {}),
        ("llamafactory-cli train x.yaml lr=1", ("llamafactory-cli train",), {"lr": 1}, {}),
        (
            "tune run --nproc_per_node 2 lora --config a b=2 c.d=3",
            ("tune run", "lora"),
            {"config": "a", "b": 2, "c.d": 3},
            {"nproc_per_node": 2},
        ),
        ("nohup uv run python t.py --x 1", ("nohup", "uv", "t.py"), {"x": 1}, {}),
        ("uv run rl @ a.toml --trainer.lr 1e-6", ("uv", "rl"), {"trainer.lr": 1e-6}, {}),
        ("ray job submit --address=u -- python3 -m a.b --x 1", ("ray", "a.b"), {"x": 1}, {}),
        ("srun -N 2 bash -c 'cd x && python t.py --x 1'", ("t.py",), {"x": 1}, {}),
        ('bash -c "python t.py \\\n  --x 1 --y \\"q\\" --z 2"', ("t.py",), {"x": 1, "y": '"q"', "z": 2}, {}),
        (
            r"uv run mason.py --env A=1 --env B=2 --gpus 8 -- source setup.sh \&\& torchrun --nnodes 2 dpo.py --beta 0.1",
            ("uv", "mason.py", "torchrun", "dpo.py"),
            {"beta": 0.1},
            {"env": "B=2", "gpus": 8, "nnodes": 2},
        ),
        ("python t.py config=x.yaml loss=dpo loss.beta=0.1", ("t.py",), {"config": "x.yaml", "loss": "dpo", "loss.beta": 0.1}, {}),
        ("python t.py --a '' --b=\"\" --c= --d", ("t.py",), {"a": None, "b": None, "c": None, "d": True}, {}),
        ("python t.py --a 1 >log --b 2 2>/dev/null", ("t.py",), {"a": 1, "b": 2}, {}),
        ("python t.py -m 5 '--lr=5e-7' \"--beta=0.1\"", ("t.py",), {"m": 5, "lr": 5e-7, "beta": 0.1}, {}),
    ],
)
def test_commands_are_taken_apart(command: str, calls: tuple[str, ...], arguments: dict[str, Any], launcher: dict[str, Any]) -> None:
    document = read(command + "\n")
    assert document.calls == calls
    expected = {**arguments, **({"launcher": launcher} if launcher else {})}
    assert data(document.root) == expected


def test_quotes_around_a_flag_and_its_value_are_not_part_of_the_value() -> None:
    document = read('python t.py \'--lr=5e-7\' a.b="x y" --c="z"\n')
    assert [written(document, "lr"), written(document, "a.b"), written(document, "c")] == ["5e-7", '"x y"', '"z"']


def test_the_command_with_most_settings_trains() -> None:
    text = "trl vllm-serve --model a --tp 8 --x 1 --y 2 --z 3 &\npython prepare.py --a 1\naccelerate launch t.py --lr 1 --b 2 --c 3\n"
    beside = {"model": "a", "tp": 8, "x": 1, "y": 2, "z": 3}
    assert settings(text) == {"lr": 1, "b": 2, "c": 3, "background": beside}
    assert settings("python a.py --lr 1\npython b.py --lr 2\n") == {"lr": 2}
    assert settings("nohup python a.py --lr 1 --b 2 &\n") == {"lr": 1, "b": 2}
    assert settings("echo --lr 1\n") == {}


@pytest.mark.parametrize("between", ["  # --gone 1 \\\n", "\n", "  # note\n"])
def test_a_broken_continuation_loses_the_flags_below_and_is_told(between: str) -> None:
    document = read(f"python t.py --a 1 --b 2 \\\n{between}  --c 3 \\\n  --d 4\n")
    assert data(document.root) == {"a": 1, "b": 2}
    (warning,) = document.warnings
    assert warning.startswith("line 3: --c and what follows is not passed")
    assert ("comment" in warning) == ("#" in between)


def test_here_documents_and_texts_that_hold_a_command() -> None:
    text = "read -r -d '' cmd <<EOF\nopenrlhf.cli.train_dpo \\\n  --beta ${B:-0.1} \\\n  --lr 5e-7\nEOF\n"
    text += "if true; then\n  deepspeed --module $cmd\nfi\n"
    document = read(text)
    assert data(document.root) == {"beta": 0.1, "lr": 5e-7}
    assert written(document, "beta") == "0.1"
    assert document.calls[-1] == "openrlhf.cli.train_dpo"
    text = 'CMD="python3 -u t.py \\\n  --beta 0.1 --opt \'a b\'"\nCMD="$CMD --lr 5e-7"\neval "$CMD --steps 3"\n'
    document = read(text)
    assert data(document.root) == {"beta": 0.1, "opt": "a b", "lr": 5e-7, "steps": 3}
    assert [written(document, key) for key in ("beta", "opt", "lr", "steps")] == ["0.1", "'a b'", "5e-7", "3"]


def test_arrays_and_texts_grow() -> None:
    assert settings('cmd=(python t.py --lr 5e-7)\ncmd+=(--beta 0.2)\n"${cmd[@]}" --steps 3\n') == {"lr": 5e-7, "beta": 0.2, "steps": 3}
    assert settings('A="--x 1"\nA+=" --y 2"\npython t.py $A\n') == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("for s in 1 2; do python t.py --x $s --y 1; done", "the loop variable s"),
        ("if a; then X=1; else X=2; fi\npython t.py --x $X", "X is set under a condition"),
        ("X=1\nif a; then X=2; fi\npython t.py --x $X", "X is set under a condition"),
        ("X=$(cat f)\npython t.py --x $X", "the output of a command substitution"),
        ("X=$((Y * 2))\npython t.py --x $X", "arithmetic over values that are not known"),
        ("X=a/b\npython t.py --x ${X##*/}", "a changed copy of a variable"),
        ("python t.py --x ${Y:+1}", "it depends on whether Y is set"),
        ("python t.py --x $$", "the special parameter $$"),
        ("X=abc\n" + "X=$X$X\n" * 40 + "python t.py --x $X", "a value too long to be a setting"),
        ("X=1\n" + 'X+=" --y 1"\n' * 9000 + "python t.py --x $X", "a value too long to be a setting"),
        ("f() { python t.py --x $1; }\nf 3", "the positional parameter $1"),
    ],
)
def test_variables_without_one_value(text: str, words: str) -> None:
    assert reason(read(text + "\n"), "x") == words


@pytest.mark.parametrize(
    ("text", "value", "default"),
    [
        ("X=1\nX=2\npython t.py --x $X", 2, False),
        ("for X in 5; do python t.py --x $X; done", 5, False),
        ('if [ -z "$X" ]; then X=3; fi\npython t.py --x $X', 3, True),
        (': "${X:=4}"\npython t.py --x $X', 4, True),
        ("X=${1:-6}\npython t.py --x $X", 6, True),
        ("X=${A:-${B:-7}}\npython t.py --x $X", 7, True),
        ("N=${N:-8}\nX=$(( (N + 2) * 3 / 4 - 1 ))\npython t.py --x $X", 6, True),
        ("X=$(( -7 / 2 ))\npython t.py --x $X", -3, False),
        ("f() { local X=9; python t.py --x $X; }\nf", 9, False),
        ("X=1 Y=2\npython t.py --x ${X}${Y}", 12, False),
        ('python t.py --x ${X:-"a b"}', "a b", True),
    ],
)
def test_variables_with_a_value(text: str, value: object, default: bool) -> None:
    document = read(text + "\n")
    assert data(document.root)["x"] == value
    assert found(document, "x").entry.default == default


def test_arrays_of_arrays_cannot_grow_without_end() -> None:
    assert settings("A=(1 2 3)\n" + 'A=("${A[@]}" "${A[@]}")\n' * 40 + 'python t.py --x 1 --y "${A[@]}"\n') == {"x": 1, "y": '<"${A[@]}">'}
    document = read("A=(" + "1 " * 400 + ")\npython t.py --x" + ' "${A[@]}"' * 20_000)
    assert len(document.text) > 200_000


def test_windows_newlines_and_astral_characters_keep_the_spans() -> None:
    document = read("# \U0001f600\r\nLR=5e-7\r\npython t.py --n 'ж\U0001f600' \\\r\n  --lr $LR --b 0.1\r\n")
    assert data(document.root) == {"n": "ж\U0001f600", "lr": 5e-7, "b": 0.1}
    assert [written(document, key) for key in ("n", "lr", "b")] == ["'ж\U0001f600'", "5e-7", "0.1"]
    assert document.comments[0].text == "# \U0001f600"


def test_what_no_shell_takes_is_a_warning() -> None:
    document = read("python t.py --a 1\nif then fi ((\n")
    assert any("no shell syntax" in warning for warning in document.warnings)


@pytest.mark.parametrize("text", ["( " * 300 + "a" + " )" * 300, "x=1\n" * 300_000])
def test_what_is_too_large_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.kind == "too-large"


@given(st.text("a=$\"'\\`{}()[]<>|&;#@*~ \n\t1-+:/", max_size=30))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    for whole in (text, "python t.py --a 1 " + text, 'X="' + text + '"\npython t.py --x $X ${Y:-' + text):
        document = read(whole)
        assert all(0 <= value.node.span.start <= value.node.span.end <= len(whole) for value in document.values.values())


_VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8).filter(lambda text: not text.startswith("-"))


@given(st.dictionaries(st.sampled_from(["lr", "beta", "max_length", "n"]), _VALUES, min_size=1), st.sampled_from([" ", "="]))
def test_quoted_values_are_read_back(flags: dict[str, str], separator: str) -> None:
    text = "python t.py " + " \\\n  ".join(f"--{key}{separator}{shlex.quote(value)}" for key, value in flags.items()) + "\n"
    document = read(text)
    for key, value in flags.items():
        node = found(document, key).node
        assert isinstance(node, Scalar)
        assert node.value == value or not isinstance(node.value, str)
        assert shlex.split(text[node.span.start : node.span.end]) == [value]


def test_output_sent_through_a_process_ends_the_arguments() -> None:
    text = "deepspeed train.py --seed 42 --bf16 1 \\\n  > >(tee ${log_dir}/train.log) \\\n  2> >(tee ${log_dir}/train.err >&2)\n"
    assert settings(text) == {"seed": 42, "bf16": 1}
    assert settings("python train.py --data <(zcat a.gz) --lr 1e-4\n") == {"data": "<<(zcat a.gz)>", "lr": 1e-4}


def test_a_comment_between_the_lines_of_a_command() -> None:
    text = "python train.py \\\n  --lr 5e-7 \\\n  \\\n  `# fewer answers` \\\n  --num_generations 4\n\necho done\n"
    assert settings(text) == {"lr": 5e-7, "num_generations": 4}
    assert written(read(text), "num_generations") == "4"


def test_of_several_jobs_the_one_that_trains_counts() -> None:
    text = "python merge_lora.py --base a --adapter b --out c --dtype bf16\npython train_dpo.py --lr 1e-6 --beta 0.1 --epochs 1\n"
    served = "vllm serve m --port 1 --max-model-len 4096 --dtype bf16 --seed 1\n"
    assert settings(text) == {"lr": 1e-6, "beta": 0.1, "epochs": 1}
    assert settings(served + text) == {"lr": 1e-6, "beta": 0.1, "epochs": 1}
    assert settings("python evaluate.py --model a --beams 4 --seed 1\n") == {"model": "a", "beams": 4, "seed": 1}
    assert settings("python train_generation.py --lr 1 --a 1 --b 2\npython other.py --x 1 --y 2 --z 3 --w 4\n").keys() == {
        "x",
        "y",
        "z",
        "w",
    }
