"""The generator, on small packages written for the purpose."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.keys import arguments, flat_classes, hydra, likeness, nested_classes, recipes, spreadsheet, table
from tools.keys.overlay import OverlayError, compiled
from tools.keys.snapshot import Field, Section, Snapshot
from tools.keys.unfold import unfolded
from tools.keys.wheels import Wheel

ABOUT = {"framework": "toy", "package": "toy", "licence": "MIT", "source": "a test"}
MakeWheel = Callable[[dict[str, str]], Wheel]


@pytest.fixture
def wheel(tmp_path: Path) -> MakeWheel:
    def make(files: dict[str, str]) -> Wheel:
        path = tmp_path / "toy-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return Wheel(path)

    return make


BASE = """
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Optional, Union
from elsewhere import TrainingArguments as Arguments

LARGE = 2 * 512

class Kind(str, Enum):
    FAST = "fast"
    SLOW = "slow"

@dataclass
class _Base(Arguments):
    rate: float = field(default=1e-6, metadata={"help": "not taken"})
    kind: Optional[Kind] = field(default=Kind.FAST)
"""
TRAINER = """
import warnings
from dataclasses import dataclass, field
from typing import Any, Literal, Optional
from .base import LARGE, _Base as Common

@dataclass
class ToyConfig(Common):
    length: Optional[int] = LARGE
    mode: Literal["left", "right"] = "left"
    names: "list[str]" = field(default_factory=lambda: ["a"])
    old: int | None = None
    older: int | None = None
    path: str = field()
    device: Any = field(default_factory=best_device)
    _private: int = 3

    def __post_init__(self):
        super().__post_init__()
        if self.old is not None:
            warnings.warn("`old` is deprecated, use `length`.")
            self.length = self.old
        for was, now in (("older", "length"),):
            if getattr(self, now) is None and getattr(self, was) is not None:
                warnings.warn(f"`{was}` is deprecated, use `{now}`")
        if self.mode == "right":
            warnings.warn("The mode 'right' is deprecated.")
        if self.length < 0:
            raise ValueError("length must not be negative")
"""
LAYOUT = {"classes": ["ToyConfig"], "prefer": ["toy/"], "foreign": ["elsewhere"]}


def test_dataclasses_are_read_with_bases_constants_and_what_they_warn_of(wheel: MakeWheel) -> None:
    read = flat_classes.sections(wheel({"toy/base.py": BASE, "toy/config.py": TRAINER}), LAYOUT)["ToyConfig"]
    assert read.bases == ("elsewhere:TrainingArguments",)
    assert read.fields == {
        "rate": Field("float", 1e-6),
        "kind": Field("str | None", "fast", choices=("fast", "slow")),
        "length": Field("int | None", 1024),
        "mode": Field("str", "left", choices=("left", "right"), outdated=("right",)),
        "names": Field("list[str]", ["a"]),
        "old": Field("int | None", outdated_key=True),
        "older": Field("int | None", outdated_key=True),
        "path": Field("str", None, "required"),
        "device": Field("Any", None, "computed"),
    }


def test_models_inside_models_become_dotted_paths_and_plugins_are_named(wheel: MakeWheel) -> None:
    files = {
        "toy/schemas/config.py": """
from pydantic import BaseModel, Field
from .parts import Part

class Root(BaseModel):
    part: Part | None = None
    parts: list[Part] | None = Field(default=None, deprecated="use part")
    by_name: dict[str, Part] = {}
""",
        "toy/schemas/parts.py": "from pydantic import BaseModel\nclass Part(BaseModel):\n    size: int = 3\n",
        "toy/extra/dance/args.py": "from pydantic import BaseModel\nclass DanceArgs(BaseModel):\n    steps: int = 1\n",
        "toy/extra/song/args.py": "from pydantic import BaseModel\nclass SongConfig(BaseModel):\n    verses: int = 2\n",
        "toy/extra/song/plugin.py": 'class Song:\n    def get_input_args(self):\n        return "toy.extra.song.SongConfig"\n',
    }
    layout = {"section": "config", "root": "Root", "prefer": "toy/schemas/config", "plugins": r"toy/extra/(\w+)/\w+\.py"}
    fields = nested_classes.sections(wheel(files), layout)["config"].fields
    assert set(fields) == {"part", "part.size", "parts", "parts[].size", "by_name", "by_name.*.size", "steps", "verses"}
    assert fields["parts"].outdated_key
    assert fields["steps"] == Field("int", 1, plugin="dance")
    assert fields["verses"] == Field("int", 2, plugin="song")


def test_options_of_a_program_those_of_a_loop_too(wheel: MakeWheel) -> None:
    program = """
if __name__ == "__main__":
    parser.add_argument("--zero", type=int, default=2, choices=[0, 2, 3])
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--name", required=True)
    parser.add_argument("--run", default="exp_%s" % now())
    for prefix in ("actor", "critic"):
        parser.add_argument(f"--{prefix}.lr", type=float, default=1e-6 if prefix == "actor" else 9e-6)
"""
    read = arguments.sections(wheel({"toy-1.0.data/purelib/toy/train_x.py": program}), {"programs": r"toy/(train_\w+)\.py"})
    assert read["train_x"].fields == {
        "zero": Field("int", 2, choices=(0, 2, 3)),
        "verbose": Field("bool", False),
        "name": Field("str", None, "required"),
        "run": Field("str", None, "computed"),
        "actor.lr": Field("float", 1e-6),
        "critic.lr": Field("float", 9e-6),
    }


COMPOSED = """
optim:
  _target_: toy.optim.Adam
  lr: 1e-6
  steps: ${trainer.steps}
trainer:
  steps: ???
  name: null
"""


def test_composed_yaml_takes_types_from_the_class_it_names(wheel: MakeWheel) -> None:
    files = {
        "toy/config/main.yaml": COMPOSED,
        "toy/optim/__init__.py": "from .adam import *\n",
        "toy/optim/adam.py": "@dataclass\nclass Adam:\n    lr: float = 0.1\n    steps: int = 3\n    eps: float = 1e-8\n",
    }
    fields = hydra.sections(wheel(files), {"folder": "toy/config", "files": {"main": ["_gone.yaml", "main.yaml"]}})["main"].fields
    assert fields == {
        "optim.lr": Field("float", 1e-6),
        "optim.steps": Field("int", None, "computed"),
        "optim.eps": Field("float", 1e-8),
        "trainer.steps": Field("Any", None, "required"),
        "trainer.name": Field("Any", None),
    }


def test_recipes_require_what_they_read_without_a_default(wheel: MakeWheel) -> None:
    files = {
        "toy/registry.py": 'ALL = [Recipe(name="dpo", file_path="dpo.py", configs=[Config(name="a", file_path="a.yaml")])]',
        "recipes/dpo.py": 'def main(cfg):\n    run(cfg.epochs, cfg.get("log_every", 1), cfg.loss)\n',
        "recipes/configs/a.yaml": "epochs: 1\nloss:\n  _component_: toy.loss.Loss\n  beta: 0.3\nunread: 1\n",
        "toy/loss.py": "class Loss:\n    def __init__(self, beta: float = 0.1, kind: str = pick()):\n        pass\n",
    }
    read = recipes.sections(wheel(files), {"registry": "toy.registry"})
    assert read["dpo"].fields == {
        "epochs": Field("Any", None, "required"),
        "log_every": Field("int", 1),
        "loss": Field("Any", None, "required"),
        "unread": Field("Any"),
    }
    assert read["toy.loss.Loss"].fields == {"beta": Field("float", 0.1), "kind": Field("str", None, "computed")}


def test_a_spreadsheet_gives_back_each_release(tmp_path: Path) -> None:
    path = tmp_path / "keys.csv"
    path.write_text(
        "key_path,type,default,required,choices,first_version_seen,last_version_seen,default_changes,extra_keys\n"
        "run:size,Optional[int],8,False,,0.1,0.3,0.2:4->8,\n"
        "run:kind,\"Literal['a', 'b']\",null,True,,0.2,0.2,,plugin dance\n",
        encoding="utf-8",
    )
    first, second, third = spreadsheet.snapshots(path, "run")
    assert first.sections["run"].fields == {"size": Field("int | None", 4)}
    assert second.sections["run"].fields["kind"] == Field("str", None, "required", ("a", "b"), plugin="dance")
    assert third.sections["run"].fields == {"size": Field("int | None", 8)}


def folded(*releases: dict[str, Field]) -> dict[str, Any]:
    return table.build([Snapshot(f"0.{index}", {"main": Section(fields)}) for index, fields in enumerate(releases)], ABOUT)


def test_a_table_says_from_when_until_when_and_what_changed() -> None:
    made = folded(
        {"kept": Field("int", 1), "gone": Field("str", "x"), "gap": Field("int", 1)},
        {"kept": Field("int", 1), "new": Field("bool", True)},
        {"kept": Field("int", 2, outdated_key=True), "new": Field("bool", True), "gap": Field("int", 1)},
    )
    assert made["sections"]["main"]["keys"] == {
        "gap": {"default": 1, "gaps": [["0.1", "0.2"]]},
        "gone": {"default": "x", "until": "0.1"},
        "kept": {"type": "int", "default_history": [[None, 1], ["0.2", 2]], "deprecated": ["0.2"]},
        "new": {"default": True, "since": "0.1"},
    }


def test_equal_parts_are_stored_once_and_a_shorter_life_does_not_matter() -> None:
    optim = {"optim.lr": Field("float", 1.0), "optim.eps": Field("float", 0.1)}
    snapshots = [
        Snapshot("0.1", {"long": Section({f"a.{key}": field for key, field in optim.items()})}),
        Snapshot("0.2", {"long": Section({f"a.{key}": field for key, field in optim.items()}), "short": Section(optim)}),
    ]
    made = table.build(snapshots, ABOUT)
    assert made["sections"]["short"]["keys"]["optim"]["of"] == made["nodes"]["long.a"]["keys"]["optim"]["of"]


FIELDS = st.builds(
    Field,
    type=st.sampled_from(["int", "str | None", "float", "Any"]),
    default=st.one_of(st.none(), st.integers(-2, 2), st.booleans(), st.sampled_from(["a", "b", ""])),
    outdated_key=st.booleans(),
    choices=st.sampled_from([None, ("a", "b"), (1,)]),
)
RELEASES = st.lists(st.dictionaries(st.sampled_from(["a", "b", "x.a", "x.b", "y.x.a"]), FIELDS, min_size=1), min_size=1, max_size=5)


@given(RELEASES)
def test_every_release_can_be_recovered_from_the_table(releases: list[dict[str, Field]]) -> None:
    made = folded(*releases)
    recovered = [snapshot.sections["main"].fields for snapshot in unfolded(made)]
    lifted = [
        {key: field if _steady(releases, key) else recovered[index][key] for key, field in held.items()}
        for index, held in enumerate(releases)
    ]
    assert recovered == lifted


def _steady(releases: list[dict[str, Field]], key: str) -> bool:
    """A key whose warning comes and goes is stored from the first to the last release that warns."""
    marks = [held[key].outdated_key for held in releases if key in held]
    return marks == sorted(marks) or marks == sorted(marks, reverse=True)


@given(
    st.dictionaries(st.sampled_from(["a.x", "b.x", "c.x", "d.y"]), st.dictionaries(st.sampled_from("klmn"), st.integers(0, 3)), min_size=1)
)
def test_nodes_written_as_differences_read_the_same(nodes: dict[str, dict[str, Any]]) -> None:
    full = {name: {"keys": dict(sorted(keys.items()))} for name, keys in sorted(nodes.items())}
    assert likeness.written_out(likeness.shortened(full)) == full


@pytest.mark.parametrize(
    "change",
    [
        "{kind: renamed, key: kept, new: new}",
        "{kind: renamed, key: gone, new: nowhere}",
        "{kind: removed, key: nowhere}",
        "{kind: default, key: kept, version: 0.9, note: x}",
        "{kind: forgotten, key: gone}",
        "{kind: removed, key: gone, instaed: kept}",
    ],
)
def test_an_overlay_that_the_packages_contradict_is_refused(change: str, tmp_path: Path) -> None:
    made = folded({"kept": Field("int", 1), "gone": Field("str", "x")}, {"kept": Field("int", 1), "new": Field("bool", True)})
    path = tmp_path / "toy.yaml"
    path.write_text(f"framework: toy\nchanges:\n  - {change}\n", encoding="utf-8")
    with pytest.raises(OverlayError):
        compiled(path, made)


def test_an_overlay_that_agrees_is_put_in(tmp_path: Path) -> None:
    made = folded({"kept": Field("int", 1), "gone": Field("str", "x")}, {"kept": Field("int", 1), "new": Field("bool", True)})
    path = tmp_path / "toy.yaml"
    path.write_text("framework: toy\nchanges:\n  - {kind: renamed, key: gone, new: new, safe: true}\n", encoding="utf-8")
    assert compiled(path, made)["changes"] == [{"kind": "renamed", "key": "gone", "new": "new", "safe": True}]
