"""Many files: the same outcomes in the same order whoever does the work, few of them held, and no worker's death overlooked."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

import advisor
from advisor.cli.entry import run
from advisor.outcome import FileOutcome
from advisor.sweep import chunked, in_order

RUN = """\
# run {number}
policy_name: meta-llama/Llama-3.2-{size}B-Instruct
dpo_training:
  learning_rate: {rate}
  batch_size: {batch}
beta_update:
  beta_0: 0.1
  beta_min: {least}
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Forty configurations of a sweep, one that is none, one that is broken, and one that is not there."""
    made = []
    for number, (rate, batch, least, size) in enumerate(
        itertools.product(("5e-7", "1.0e-6", "3.0e-5", "0.1", "fast"), (8, 64), (0.0, 0.02), (1, 3))
    ):
        path = tmp_path / f"run_{number:02}.yaml"
        path.write_text(RUN.format(number=number, rate=rate, batch=batch, least=least, size=size))
        made.append(path)
    (tmp_path / "run_05a.yaml").write_text("services: {web: {image: nginx}}\n")
    (tmp_path / "run_11a.yaml").write_text("dpo_training: [1,\n")
    return sorted([*made, tmp_path / "run_05a.yaml", tmp_path / "run_11a.yaml", tmp_path / "run_20a.yaml"])


def content(outcome: FileOutcome) -> tuple[Any, ...]:
    """An outcome in values that compare: an exception equals itself alone."""
    error = outcome.error
    said = None if error is None else (error.kind, error.message, error.path, error.line, error.column)
    return said, outcome.findings, outcome.skipped, outcome.rules_applied, dict(outcome.facts), outcome.documents, outcome.assumptions


def test_worker_processes_give_what_one_process_gives(files: list[Path]) -> None:
    alone = list(advisor.lint_many(files))
    assert [outcome.path for outcome in alone] == [str(path) for path in files]
    assert {outcome.error.kind for outcome in alone if outcome.error} == {"unrecognised", "syntax", "unreadable"}
    with ProcessPoolExecutor(2) as pool:
        shared = list(advisor.lint_many(files, executor=pool, chunk=3, in_flight=4))
    assert [content(outcome) for outcome in shared] == [content(outcome) for outcome in alone]


def test_what_was_linted_before_changes_nothing(files: list[Path]) -> None:
    there = {str(path): content(advisor.lint(path)) for path in files}
    back = {str(path): content(advisor.lint(path)) for path in reversed(files)}
    assert there == back


def test_an_outcome_travels_without_what_can_be_computed_again(files: list[Path]) -> None:
    outcome = advisor.lint(files[0])
    assert outcome.documents[0].values
    again = pickle.loads(pickle.dumps(outcome))
    assert "values" not in vars(again.documents[0])
    assert content(again) == content(outcome)


class Waiting(Executor):
    """Works when asked for the result, and counts what is under way."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        counted = self

        class Late(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                counted.under_way -= 1
                return work(*arguments, **named)

        return Late()


def test_endless_files_are_read_no_further_than_needed(files: list[Path]) -> None:
    asked = 0

    def endless() -> Iterator[Path]:
        nonlocal asked
        for path in itertools.cycle(files):
            asked += 1
            yield path

    executor = Waiting()
    first = list(itertools.islice(advisor.lint_many(endless(), executor=executor, chunk=5, in_flight=3), 50))
    assert len(first) == 50
    assert executor.most == 3
    assert asked <= 50 + 5 * 3


def test_without_an_executor_each_file_is_read_when_its_outcome_is_asked_for(files: list[Path]) -> None:
    read: list[Path] = []
    outcomes = advisor.lint_many(read.append(path) or path for path in files)  # type: ignore[func-returns-value]
    next(outcomes)
    assert len(read) == 1


def die(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number


def test_a_worker_that_dies_is_no_clean_result() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(BrokenProcessPool):
        list(in_order(die, range(6), pool, 2))


def test_a_chunk_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="one file at least"):
        list(chunked([1, 2], 0))


@pytest.mark.parametrize("form", ["text", "concise", "json", "github"])
def test_reports_are_the_same_for_any_number_of_jobs(form: str, files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(files[0].parent)
    said = []
    for jobs in ("1", "2"):
        status = run(["check", "--jobs", jobs, "--output-format", form, folder])
        said.append((status, capsys.readouterr()))
    assert said[0] == said[1]
    assert said[0][0] == 2  # one file is broken


def test_json_of_many_files_is_one_object(files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.out"
    run(["check", "--jobs", "2", f"--output=json={target}", "--output-format", "json", "--skip-unrecognised", *map(str, files)])
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert json.loads(target.read_text()) == report
    assert [file["path"] for file in report["files"]] == [str(path) for path in files if path.name != "run_05a.yaml"]
    assert report["summary"]["files"] == 42
    assert report["summary"]["high"] == sum(entry["severity"] == "high" for file in report["files"] for entry in file["findings"])
    assert printed.out == json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    assert "run_05a.yaml: no training configuration, left out" in printed.err


def test_jobs_that_are_no_number_are_refused(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    for jobs in ("0", "-1", "all"):
        assert run(["check", "--jobs", jobs, str(files[0])]) == 2
        assert f"--jobs {jobs}" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_an_interrupt_ends_the_run_in_one_line(tmp_path: Path) -> None:
    """A pipe that nobody reads from keeps the run waiting in its output until it is interrupted."""
    for number in range(800):
        (tmp_path / f"run_{number:03}.yaml").write_text(RUN.format(number=number, rate="0.1", batch=8, least=0.0, size=1))
    # Python leaves an interrupt ignored where its parent does, as a shell does for what runs in its background.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from advisor.cli import main; main()"
    command = [sys.executable, "-c", program, "check", "--jobs", "2", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[1], start_new_session=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in said


def test_a_reader_that_goes_away_ends_the_run_without_a_word_and_without_a_clean_result(files: list[Path]) -> None:
    command = [sys.executable, "-c", "from advisor.cli import main; main()", "check", *map(str, files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 141
    assert b"Traceback" not in said and b"Broken" not in said


@pytest.mark.distributed
def test_a_dask_cluster_gives_what_one_process_gives(files: list[Path]) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        outcomes = list(advisor.lint_many(files, executor=client.get_executor(), chunk=4))
    assert [content(outcome) for outcome in outcomes] == [content(outcome) for outcome in advisor.lint_many(files)]
