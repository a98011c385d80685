"""The traced process: its time limit, its answers, and what it is kept from. The tracer itself is played by short scripts."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.exact import process
from advisor.exact.case import CannotTraceError, Case

CASE = Case({"model_type": "llama"}, {"method": "dpo"}, None, (), ())


def play(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", script))


def test_the_answer_is_the_child_s(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "import json, sys; print(json.dumps({'traced': json.load(sys.stdin)}))")
    assert process.run(CASE, 60)["traced"] == {"config": {"model_type": "llama"}, "settings": {"method": "dpo"}, "optimizer": None}


def test_a_child_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "import time; time.sleep(60)")
    started = time.monotonic()
    with pytest.raises(CannotTraceError, match=r"time limit of 0\.5 s ran out \(--time-limit\)"):
        process.run(CASE, 0.5)
    assert time.monotonic() - started < 30


def test_a_child_that_dies_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "raise SystemExit('out of luck')")
    with pytest.raises(CannotTraceError, match="no answer: out of luck"):
        process.run(CASE, 60)


def test_an_error_of_the_tracer_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, """print('{"error": "ValueError: heads"}')""")
    with pytest.raises(CannotTraceError, match="cannot be built or run here: ValueError: heads"):
        process.run(CASE, 60)


def test_it_runs_offline_without_a_gpu_and_imports_nothing_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "advisor").mkdir()
    (tmp_path / "advisor" / "__init__.py").write_text("raise SystemExit('imported from the working folder')")
    monkeypatch.chdir(tmp_path)
    play(monkeypatch, "import advisor, json, os; print(json.dumps({'traced': [advisor.__file__, os.listdir(), dict(os.environ)]}))")
    package, files, environment = process.run(CASE, 60)["traced"]
    assert Path(package).parent == Path(process.__file__).parents[1]
    assert files == []
    assert (environment["HF_HUB_OFFLINE"], environment["CUDA_VISIBLE_DEVICES"]) == ("1", "")
    assert all(Path(path).is_absolute() for path in environment["PYTHONPATH"].split(os.pathsep))


def test_missing_packages_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PACKAGES", ("json", "no_such_package_here"))
    with pytest.raises(InputError, match=r"--exact needs no_such_package_here: pip install 'rlhf-lint\[exact\]'"):
        process.required()


def test_the_child_says_what_it_lacks_and_not_with_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real child, with packages that raise when they are imported, or without any."""
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", CHILD))
    with pytest.raises(CannotTraceError, match=r"cannot be built or run here: ModuleNotFoundError: .*torch"):
        process.run(CASE, 60)


CHILD = "import sys; sys.modules['torch'] = None; from advisor.exact.child import main; sys.exit(main())"
