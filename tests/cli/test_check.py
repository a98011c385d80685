"""`rlhf-lint check` as its users meet it: what is printed where, and with which exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.cli.entry import run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

COLLAPSING = """\
policy_name: meta-llama/Llama-3.2-1B-Instruct
dpo_training:
  learning_rate: 5.0e-6
  batch_size: 32
beta_update:
  beta_0: 0.1
  beta_min: 0.0
"""
SOUND = COLLAPSING.replace("beta_min: 0.0", "beta_min: 0.01")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_finding_stands_at_its_value_and_sets_the_exit_status(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "dpo.yaml").write_text(COLLAPSING)
    assert run(["dpo.yaml"]) == 1
    said = capsys.readouterr().out
    assert "dpo.yaml:7:13: high [DPO201]" in said
    assert "  7 |   beta_min: 0.0\n    |             ^^^\n" in said


def test_the_level_of_failure_can_be_chosen(here: Path) -> None:
    (here / "dpo.yaml").write_text(COLLAPSING)
    assert run(["check", "--fail-on", "critical", "dpo.yaml"]) == 0
    assert run(["check", "--fail-on", "never", "dpo.yaml"]) == 0


def test_json_has_the_shape_of_the_contract(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "dpo.yaml").write_text(COLLAPSING)
    run(["check", "--output-format", "json", "dpo.yaml"])
    report = json.loads(capsys.readouterr().out)
    assert report["version"] == 1
    file = report["files"][0]
    assert (file["path"], file["dialect"], file["method"], file["error"]) == ("dpo.yaml", "dynamic-dpo", "dpo", None)
    finding = next(finding for finding in file["findings"] if finding["rule"] == "DPO201")
    assert finding["field"] == "loss.beta_min"
    assert finding["key"] == "beta_update.beta_min"
    assert finding["span"] == {"start": {"line": 7, "column": 13}, "end": {"line": 7, "column": 16}}
    edit = finding["fix"]["edits"][0]
    assert (edit["op"], edit["old"], edit["new"]) == ("set", "0.0", "0.01")
    assert report["summary"]["files"] == 1
    assert report["summary"]["high"] == sum(entry["severity"] == "high" for entry in file["findings"])


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = tmp_path / "piped.yaml"
    source.write_text(COLLAPSING)
    with source.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert run(["check", "--output-format", "concise", "-"]) == 1
    assert "-:7:13: high [DPO201]" in capsys.readouterr().out


def test_overrides_and_further_files_are_merged(here: Path) -> None:
    (here / "dpo.yaml").write_text(COLLAPSING)
    (here / "local.yaml").write_text("beta_update:\n  beta_min: 0.005\n")
    assert run(["dpo.yaml"]) == 1
    assert run(["dpo.yaml", "--set", "beta_update.beta_min=0.005"]) == 0
    assert run(["dpo.yaml", "--with", "local.yaml"]) == 0


def test_selection_takes_ids_names_and_prefixes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "dpo.yaml").write_text(COLLAPSING)
    assert run(["check", "--ignore", "beta-min-zero", "--select", "DPO", "dpo.yaml"]) == 0
    assert run(["check", "--select", "DPO201", "dpo.yaml"]) == 1
    assert run(["check", "--select", "DPO999", "dpo.yaml"]) == 2
    assert "no rule answers to DPO999" in capsys.readouterr().err


def test_directories_are_searched_and_other_files_left_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "configs").mkdir()
    (here / "configs" / "dpo.yaml").write_text(SOUND)
    (here / "configs" / "compose.yaml").write_text("services:\n  web:\n    image: nginx\n")
    assert run(["configs"]) == 0
    captured = capsys.readouterr()
    assert f"{Path('configs', 'compose.yaml')}: no training configuration, left out" in captured.err
    assert "compose" not in captured.out


def test_a_directory_without_configurations_is_no_clean_bill(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "docs").mkdir()
    (here / "docs" / "mkdocs.yaml").write_text("site_name: none\n")
    assert run(["docs"]) == 2
    assert "no training configuration in docs" in capsys.readouterr().err


def test_an_unrecognised_named_file_is_an_error_unless_a_hook_asks(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "compose.yaml").write_text("services:\n  web:\n    image: nginx\n")
    assert run(["compose.yaml"]) == 2
    assert "no known training configuration" in capsys.readouterr().out
    assert run(["check", "--skip-unrecognised", "compose.yaml"]) == 0


def test_one_bad_file_does_not_keep_the_others_from_being_checked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "broken.yaml").write_text("a: [1, 2\nb: 3\n")
    (here / "dpo.yaml").write_text(COLLAPSING)
    assert run(["check", "--output-format", "concise", "broken.yaml", "dpo.yaml", "absent.yaml"]) == 2
    said = capsys.readouterr().out
    assert "broken.yaml:2:" in said
    assert "dpo.yaml:7:13: high" in said
    assert "absent.yaml" in said


BAD_INPUT = {
    "empty": b"",
    "binary": b"\x00\x01\x02\xff\xfe",
    "latin-1": "learning_rate: 5e-7 # \xe9\n".encode("latin-1"),
    "a list": b"- 1\n- 2\n",
    "a word": b"learning_rate\n",
    "unclosed": b"a: {b: 1\n",
    "tab indentation": b"a:\n\tb: 1\n",
    "deep": b"[" * 5000,
    "alias bomb": b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n".encode() for old, new in zip("abcdefgh", "bcdefghi", strict=True)),
    "only a comment": b"# nothing here\n",
}


@pytest.mark.parametrize("content", BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_one_clear_message(content: bytes, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bad.yaml").write_bytes(content)
    assert run(["check", "--output-format", "concise", "--fix", "bad.yaml"]) == 2
    captured = capsys.readouterr()
    assert captured.out.startswith("bad.yaml:")
    assert captured.out.count("\n") == 1
    assert "Traceback" not in captured.out + captured.err
    assert sorted(path.name for path in here.iterdir()) == ["bad.yaml"]


def test_a_huge_file_is_refused_without_being_read(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (here / "huge.yaml").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    assert run(["huge.yaml"]) == 2
    assert "huge.yaml" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  learning_rate: .nan", "learning_rate"),
        ("  learning_rate: .inf", "learning_rate"),
        ("  learning_rate: high", "learning_rate"),
        ("  learning_rate: [5.0e-6]", "learning_rate"),
        ("  batch_size: {per_device: 4}", "batch_size"),
    ],
)
def test_values_of_the_wrong_kind_are_findings_and_no_crash(line: str, told: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = line.split(":")[0]
    lines = [line if text.startswith(key) else text for text in SOUND.splitlines()]
    (here / "dpo.yaml").write_text("\n".join(lines) + "\n")
    assert run(["check", "--output-format", "concise", "--fail-on", "medium", "dpo.yaml"]) == 1
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--model-size", "huge"], "expected a number of parameters"),
        (["--gpus", "many"], "whole number"),
        (["--set", "beta"], "NAME=VALUE"),
        (["--dialect", "trll"], "did you mean 'trl'"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_a_wrong_option_is_explained(arguments: list[str], told: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "dpo.yaml").write_text(SOUND)
    assert run(["check", *arguments, "dpo.yaml"]) == 2
    captured = capsys.readouterr()
    assert told in captured.out + captured.err


def test_no_argument_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 2
    assert "name a configuration file" in capsys.readouterr().err


def test_colour_only_on_a_terminal(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "dpo.yaml").write_text(COLLAPSING)
    run(["dpo.yaml"])
    assert "\x1b[" not in capsys.readouterr().out
