import shutil
import subprocess
from pathlib import Path

import pytest

from advisor.fixes.difference import unified_diff
from advisor.source.reading import read

BEFORE = 'a = 1\r\nb = "x\u2028y\x0bz"\nlr = 5e-7'
AFTER = 'a = 1\r\nb = "x\u2028y\x0bz"\nlr = 5e-6'


def test_diff() -> None:
    assert unified_diff(read("conf/a.yaml", b"x: 1\nlr: 5e-7\n"), "x: 1\nlr: 5.0e-6\n", "conf/a.suggested.yaml") == (
        "--- a/conf/a.yaml\n+++ b/conf/a.suggested.yaml\n@@ -1,2 +1,2 @@\n x: 1\n-lr: 5e-7\n+lr: 5.0e-6\n"
    )


def test_a_missing_last_newline_is_marked() -> None:
    text = unified_diff(read("a.yaml", b"lr: 5e-7"), "lr: 5.0e-6", "a.yaml")
    assert text.endswith("-lr: 5e-7\n\\ No newline at end of file\n+lr: 5.0e-6\n\\ No newline at end of file\n")


def test_equal_texts_have_no_diff() -> None:
    assert unified_diff(read("a.yaml", b"lr: 5e-7\n"), "lr: 5e-7\n", "b.yaml") == ""


def test_absolute_paths_have_no_double_slash() -> None:
    assert unified_diff(read("/tmp/a.yaml", b"lr: 5e-7\n"), "lr: 1\n", "/tmp/a.yaml").startswith("--- a/tmp/a.yaml\n+++ b/tmp/a.yaml\n")


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_applies_it(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_bytes(BEFORE.encode())
    patch = unified_diff(read("config.py", BEFORE.encode()), AFTER, "config.py")
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "config.py").read_bytes() == AFTER.encode()
