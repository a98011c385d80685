"""`--fix`, `--diff`, `--in-place`, `--safe-only`, `--suggested`: which edits are written, where, and that twice is once."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import click
import pytest

from advisor.cli.entry import run
from advisor.cli.terminal import coloured, painted

CONFIG = """\
# our first try
policy_name: meta-llama/Llama-3.2-1B-Instruct
dpo_training:
  learning_rate: 5e-6      # as in the paper
  batch_size: 32
beta_update:
  beta_0: 0.1
  beta_min: 0.0            # no floor
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "dpo.yaml"
    path.write_text(CONFIG)
    return path


def changed_lines(before: str, after: str) -> list[str]:
    if after.startswith("# Suggested by"):
        after = after.partition("\n\n")[2]
    assert len(before.splitlines()) == len(after.splitlines())
    return [new for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]


def test_the_suggested_file_differs_only_in_the_changed_lines(config: Path) -> None:
    assert run(["check", "--fix", "dpo.yaml"]) == 0
    assert config.read_text() == CONFIG
    suggested = config.with_name("dpo.suggested.yaml").read_text()
    changed = changed_lines(CONFIG, suggested)
    assert changed[-1].startswith("  beta_min: 0.01            # was 0.0: ")
    assert changed[-1].endswith("[DPO201]; no floor")


def test_fixing_twice_changes_nothing(config: Path) -> None:
    run(["check", "--fix", "--in-place", "dpo.yaml"])
    once = config.read_text()
    assert once != CONFIG
    run(["check", "--fix", "--in-place", "dpo.yaml"])
    assert config.read_text() == once


def test_safe_only_leaves_the_training_as_it_is(config: Path) -> None:
    run(["check", "--fix", "--in-place", "--safe-only", "dpo.yaml"])
    changed = changed_lines(CONFIG, config.read_text())
    assert [line.split("#")[0].rstrip() for line in changed] == ["  learning_rate: 5.0e-6"]


def test_a_diff_writes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--diff", "dpo.yaml"])
    said = capsys.readouterr().out
    assert said.startswith("--- a/dpo.yaml\n+++ b/dpo.suggested.yaml\n")
    assert "-  beta_min: 0.0            # no floor\n+  beta_min: 0.01" in said
    assert [path.name for path in config.parent.iterdir()] == ["dpo.yaml"]


def test_the_suggestion_can_go_to_standard_output(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--fix", "--suggested", "-", "dpo.yaml"])
    assert changed_lines(CONFIG, capsys.readouterr().out)
    assert [path.name for path in config.parent.iterdir()] == ["dpo.yaml"]


def test_the_exit_status_speaks_of_what_is_left(config: Path) -> None:
    assert run(["check", "dpo.yaml"]) == 1
    assert run(["check", "--fix", "dpo.yaml"]) == 0
    assert run(["check", "--fix", "--safe-only", "--suggested", "safe.yaml", "dpo.yaml"]) == 1


def test_a_value_behind_an_alias_is_explained_and_not_edited(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG.replace("beta_0: 0.1", "beta_0: 0.1\n  gamma: &zero 0.0").replace("beta_min: 0.0", "beta_min: *zero"))
    before = config.read_text()
    run(["check", "--fix", "--in-place", "dpo.yaml"])
    assert "beta_min" in capsys.readouterr().err
    assert "gamma: &zero 0.0" in config.read_text()
    assert "beta_min: *zero" in config.read_text()
    assert len(before.splitlines()) == len(config.read_text().splitlines())


def test_a_difference_that_is_only_shown_mends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dpo.yaml"
    path.write_text("policy_name: gpt2\ndpo_training:\n  learning_rate: 5.0e-6\nbeta_update:\n  beta_0: 0.1\n  beta_min: 0.0\n")
    assert run([str(path), "--diff"]) == 1
    assert run([str(path), "--fix", "--in-place"]) == 0


def test_the_suggested_file_says_what_it_is(config: Path) -> None:
    run(["check", "--fix", "dpo.yaml"])
    heading, _, rest = config.with_name("dpo.suggested.yaml").read_text().partition("\n\n")
    assert heading.splitlines()[0] == "# Suggested by rlhf-lint 0.1.0 from dpo.yaml: 2 changes, each with its reason beside it."
    assert heading.splitlines()[1].startswith("#   Assumed: model.parameters = 1.2B")
    assert rest.startswith("# our first try\n")


def test_a_file_rewritten_in_place_has_no_heading(config: Path) -> None:
    run(["check", "--fix", "--in-place", "dpo.yaml"])
    assert "Suggested by" not in config.read_text()


def test_a_suggested_file_has_nothing_left_to_suggest(config: Path) -> None:
    run(["check", "--fix", "dpo.yaml"])
    first = config.with_name("dpo.suggested.yaml").read_text()
    run(["check", "--fix", "--suggested", "again.yaml", "dpo.suggested.yaml"])
    assert not config.with_name("again.yaml").exists()
    run(["check", "--fix", "--in-place", "dpo.suggested.yaml"])
    assert config.with_name("dpo.suggested.yaml").read_text() == first


def test_a_later_fix_replaces_the_heading(config: Path) -> None:
    run(["check", "--fix", "--safe-only", "--suggested", "first.yaml", "dpo.yaml"])
    assert "#   Left to you:\n#   - beta_min is 0" in config.with_name("first.yaml").read_text()
    run(["check", "--fix", "--suggested", "second.yaml", "first.yaml"])
    second = config.with_name("second.yaml").read_text()
    assert second.count("Suggested by") == 1
    assert "Left to you" not in second


def test_what_a_person_has_to_do_is_said_in_the_heading(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG.replace("beta_0: 0.1", "beta_0: 0.1\n  gamma: &zero 0.0").replace("beta_min: 0.0", "beta_min: *zero"))
    run(["check", "--fix", "--suggested", "-", "dpo.yaml"])
    said = capsys.readouterr()
    heading = " ".join(line.lstrip("# ") for line in said.out.partition("\n\n")[0].splitlines())
    assert "is used in several places through an alias" in heading
    assert "dpo.yaml: left as it is: beta_update.beta_min is used in several places" in said.err


def test_fix_only_takes_ids_names_and_prefixes(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("DPO201", "dpo2", "beta-min-zero"):
        run(["check", "--fix", "--suggested", "only.yaml", "--fix-only", word, "dpo.yaml"])
        assert changed_lines(CONFIG, config.with_name("only.yaml").read_text())[-1].startswith("  beta_min: 0.01")
        assert "learning_rate: 5e-6 " in config.with_name("only.yaml").read_text()
    capsys.readouterr()
    assert run(["check", "--fix", "--fix-only", "DPX", "dpo.yaml"]) == 2
    assert "no rule answers to DPX" in capsys.readouterr().err


def test_a_diff_is_coloured_on_a_terminal_alone(config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run(["check", "--diff", "dpo.yaml"])
    plain = capsys.readouterr().out
    assert "\x1b" not in plain
    painted_text = painted(plain)
    assert "\x1b[31m-  beta_min: 0.0            # no floor\x1b[0m\n\x1b[32m+  beta_min: 0.01" in painted_text
    assert "\x1b[1m--- a/dpo.yaml" in painted_text
    assert click.unstyle(painted_text) == plain
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured()


def test_what_a_baseline_remembers_is_not_fixed(config: Path) -> None:
    run(["check", "--write-baseline", "known.json", "dpo.yaml"])
    run(["check", "--fix", "--baseline", "known.json", "dpo.yaml"])
    assert not config.with_name("dpo.suggested.yaml").exists()


def test_the_heading_goes_with_the_diff_of_a_suggested_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the diff shows is what --fix writes, to the byte."""
    run(["check", "--diff", "dpo.yaml"])
    assert "+# Suggested by rlhf-lint" in capsys.readouterr().out
    run(["check", "--diff", "--in-place", "dpo.yaml"])
    assert "Suggested" not in capsys.readouterr().out


def test_what_the_file_is_survives(config: Path) -> None:
    """A link stays a link, modes and byte-order marks stay, and nothing is left lying about."""
    real = config.parent / "real"
    real.mkdir()
    target = real / "dpo.yaml"
    target.write_bytes(b"\xef\xbb\xbf" + CONFIG.replace("\n", "\r\n").encode())
    target.chmod(0o640)
    config.unlink()
    config.symlink_to(target)
    run(["check", "--fix", "--in-place", "dpo.yaml"])
    assert config.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_bytes().startswith(b"\xef\xbb\xbf# our first try\r\n")
    assert target.read_bytes().count(b"\r\n") == target.read_bytes().count(b"\n") == CONFIG.count("\n")
    assert [path.name for path in real.iterdir()] == ["dpo.yaml"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_that_dies_while_writing_leaves_the_old_file(config: Path) -> None:
    child = os.fork()
    if child == 0:
        os.replace = lambda *_: os._exit(9)  # type: ignore[assignment]
        try:
            run(["check", "--fix", "--in-place", "dpo.yaml"])
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert config.read_text() == CONFIG


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_that_fix_the_same_file_do_not_lose_it(config: Path) -> None:
    run(["check", "--fix", "--suggested", "wanted.yaml", "dpo.yaml"])
    wanted = config.with_name("wanted.yaml").read_text().partition("\n\n")[2]
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            try:
                os._exit(run(["check", "--fix", "--in-place", "dpo.yaml"]))
            finally:
                os._exit(99)
        children.append(child)
    codes = {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}
    assert codes <= {0, 2}  # 2: somebody else was first, said so, and wrote nothing
    assert 0 in codes
    assert config.read_text() == wanted
    assert sorted(path.name for path in config.parent.iterdir()) == ["dpo.yaml", "wanted.yaml"]


def test_each_file_of_a_run_gets_its_own_changes(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = config.with_name("beta.yaml")
    second.write_text("beta_update:\n  beta_min: 0.0\n")
    run(["check", "--fix", "--with", "beta.yaml", "dpo.yaml"])
    assert "beta.yaml: 1 change written to beta.suggested.yaml" in capsys.readouterr().err
    suggested = config.with_name("beta.suggested.yaml").read_text()
    assert "from beta.yaml: 1 change" in suggested and "Left to you" not in suggested
    assert "beta_min: 0.01  # was 0.0" in suggested
    assert "beta_min: 0.0            # no floor" in config.with_name("dpo.suggested.yaml").read_text()
    run(["check", "--fix", "--in-place", "--with", "beta.yaml", "dpo.yaml"])
    assert "beta_min: 0.01  # was 0.0" in second.read_text()
    assert "beta_min: 0.0            # no floor" in config.read_text()


def test_a_file_of_several_runs_is_not_edited_through_one_of_them(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = config.with_name("beta.yaml")
    second.write_text("beta_update:\n  beta_min: 0.0\n")
    config.with_name("other.yaml").write_text(config.read_text())
    run(["check", "--fix", "--with", "beta.yaml", "dpo.yaml", "other.yaml"])
    assert "dpo.yaml: left as it is: beta_update.beta_min belongs in beta.yaml:2, as 0.01 [DPO201]" in capsys.readouterr().err
    assert not config.with_name("beta.suggested.yaml").exists()


def test_an_override_is_no_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--fix", "--in-place", "--set", "beta_update.beta_min=0.0", "dpo.yaml"])
    assert "beta_update.beta_min belongs in --set, as 0.01 [DPO201]" in capsys.readouterr().err
    assert "beta_min: 0.0            # no floor" in config.read_text()


def test_what_a_later_stage_would_write_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dpo.yaml").write_text(
        "trl: dpo\nmodel_name_or_path: Qwen/Qwen2.5-0.5B-Instruct\nlearning_rate: 5.0e-4\nbeta: 0.1\nper_device_train_batch_size: 32\n"
        "gradient_accumulation_steps: 4\nnum_train_epochs: 1\nevaluation_strategy: steps\n"
    )
    run(["check", "--fix", "--suggested", "now.yaml", "dpo.yaml"])
    assert "#   For later (--stage medium-term writes it): evaluation_strategy\n" in (tmp_path / "now.yaml").read_text()
    run(["check", "--fix", "--stage", "medium-term", "--suggested", "all.yaml", "dpo.yaml"])
    assert "For later" not in (tmp_path / "all.yaml").read_text()
    assert "\neval_strategy: steps  # was evaluation_strategy: renamed in" in (tmp_path / "all.yaml").read_text()
