from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.source.document import Document, Mapping, Node, Scalar, Sequence, Unresolved, Value
from advisor.source.python_source import read_python


def read(text: str) -> Document:
    return read_python("train.py", text)


def data(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {entry.key: data(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else f"<{node.text}>"


def found(document: Document, *path: str) -> Value:
    return next(value for value in document.values.values() if value.path == path)


def written(document: Document, *path: str) -> str:
    start, end = found(document, *path).node.span
    return document.text[start:end]


def reason(document: Document, *path: str) -> str:
    node = found(document, *path).node
    assert isinstance(node, Unresolved), node
    return node.reason


SCRIPT = '''\
"""Fine-tuning."""  # über
import torch
from trl import DPOConfig as Config, DPOTrainer

name = "Qwen/Qwen2.5-7B"
max_length: int = 2048
stops = ("a", 'b')
lr, betas = 5e-7, [0.9, 0.95]
tokens = 2 * 8 - max_length // 2
model = AutoModelForCausalLM.from_pretrained(name, torch_dtype=torch.bfloat16, device_map="auto")


def main(beta=0.1, *, steps=10, path=None):
    warmup = 40
    args = trl.DPOConfig(
        "out",
        learning_rate=lr,  # «#» "here"
        beta=beta,
        warmup_steps=warmup,
        max_prompt_length=max_length // 4,
        weight_decay=-0.1,
        bf16=torch.cuda.is_available(),
        run_name=f"run-{lr}",
        max_steps=steps if fast else 1,
        **extra,
    )
    return DPOTrainer(model=model, args=args, peft_config=LoraConfig(r=16), callbacks=[Callback(every=2)])


trainer = main()
trainer.train(resume=True)
again = LoraConfig(r=32)
'''


def test_a_training_script() -> None:
    document = read(SCRIPT)
    assert data(document.root) == {
        "name": "Qwen/Qwen2.5-7B",
        "max_length": 2048,
        "stops": ["a", "b"],
        "lr": 5e-7,
        "betas": [0.9, 0.95],
        "tokens": -1008,
        "AutoModelForCausalLM.from_pretrained": {"0": "Qwen/Qwen2.5-7B", "torch_dtype": "<torch.bfloat16>", "device_map": "auto"},
        "DPOConfig": {
            "0": "out",
            "learning_rate": 5e-7,
            "beta": 0.1,
            "warmup_steps": 40,
            "max_prompt_length": 512,
            "weight_decay": -0.1,
            "bf16": "<torch.cuda.is_available()>",
            "run_name": '<f"run-{lr}">',
            "max_steps": "<steps if fast else 1>",
            "**extra": "<**extra>",
        },
        "DPOTrainer": {"model": "<model>", "args": "<args>", "peft_config": "<LoraConfig(r=16)>", "callbacks": ["<Callback(every=2)>"]},
        "LoraConfig": {"r": 16},
        "Callback": {"every": 2},
        "LoraConfig#2": {"r": 32},
    }
    assert document.calls == (
        "AutoModelForCausalLM.from_pretrained",
        "trl.DPOConfig",
        "torch.cuda.is_available",
        "DPOTrainer",
        "LoraConfig",
        "Callback",
        "main",
        "trainer.train",
    )


def test_a_name_leads_to_the_literal_that_an_edit_would_change() -> None:
    document = read(SCRIPT)
    assert document.position(found(document, "DPOConfig", "learning_rate").node.span.start) == (8, 13)
    assert written(document, "DPOConfig", "learning_rate") == "5e-7"
    assert written(document, "DPOConfig", "warmup_steps") == "40"
    assert document.position(found(document, "DPOConfig", "warmup_steps").node.span.start) == (14, 14)
    assert document.position(found(document, "DPOConfig", "learning_rate").entry.key_span.start) == (17, 9)


def test_computed_values_and_defaults_are_marked() -> None:
    document = read(SCRIPT)
    marks = {path: (found(document, *path).entry.shared, found(document, *path).entry.default) for path in [("tokens",), ("lr",)]}
    assert marks == {("tokens",): ("computed", False), ("lr",): (None, False)}
    assert found(document, "DPOConfig", "max_prompt_length").entry.shared == "computed"
    assert found(document, "DPOConfig", "weight_decay").entry.shared is None
    assert found(document, "DPOConfig", "beta").entry.default
    assert written(document, "DPOConfig", "beta") == "0.1"


def test_reasons_say_why_a_value_is_unknown() -> None:
    document = read(SCRIPT)
    assert reason(document, "DPOConfig", "bf16") == "the result of a call"
    assert reason(document, "DPOConfig", "run_name") == "a formatted string"
    assert reason(document, "DPOConfig", "max_steps") == "a conditional expression"
    assert "unpacked" in reason(document, "DPOConfig", "**extra")
    assert reason(document, "AutoModelForCausalLM.from_pretrained", "torch_dtype") == "an attribute"


def test_lines_can_be_inserted_where_each_argument_has_its_own() -> None:
    document = read(SCRIPT)
    flow = {key: value.node.flow for key, value in document.values.items() if isinstance(value.node, Mapping)}
    assert flow["DPOConfig"] is False
    assert flow["LoraConfig"] is flow["DPOTrainer"] is True


def test_comments_and_columns_count_code_points() -> None:
    document = read(SCRIPT)
    assert [comment.text for comment in document.comments] == ["# über", '# «#» "here"']
    text = "π = '😀#'; lr = 5e-7 # ж\r\nx = DPOConfig(a='😀', beta=0.1)\r\n"
    document = read(text)
    assert written(document, "lr") == "5e-7"
    assert written(document, "DPOConfig", "beta") == "0.1"
    assert [comment.text for comment in document.comments] == ["# ж"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lr = 1\nlr = 2\nDPOConfig(x=lr)", "several places"),
        ("def f():\n    global lr\n    lr = 3\nlr = 1\nDPOConfig(x=lr)", "several places"),
        ("for lr in rates:\n    DPOConfig(x=lr)", "no constant"),
        ("from settings import lr\nDPOConfig(x=lr)", "no constant"),
        ("lr = 1\nlr += 1\nDPOConfig(x=lr)", "several places"),
        ("with open(f) as lr:\n    DPOConfig(x=lr)", "no constant"),
        ("DPOConfig(x=lr)", "assigned nowhere"),
        ("def f(lr):\n    DPOConfig(x=lr)", "a parameter"),
        ("def f(lr=1):\n    lr = 2\n    DPOConfig(x=lr)", "several places"),
        ("class A:\n    lr = 1\n    def f(self):\n        DPOConfig(x=lr)", "assigned nowhere"),
        ("lr = lr2\nlr2 = lr\nDPOConfig(x=lr)", "by itself"),
        ("a = [1]\na.append(2)\nDPOConfig(x=a)", "changed after"),
        ("lr = 2 ** 10000\nDPOConfig(x=lr)", "an expression"),
        ("lr = 1 / 0\nDPOConfig(x=lr)", "an expression"),
        ("lr = cfg['lr']\nDPOConfig(x=lr)", "an element"),
        ("x = b''\nDPOConfig(x=x)", "no setting"),
        ("".join(f"a{n} = a{n + 1}\n" for n in range(5000)) + "a5000 = 1\nDPOConfig(x=a1)", "too many names"),
        ("DPOConfig(x=" + "+".join(["1"] * 300) + ")", "expression"),
    ],
)
def test_names_that_are_no_single_constant(text: str, words: str) -> None:
    assert words in reason(read(text), "DPOConfig", "x")


def test_many_uses_of_a_constant_are_no_bomb() -> None:
    document = read("x = 1\n" + "A(b=x)\n" * 25_000)
    assert found(document, "A#25000", "b").node.span == (4, 5)


def test_known_mappings_are_unpacked_and_dict_calls_are_mappings() -> None:
    document = read("common = dict(lr=5e-7, adam={'beta1': 0.9})\nargs = DPOConfig(**common, beta=0.1)\n")
    assert data(document.root) == {
        "common": {"lr": 5e-7, "adam": {"beta1": 0.9}},
        "DPOConfig": {"lr": 5e-7, "adam": {"beta1": 0.9}, "beta": 0.1},
    }
    changed = read("common = dict(lr=5e-7)\ncommon['lr'] = 1\nDPOConfig(**common)\n")
    assert reason(changed, "DPOConfig", "**common") == "unpacked arguments that are not written here"


def test_a_constant_assigned_twice_is_recorded_and_the_last_counts() -> None:
    document = read("lr = 1\nbeta = 0\nlr = 2\nlr = 3\n")
    assert data(document.root) == {"beta": 0, "lr": 3}
    (duplicate,) = document.duplicates
    assert (duplicate.path, duplicate.first, duplicate.last) == (("lr",), (0, 2), (23, 25))


def test_a_constant_that_a_condition_may_change_is_unknown() -> None:
    document = read("lr = 1\nif fast:\n    lr = 2\nif __name__ == '__main__':\n    beta = 0.1\n    DPOConfig(beta=beta)\n")
    assert "again elsewhere" in reason(document, "lr")
    assert data(document.root)["beta"] == data(document.root)["DPOConfig"]["beta"] == 0.1


def test_objects_made_by_calls_are_no_settings_but_computed_numbers_are_unknown() -> None:
    document = read("tokenizer = load(1)\nlr = float(os.environ['LR'])\nn = os.getenv('N', 8)\ndtype = torch.bfloat16\n")
    assert data(document.root) == {
        "lr": "<float(os.environ['LR'])>",
        "n": "<os.getenv('N', 8)>",
        "dtype": "<torch.bfloat16>",
    }


def test_defaults_of_dataclasses_and_of_argparse() -> None:
    text = """\
parser.add_argument("-l", "--learning-rate", type=float, default=5e-7)
parser.add_argument("--beta", dest="kl", default=0.1)
parser.add_argument("--needed", required=True)

@dataclass
class Script:
    lr: float = field(default=1e-6, metadata={"help": "rate"})
    names: list = field(default_factory=list)
    path: str

class MyConfig(Base):
    seed = 42
    rank: int = Field(16)

class Other:
    x = 1
"""
    document = read(text)
    assert data(document.root) == {
        "argparse": {"learning_rate": 5e-7, "kl": 0.1},
        "Script": {"lr": 1e-6, "names": "<list>"},
        "MyConfig": {"seed": 42, "rank": 16},
    }
    assert all(found(document, *path).entry.default for path in [("argparse", "kl"), ("Script", "lr"), ("MyConfig", "rank")])
    assert written(document, "Script", "lr") == "1e-6"
    assert written(document, "argparse", "learning_rate") == "5e-7"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("lr = 1\nprint 'x'\n", 2, 1),
        ("a = (1\nb = 2\n", 1, 5),
        ("é = = 1\n", 1, 5),
        ("if x:\npass\n", 2, 1),
    ],
)
def test_a_syntax_error_has_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("syntax", line, column)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 50_000 + "1",
        "x = " + "1 + " * 50_000 + "1",
        "x = y" + ".a" * 50_000,
        "x = 1\n" * 200_000,
        "x = " + "[" * 150 + "]" * 150,
        "a0 = [1, 1]\n" + "".join(f"a{n} = [a{n - 1}, a{n - 1}]\n" for n in range(1, 60)),
    ],
)
def test_what_is_too_large_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.kind == "too-large"


def test_deep_calls_and_statements_are_read() -> None:
    document = read("x = " + "A(b=" * 80 + "1" + ")" * 80 + "\n")
    assert data(document.root)["A#80"] == {"b": 1}
    nested = "".join("  " * depth + "if y:\n" for depth in range(90)) + "  " * 90 + "DPOConfig(a=1)\n"
    assert data(read(nested).root) == {"DPOConfig": {"a": 1}}


_LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
_KEYS = st.text(max_size=4)
_VALUES = st.recursive(_LEAVES, lambda leaf: st.lists(leaf, max_size=3) | st.dictionaries(_KEYS, leaf, max_size=3), max_leaves=6)


@given(st.dictionaries(st.sampled_from(["lr", "beta", "ключ", "n_1"]), _VALUES, min_size=1))
def test_what_python_writes_is_read_back(arguments: dict[str, Any]) -> None:
    text = "f('😀', Config(" + ", ".join(f"{key} = {value!r}" for key, value in arguments.items()) + "))\n"
    document = read(text)
    for key, value in arguments.items():
        node = found(document, "Config", key).node
        assert data(node) == value
        assert ast.literal_eval(text[node.span.start : node.span.end]) == value
        start, end = found(document, "Config", key).entry.key_span
        assert text[start:end] == key
