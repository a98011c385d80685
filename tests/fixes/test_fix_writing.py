import errno
import os
import stat
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.fixes.writing import suggested_path, write


def litter(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    write(path, "a: 1\r\nb: ü\n", bom=True)
    assert path.read_bytes() == b"\xef\xbb\xbfa: 1\r\nb: \xc3\xbc\n"
    assert litter(tmp_path) == {"config.yaml"}


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_mode_is_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\n")
    path.chmod(mode)
    write(path, "a: 2\n", expected="a: 1\n")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "a: 2\n"


def test_a_new_file_takes_the_mode_of_its_original(tmp_path: Path) -> None:
    original = tmp_path / "config.yaml"
    original.write_text("a: 1\n")
    original.chmod(0o600)
    write(suggested_path(original), "a: 2\n", like=original)
    assert stat.S_IMODE((tmp_path / "config.suggested.yaml").stat().st_mode) == 0o600
    assert original.read_text() == "a: 1\n"


def test_a_new_file_without_an_original_has_the_usual_mode(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.write_text("")
    write(tmp_path / "new", "a: 1\n")
    assert (tmp_path / "new").stat().st_mode == usual.stat().st_mode


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "config.yaml"
    real.write_text("a: 1\n")
    link = tmp_path / "link.yaml"
    link.symlink_to(Path("real") / "config.yaml")
    write(link, "a: 2\n", expected="a: 1\n")
    assert link.is_symlink()
    assert real.read_text() == "a: 2\n"
    assert litter(tmp_path / "real") == {"config.yaml"}


@pytest.mark.parametrize("name", ["replace", "fsync"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\n")

    def interrupted(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, name, interrupted)
    with pytest.raises(InputError if isinstance(error, OSError) else KeyboardInterrupt) as raised:
        write(path, "a: 2\n")
    assert path.read_text() == "a: 1\n"
    assert litter(tmp_path) == {"config.yaml"}
    if isinstance(raised.value, InputError):
        assert "No space left" in str(raised.value)
        assert str(path) in str(raised.value)


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\nb: 2\n")
    with pytest.raises(InputError, match="changed by someone else"):
        write(path, "a: 3\n", expected="a: 1\n")
    path.unlink()
    with pytest.raises(InputError, match="gone"):
        write(path, "a: 3\n", expected="a: 1\n")
    assert litter(tmp_path) == set()


def test_expected_text_is_compared_without_the_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    write(path, "a: 2\r\n", bom=True, expected="a: 1\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbfa: 2\r\n"


def test_two_processes_do_not_lose_a_change(tmp_path: Path) -> None:
    """The second waits for the first, finds the file changed and leaves it."""
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\n")
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        descriptor = os.open(path, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        (tmp_path / "theirs").write_text("a: theirs\n")
        (tmp_path / "theirs").replace(path)
        os._exit(0)
    os.read(ready[0], 1)
    os.write(go[1], b"x")
    with pytest.raises(InputError, match="changed by someone else"):
        write(path, "a: ours\n", expected="a: 1\n")
    os.waitpid(child, 0)
    assert path.read_text() == "a: theirs\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_write_protection_is_respected(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\n")
    path.chmod(0o400)
    with pytest.raises(InputError, match="write-protected"):
        write(path, "a: 2\n")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="Permission denied"):
            write(tmp_path / "new.yaml", "a: 2\n")
    finally:
        tmp_path.chmod(0o700)


def test_no_regular_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no regular file"):
        write(tmp_path, "a: 1\n")
    with pytest.raises(InputError, match="No such file"):
        write(tmp_path / "absent" / "config.yaml", "a: 1\n")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(InputError):
        write(loop, "a: 1\n")


def test_text_that_utf8_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="UTF-8") as raised:
        write(tmp_path / "config.yaml", "a: \ud800\n")
    assert raised.value.kind == "encoding"
    assert litter(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("config.yaml", "config.suggested.yaml"),
        ("dir/run.v2.yml", "dir/run.v2.suggested.yml"),
        ("config", "config.suggested"),
        ("train.py", "train.suggested.py"),
    ],
)
def test_suggested_path(name: str, suggested: str) -> None:
    assert suggested_path(Path(name)) == Path(suggested)
