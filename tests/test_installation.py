"""What a new user does: install, run elsewhere, put it into pre-commit. These build environments, so they are not run by default."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.installation

ROOT = Path(__file__).resolve().parent.parent
CONFIG = """\
# A hand-made file: its loader decides what becomes of a rate without a point, which YAML 1.1 takes for a word.
model:
  name: meta-llama/Llama-3.2-1B-Instruct
training:
  method: dpo
  learning_rate: 5e-6
  batch_size: 8
  gradient_accumulation_steps: 4
dpo:
  beta: 0.0
"""


def run(*command: str | Path, cwd: Path, status: int | None = 0) -> subprocess.CompletedProcess[str]:
    # A clean environment: neither this checkout nor the caller's settings may help the installed program.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_REQUIRE", "VIRTUAL_ENV"))}
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, env=environment)
    assert status is None or done.returncode == status, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tracked files as they are now, so that nothing depends on what lies about untracked."""
    copy = tmp_path_factory.mktemp("checkout")
    tracked = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.split("\0")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheels(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel built from the checkout, and one built from its sdist."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", out, checkout, cwd=out)
    from_sdist = out / "from_sdist"
    run(sys.executable, "-m", "build", "--wheel", "--outdir", from_sdist, checkout, cwd=out)
    return {"built from the sdist": next(out.glob("*.whl")), "built from the checkout": next(from_sdist.glob("*.whl"))}


def installed(what: list[str], folder: Path) -> Path:
    """A fresh environment with the package in it; gives its program."""
    venv.create(folder, with_pip=True)
    run(folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *what, cwd=folder)
    return folder / "bin" / "rlhf-lint"


def expectations(program: Path, elsewhere: Path) -> None:
    (elsewhere / "config_dpo.yaml").write_text(CONFIG)
    report = json.loads(run(program, "--output-format", "json", "config_dpo.yaml", cwd=elsewhere, status=1).stdout)
    assert "PRF101" in {finding["rule"] for finding in report["files"][0]["findings"]}
    here = subprocess.run([sys.executable, "-m", "advisor", "rules"], cwd=ROOT, capture_output=True, text=True)
    assert run(program, "rules", cwd=elsewhere).stdout == here.stdout


@pytest.mark.parametrize("kind", ["built from the sdist", "built from the checkout"])
def test_the_wheel_works_in_a_clean_environment(kind: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    program = installed([str(wheels[kind])], tmp_path / "env")
    (tmp_path / "elsewhere").mkdir()
    expectations(program, tmp_path / "elsewhere")
    package = next((tmp_path / "env" / "lib").rglob("advisor/_data"))
    assert list((package / "rules" / "_compiled").glob("*.json")), "the wheel holds no compiled packs"


def test_an_editable_install_works(checkout: Path, tmp_path: Path) -> None:
    program = installed(["-e", str(checkout)], tmp_path / "env")
    (tmp_path / "elsewhere").mkdir()
    expectations(program, tmp_path / "elsewhere")


def test_pre_commit_runs_both_hooks(checkout: Path, tmp_path: Path) -> None:
    """The real pre-commit on a scratch repository: the check fails the commit, the safe fix rewrites and nothing more."""
    hooks = tmp_path / "hooks"
    shutil.copytree(checkout, hooks)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    run("git", "init", "--quiet", cwd=hooks)
    run("git", "add", "-A", cwd=hooks)
    run("git", *identity, "commit", "--quiet", "-m", "hooks", cwd=hooks)
    revision = run("git", "rev-parse", "HEAD", cwd=hooks).stdout.strip()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    run("git", "init", "--quiet", cwd=scratch)
    (scratch / "config_dpo.yaml").write_text(CONFIG)
    (scratch / "compose.yaml").write_text("services:\n  web:\n    image: nginx\n")
    (scratch / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks}\n    rev: {revision}\n    hooks:\n      - id: rlhf-lint-fix\n      - id: rlhf-lint\n"
    )
    run("git", "add", "-A", cwd=scratch)
    home = {"PRE_COMMIT_HOME": str(tmp_path / "cache")}
    os.environ.update(home)
    first = run(sys.executable, "-m", "pre_commit", "run", "--all-files", cwd=scratch, status=1).stdout
    assert "files were modified by this hook" in first
    fixed = (scratch / "config_dpo.yaml").read_text()
    assert "learning_rate: 5.0e-6" in fixed, "the notation is mended"
    assert "beta: 0.0" in fixed, "the training is left as it is"
    assert "config_dpo.yaml:" in first and "[PRF101]" in first
    run("git", "add", "-A", cwd=scratch)
    second = run(sys.executable, "-m", "pre_commit", "run", "--all-files", cwd=scratch, status=1).stdout
    assert "files were modified" not in second, "fixing twice changes nothing"
    (scratch / "config_dpo.yaml").write_text(fixed.replace("beta: 0.0", "beta: 0.1"))
    run("git", "add", "-A", cwd=scratch)
    run(sys.executable, "-m", "pre_commit", "run", "--all-files", cwd=scratch)
