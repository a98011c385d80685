"""What fuzzing found and what it started from, replayed; and ways out of a folder, tried one by one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.fixes.edit import Edit
from advisor.fixes.splice import splice
from advisor.fixes.verification import verify
from advisor.history.recognition import read_history
from advisor.pipeline import lint_file
from advisor.rulebook.pack_file import read_pack
from advisor.source.document import Unresolved
from advisor.source.reading import read
from fuzz import surfaces
from fuzz.guard import Violation, guarded

ROOT = Path(__file__).resolve().parents[2]
ALSO = {
    "source": [ROOT / "examples", ROOT / "tests" / "dialects" / "not_training"],
    "splicer": [ROOT / "examples"],
    "history": [ROOT / "tests" / "history" / "data"],
}
"""What other tests read is a good start here too."""


@pytest.mark.parametrize("surface", surfaces.SURFACES)
def test_the_corpus_keeps_every_promise(surface: str) -> None:
    folders = [ROOT / "fuzz" / "corpus" / surface, *ALSO.get(surface, [])]
    inputs = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]
    assert inputs
    broken = {path.name: error for path in inputs if (error := failure(surface, path.read_bytes())) is not None}
    assert not broken


def failure(surface: str, data: bytes) -> BaseException | None:
    try:
        surfaces.run(surface, data)
    except (Exception, Violation) as error:
        return error
    return None


@pytest.mark.fuzzing
@pytest.mark.parametrize("surface", surfaces.SURFACES)
def test_some_seconds_of_fuzzing_find_nothing(surface: str) -> None:
    pytest.importorskip("atheris")
    seeds = [str(folder) for folder in ALSO.get(surface, [])]
    command = [sys.executable, "-m", "fuzz.run", surface, "--seconds", "5", *(["--seeds", *seeds] if seeds else [])]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: os.system("true"),
        lambda: subprocess.run(["true"], check=False),
        lambda: exec("1 + 1"),
        lambda: Path("/tmp/rlhf-lint-never").write_text("x"),
        lambda: Path("/etc/hostname").read_text(),
    ],
    ids=["shell", "process", "code", "write", "read"],
)
def test_the_guard_sees_what_it_is_to_see(attempt, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Violation), guarded(tmp_path):
        attempt()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose neighbour holds a value that must not be read, in a form that a parent could have."""
    (tmp_path / "secret.yaml").write_text("actor_rollout_ref: {actor: {optim: {lr: 0.5}}}\n")
    (tmp_path / "project" / ".git").mkdir(parents=True)
    (tmp_path / "project" / "conf").mkdir()
    (tmp_path / "project" / "conf" / "base.yaml").write_text("actor_rollout_ref: {actor: {optim: {lr: 2.0e-6}}}\n")
    return tmp_path / "project"


VERL = """\
defaults:
  - {parent}
  - _self_
algorithm: {{adv_estimator: grpo, kl_ctrl: {{kl_coef: 0.001}}}}
actor_rollout_ref: {{rollout: {{n: 8, temperature: 1.0}}, model: {{path: Qwen/Qwen2.5-7B}}}}
data: {{train_batch_size: 512, max_prompt_length: 512, max_response_length: 1024}}
trainer: {{n_gpus_per_node: 8, nnodes: 1, total_epochs: 3}}
"""


def rate(config: Path, parent: str) -> object:
    config.write_text(VERL.format(parent=parent))
    with guarded(config.parents[1]):
        outcome = lint_file(str(config))
    assert outcome.error is None, outcome.error
    fact = outcome.facts.get("optimizer.learning_rate")
    return None if fact is None else fact.value


def test_a_parent_beside_the_file_is_read(project: Path) -> None:
    assert rate(project / "conf" / "run.yaml", "base") == 2.0e-6


@pytest.mark.parametrize("form", ["../../secret", "../../secret.yaml", "{absolute}", "conf/../../../secret", "/../../secret", "~/secret"])
def test_no_parent_outside_of_the_repository_is_read(form: str, project: Path) -> None:
    parent = form.format(absolute=project.parent / "secret.yaml")
    assert rate(project / "conf" / "run.yaml", f'"{parent}"') is None


def test_a_symbolic_link_leads_nowhere_else(project: Path) -> None:
    (project / "conf" / "link.yaml").symlink_to(project.parent / "secret.yaml")
    (project / "conf" / "away").symlink_to(project.parent, target_is_directory=True)
    assert rate(project / "conf" / "run.yaml", "link") is None
    assert rate(project / "conf" / "run.yaml", "away/secret") is None


def test_a_group_with_dots_leads_nowhere_else(project: Path) -> None:
    assert rate(project / "conf" / "run.yaml", '{"../..": secret}') is None
    assert rate(project / "conf" / "run.yaml", '{"/../../": "../secret"}') is None


def test_parents_that_name_each_other_end(project: Path) -> None:
    (project / "conf" / "left.yaml").write_text("defaults: [right]\n")
    (project / "conf" / "right.yaml").write_text("defaults: [left, run]\n")
    assert rate(project / "conf" / "run.yaml", "left") == 1e-6  # verl's default: neither of them gives the rate


@pytest.mark.parametrize("special", ["/dev/zero", "/dev/stdin", "/proc/self/environ"])
def test_devices_are_no_parents(special: str, project: Path) -> None:
    (project / "conf" / "device.yaml").symlink_to(special)
    assert rate(project / "conf" / "run.yaml", "device") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "dpo_training: !!python/object/apply:os.system ['touch ran']\nbeta_update: {beta_0: 0.1}\n"),
        ("a.py", "import os\nos.system('touch ran')\nlearning_rate = __import__('os').getpid()\nbeta = 0.1\n"),
        ("a.sh", "python train.py --learning_rate $(touch ran; echo 1e-6) --beta `touch ran`\n"),
        ("a.yaml", "dpo_training: {learning_rate: '${oc.env:HOME}', batch_size: '${eval:touch ran}'}\n"),
    ],
)
def test_no_code_of_a_configuration_is_run(name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text)
    with guarded(tmp_path):
        lint_file(name)
    assert not Path("ran").exists()


def test_a_key_that_ends_in_a_colon_can_be_deleted() -> None:
    document = read("a.yaml", b"load_cache:: 0.0\nlr: 0.1\n")
    made = splice(document, [Edit("delete", "load_cache:")])
    verify(document, made)
    assert made.text == "lr: 0.1\n"


def test_a_key_with_a_tag_is_another_key() -> None:
    document = read("a.yaml", b"!own name: 1\nname: 2\n")
    made = splice(document, [Edit("set", "name", 3)], comments=False)
    verify(document, made)
    assert made.text == "!own name: 1\nname: 3\n"


def test_nothing_is_written_into_a_script_with_an_open_quote() -> None:
    document = read("a.sh", b'python train.py --beta 0.1 --name "on $X e\n')
    node = document.values["name"].node
    assert isinstance(node, Unresolved)
    assert node.span.end >= len(document.text.rstrip("\n"))  # whether the line end belongs to it differs between grammar releases
    made = splice(document, [Edit("set", "beta", 0.2)])
    verify(document, made)
    assert made.text == document.text
    assert "never closed" in made.refused[0].reason


def test_a_carriage_return_alone_ends_no_comment_of_a_shell() -> None:
    document = read("a.sh", b'python train.py\r--x 1 --beta 0.1 --name "a" \\\n  --y 2\n')
    made = splice(document, [Edit("set", "beta", 0.2, because="tried", rule="FUZ001")])
    verify(document, made)
    assert "]\r" not in made.text


def test_a_table_inside_a_cell(tmp_path: Path) -> None:
    page = tmp_path / "log.html"
    page.write_text("<table><tr><th>Step<table></th></table></tr>" * 3)
    with pytest.raises(InputError):
        read_history(str(page))


def test_a_rule_that_is_no_mapping_is_refused_with_its_place(tmp_path: Path) -> None:
    pack = tmp_path / "pack.yaml"
    pack.write_text("schema: 1\npack: own\nrules:\n  - just words\n")
    with pytest.raises(InputError) as refused:
        read_pack(str(pack))
    assert (refused.value.line, refused.value.column) == (4, 5)
