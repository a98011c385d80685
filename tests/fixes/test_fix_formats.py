"""JSON, TOML, Python and shell before and after, both written by hand."""

import pytest

from advisor.fixes.edit import Edit, Spliced
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.source.reading import read


def spliced(path: str, before: str, *edits: Edit) -> Spliced:
    """The result, checked. Splicing again has to change nothing."""
    document = read(path, before.encode())
    result = splice(document, edits)
    verify(document, result)
    assert splice(read(path, result.text.encode()), edits).text == result.text
    return result


def reasons(path: str, before: str, *edits: Edit) -> list[str]:
    result = spliced(path, before, *edits)
    return [refused.reason for refused in result.refused]


JSON = '{\n  "lr": 5e-7,\n  "optim": {"name": "adamw", "w": 0},\n  "betas": [0.9, 0.99],\n  "bf16": false\n}'


def test_json_has_no_comments() -> None:
    edits = (
        Edit("set", "lr", 5e-6, because="low", rule="LRN102"),
        Edit("set", "optim.name", "lion", rule="R1"),
        Edit("rename", "optim.w", new_key="weight_decay", rule="R1"),
        Edit("set", "bf16", True, rule="R1"),
        Edit("set", "betas", (0.9, 0.95), rule="R1"),
    )
    assert spliced("c.json", JSON, *edits).text == (
        '{\n  "lr": 5.0e-6,\n  "optim": {"name": "lion", "weight_decay": 0},\n  "betas": [0.9, 0.95],\n  "bf16": true\n}'
    )


def test_json_members_come_and_go_with_their_commas() -> None:
    edits = (
        Edit("insert", "seed", 42),
        Edit("insert", "tag", None, beside="lr"),
        Edit("insert", "optim.eps", 1e-8),
        Edit("delete", "betas"),
        Edit("delete", "bf16"),
    )
    assert spliced("c.json", JSON, *edits).text == (
        '{\n  "lr": 5e-7,\n  "tag": null,\n  "optim": {"name": "adamw", "w": 0, "eps": 1.0e-8},\n  "seed": 42\n}'
    )


def test_json_on_one_line() -> None:
    assert spliced("c.json", '{"a": 1}', Edit("insert", "b", "x"), Edit("set", "a", 2)).text == '{"a": 2, "b": "x"}'
    assert "shares its lines" in reasons("c.json", '{"a": 1, "b": 2}', Edit("delete", "a"))[0]


TOML = (
    "name = 'x'   # run\nlr = 5e-07\n\n[train]\nbeta=0.1\nopt = { lr = 1e-6 }\nold = 3\n\n[train.data]\nfiles = [\n  'a', # one\n  'b'\n]\n"
)


def test_toml() -> None:
    edits = (
        Edit("set", "lr", 5e-6, because="low", rule="LRN102"),
        Edit("set", "name", "y", rule="R1"),
        Edit("set", "train.beta", 0.05, rule="R1"),
        Edit("insert", "seed", 42, rule="R1"),
        Edit("insert", "train.epochs", 1, because="not set", rule="R1"),
        Edit("insert", "train.opt.eps", 1e-8, rule="R1"),
        Edit("delete", "train.old"),
        Edit("set", "train.data.files", ("a", "c"), rule="R1"),
    )
    assert spliced("c.toml", TOML, *edits).text == (
        "name = 'y'   # was 'x' [R1]; run\nlr = 5.0e-6  # was 5e-07: low [LRN102]\nseed = 42  # added [R1]\n\n"
        "[train]\nbeta=0.05  # was 0.1 [R1]\nopt = { lr = 1e-6, eps = 1.0e-8 }  # eps added [R1]\nepochs = 1  # added: not set [R1]\n\n"
        "[train.data]\nfiles = [\n  'a', # one\n  'c'  # files was 'b' [R1]\n]\n"
    )


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit("set", "lr", None), "TOML has no empty value"),
        (Edit("rename", "train", new_key="t"), "not written as a plain key"),
        (Edit("delete", "train"), "shares its lines"),
        (Edit("insert", "model.name", "x"), "needs 'model'"),
        (Edit("insert", "top.x", "x"), "holds no key: value pairs"),
    ],
)
def test_toml_refused(edit: Edit, reason: str) -> None:
    assert reason in reasons("c.toml", "lr = 1\ntop = 'x'\n[train]\na = 1\n", edit)[0]


def test_a_name_that_is_assigned_with_another_is_not_deleted_with_it() -> None:
    assert "shares its lines with other keys" in reasons("c.py", "beta = gamma = 0.1\nlr = 1\n", Edit("delete", "beta"))[0]


def test_quotes_in_a_script_that_cannot_be_followed_are_left_alone() -> None:
    broken = 'echo )""\npython -m trl.scripts.dpo \\\n  --beta 0.1 \\\n  --output_dir "out"\n'
    assert "syntax that cannot be followed" in reasons("c.sh", broken, Edit("set", "output_dir", "other"))[0]
    assert "stands nowhere" in reasons("c.sh", 'python t.py "beta"=\n', Edit("set", "beta", 1))[0]
    assert "--beta 0.2 \\\n" in spliced("c.sh", broken, Edit("set", "beta", 0.2)).text


PYTHON = """from trl import DPOConfig

LR = 5e-7
BATCH = 8
STEPS = 512 // BATCH

args = DPOConfig(
    learning_rate=LR,  # from above
    beta=0.1,
    evaluation_strategy="steps",
    bf16=False,
    max_steps=STEPS,
    loss_type=["sigmoid"],
    output_dir='out'
)
trainer = DPOTrainer(args=args, seed=(1))
model = AutoModel.from_pretrained("org/model")
"""


def test_python() -> None:
    edits = (
        Edit("set", "DPOConfig.learning_rate", 5e-6, because="low", rule="LRN102"),
        Edit("set", "DPOConfig.beta", 0.05, because="weak", rule="DPO1"),
        Edit("rename", "DPOConfig.evaluation_strategy", new_key="eval_strategy", because="renamed", rule="KEY101"),
        Edit("set", "DPOConfig.bf16", True, rule="R1"),
        Edit("insert", "DPOConfig.max_length", 1024, because="not set", rule="LEN1"),
        Edit("set", "DPOConfig.output_dir", "new", rule="R1"),
        Edit("insert", "SEED", 42, rule="R1", beside="LR"),
        Edit("insert", "DPOTrainer.tag", None, rule="R1"),
    )
    result = spliced("train.py", PYTHON, *edits)
    assert (
        result.text
        == """from trl import DPOConfig

LR = 5e-6  # learning_rate was 5e-7: low [LRN102]
SEED = 42  # added [R1]
BATCH = 8
STEPS = 512 // BATCH

args = DPOConfig(
    learning_rate=LR,  # from above
    beta=0.05,  # was 0.1: weak [DPO1]
    eval_strategy="steps",  # was evaluation_strategy: renamed [KEY101]
    bf16=True,  # was False [R1]
    max_steps=STEPS,
    loss_type=["sigmoid"],
    output_dir='new',  # was 'out' [R1]
    max_length=1024,  # added: not set [LEN1]
)
trainer = DPOTrainer(args=args, tag=None, seed=(1))  # tag added [R1]
model = AutoModel.from_pretrained("org/model")
"""
    )
    assert result.refused == ()
    assert result.applied[0].also == ("LR",)


def test_python_arguments_are_deleted_with_their_lines() -> None:
    assert "bf16" not in spliced("train.py", PYTHON, Edit("delete", "DPOConfig.bf16")).text
    assert spliced("train.py", PYTHON, Edit("delete", "DPOConfig.output_dir")).text == PYTHON.replace("    output_dir='out'\n", "")


def test_python_fields_of_a_dataclass() -> None:
    before = "@dataclass\nclass TrainConfig:\n    lr: float = 5e-7\n    name: str = 'a'\n"
    result = spliced("train.py", before, Edit("set", "TrainConfig.lr", 5e-6, rule="R1"), Edit("insert", "TrainConfig.beta", 0.1, rule="R1"))
    assert result.text == (
        "@dataclass\nclass TrainConfig:\n    lr: float = 5e-6  # was 5e-7 [R1]\n    name: str = 'a'\n    beta: float = 0.1  # added [R1]\n"
    )


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit("set", "BATCH", 4), "feeds STEPS as well"),
        (Edit("set", "DPOConfig.max_steps", 4), "is computed"),
        (Edit("set", "DPOTrainer.args", 4), "not written as a plain value"),
        (Edit("delete", "LR"), "a name that the program uses"),
        (Edit("rename", "LR", new_key="RATE"), "a name that the program uses"),
        (Edit("set", "DPOConfig.beta", float("inf")), "cannot be written"),
        (Edit("insert", "DPOConfig.not-a-name", 1), "no name that Python takes"),
        (Edit("rename", "AutoModel.from_pretrained.0", new_key="name"), "no name of its own"),
    ],
)
def test_python_refused(edit: Edit, reason: str) -> None:
    found = reasons("train.py", PYTHON, edit)
    assert len(found) == 1
    assert reason in found[0]


NESTED = """from trl import DPOTrainer
trainer = DPOTrainer(
    peft_config=LoraConfig(r=8, lora_alpha=16),
    beta=0.1,
)
"""


def test_python_calls_inside_calls() -> None:
    edits = (
        Edit("set", "LoraConfig.r", 16, rule="R1"),
        Edit("insert", "LoraConfig.bias", "none", rule="R1"),
        Edit("rename", "DPOTrainer.peft_config", new_key="peft", rule="K1"),
        Edit("set", "DPOTrainer.beta", 0.2, rule="R1"),
    )
    assert spliced("train.py", NESTED, *edits).text == NESTED.replace(
        "peft_config=LoraConfig(r=8, lora_alpha=16),",
        'peft=LoraConfig(r=16, lora_alpha=16, bias="none"),  # r was 8 [R1]; bias added [R1]; was peft_config [K1]',
    ).replace("beta=0.1,", "beta=0.2,  # was 0.1 [R1]")
    assert "holds other settings" in reasons("train.py", NESTED, Edit("delete", "DPOTrainer.peft_config"))[0]
    assert "what takes settings" in reasons("train.py", NESTED, Edit("rename", "LoraConfig", new_key="X"))[0]


def test_python_lines_that_take_no_comment() -> None:
    before = 'args = DPOConfig(beta=0.1, tag="""a\nb""")\nx = DPOConfig(beta=0.1, \\\n    n=1)\n'
    found = reasons("train.py", before, Edit("set", "DPOConfig.beta", 0.05), Edit("set", "DPOConfig#2.beta", 0.05))
    assert [text.split(" ", 1)[1] for text in found] == ["stands on a line that no comment can follow"] * 2


SHELL = """#!/usr/bin/env bash
LR=5e-7
BETA=0.1; N=8  # mine

# train
if true; then
  python -m trl.scripts.dpo \\
    --model_name_or_path "org/model a" \\
    --learning_rate $LR \\
    --beta "${BETA}" \\
    --evaluation_strategy 'steps' \\
    --max_length '512' \\
    --bf16 \\
    --seed 8
fi
"""


def test_shell() -> None:
    edits = (
        Edit("set", "learning_rate", 5e-6, because="low", rule="LRN102"),
        Edit("set", "beta", 0.05, because="weak", rule="DPO1"),
        Edit("set", "max_length", 1024, because="short", rule="LEN1"),
        Edit("rename", "evaluation_strategy", new_key="eval_strategy", because="renamed", rule="KEY101"),
        Edit("set", "model_name_or_path", "org/b c", rule="R1"),
    )
    after = """#!/usr/bin/env bash
LR=5e-6  # learning_rate was 5e-7: low [LRN102]
BETA=0.05; N=8  # beta was 0.1: weak [DPO1]; mine

# train
if true; then
  # max_length was '512': short [LEN1]
  # was evaluation_strategy: renamed [KEY101]
  # model_name_or_path was "org/model a" [R1]
  python -m trl.scripts.dpo \\
    --model_name_or_path "org/b c" \\
    --learning_rate $LR \\
    --beta "${BETA}" \\
    --eval_strategy 'steps' \\
    --max_length '1024' \\
    --bf16 \\
    --seed 8
fi
"""
    assert spliced("run.sh", SHELL, *edits).text == after
    later = spliced("run.sh", after, Edit("set", "max_length", 2048, because="still short", rule="LEN1")).text
    assert later == (
        after.replace("  # max_length was '512': short [LEN1]\n", "")
        .replace("  python -m", "  # max_length was '1024': still short [LEN1]\n  python -m")
        .replace("--max_length '1024'", "--max_length '2048'")
    )


def test_shell_overrides() -> None:
    before = "python3 -m verl.trainer.main_ppo \\\n    actor.optim.lr=1e-6 \\\n    critic.optim.lr=1e-5 actor.use_kl_loss=True $@\n"
    edits = (
        Edit("set", "actor.optim.lr", 5e-6, because="low", rule="LRN1"),
        Edit("set", "critic.optim.lr", 5e-6, rule="LRN1"),
        Edit("rename", "actor.use_kl_loss", False, "kl_loss", "renamed", "K1"),
    )
    assert spliced("run.sh", before, *edits).text == (
        "# actor.optim.lr was 1e-6: low [LRN1]\n# critic.optim.lr was 1e-5 [LRN1]\n# was actor.use_kl_loss=True: renamed [K1]\n"
        "python3 -m verl.trainer.main_ppo \\\n    actor.optim.lr=5e-6 \\\n    critic.optim.lr=5e-6 actor.kl_loss=False $@\n"
    )


def test_shell_arguments_come_and_go_with_their_lines() -> None:
    before = "python train.py \\\n    --dead 1 \\\n    --lr=1e-6 \\\n    --beta 0.1\n"
    edits = (
        Edit("delete", "dead", rule="K1"),
        Edit("insert", "seed", 42, because="not set", rule="R1"),
        Edit("insert", "tag", "a b", rule="R1"),
        Edit("insert", "eps", 1e-8, rule="R1", beside="lr"),
    )
    assert spliced("run.sh", before, *edits).text == (
        "# seed added: not set [R1]\n# tag added [R1]\n# eps added [R1]\n"
        "python train.py \\\n    --lr=1e-6 \\\n    --eps=1e-8 \\\n    --beta 0.1 \\\n    --seed 42 \\\n    --tag 'a b'\n"
    )
    before = "ARGS=(\n   --dead\n   --lr 1e-6\n)\npython train.py ${ARGS[@]}\n"
    assert spliced("run.sh", before, Edit("delete", "dead"), Edit("insert", "n", 1, rule="R1")).text == (
        "ARGS=(\n   --lr 1e-6\n   --n 1  # added [R1]\n)\npython train.py ${ARGS[@]}\n"
    )
    before = "python -m main_ppo \\\n  actor.lr=1e-6 \\\n  +actor.x=1 $@\n"
    assert spliced("run.sh", before, Edit("insert", "actor.n", 1, rule="R1")).text == (
        "# actor.n added [R1]\npython -m main_ppo \\\n  actor.lr=1e-6 \\\n  actor.n=1 \\\n  +actor.x=1 $@\n"
    )


def test_shell_arrays_take_comments_in_their_lines() -> None:
    before = "ARGS=(\n   --advantage-estimator grpo\n   --lr 1e-6 # slow\n)\npython3 train.py ${ARGS[@]}\n"
    assert spliced("run.sh", before, Edit("set", "lr", 5e-6, because="low", rule="L1")).text == before.replace(
        "1e-6 # slow", "5e-6 # lr was 1e-6: low [L1]; slow"
    )


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit("set", "bf16", False), "a switch without a value"),
        (Edit("set", "seed", None), "cannot be made empty"),
        (Edit("insert", "env.SEED", 1), "no argument of the command"),
        (Edit("insert", "a b", 1), "no argument of the command"),
        (Edit("delete", "seed"), "last line"),
        (Edit("set", "seed", ("a", "b")), "a list cannot be written"),
        (Edit("set", "absent", 1), "not in the file"),
    ],
)
def test_shell_refused(edit: Edit, reason: str) -> None:
    assert reason in reasons("run.sh", SHELL, edit)[0]
