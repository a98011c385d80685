"""A run directory: the most complete trainer state, its checkpoints, and the other logs that lie beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from advisor.errors import InputError
from advisor.history.history import Checkpoint, History
from advisor.history.merging import merge
from advisor.history.number import number_in
from advisor.history.recognition import load_document, read_log
from advisor.history.redaction import redacted
from advisor.history.trainer_state import checkpoint_of, is_trainer_state, read_trainer_state
from advisor.history.vocabulary import vocabulary

STATE = "trainer_state.json"
DEEPEST = 4
MOST_FILES = 400

_CHECKPOINT = re.compile(r"(?:checkpoint|global_step|step|epoch)[-_]?(\d{1,12})")
_TRAINER_CHECKPOINT = re.compile(r"checkpoint-(\d{1,12})")


def read_run_directory(path: Path, shown: str) -> History:
    """The history of the run whose output a directory is.

    Of several trainer states the one of the highest step counts: a checkpoint repeats the log of those before it. Reports, and files
    that need an optional package, are read only where nothing else holds a series.

    Raises InputError where nothing in the directory holds metrics, and where it holds several runs.
    """
    next(path.iterdir(), None)  # a directory that may not be opened is refused, one within it is passed over
    states = _States(path)
    remarks = states.remarks
    found = []
    if states.best is not None:
        found.append(replace(read_trainer_state(states.best, shown), checkpoints=tuple(states.checkpoints)))
    files = list(_files(path))
    first, refusals = _read_all([file for file in files if not _is_late(file)], shown)
    found.extend(first)
    refusals = [refusal for refusal in refusals if refusal.kind == "syntax"]
    if not any(history.series for history in found):
        late, left_out = _newest_run([file for file in files if _is_late(file)])
        if left_out:
            remarks.append(f"{left_out} further folders hold TensorBoard or W&B logs, of other runs it seems: the newest was read")
        second, more = _read_all(late, shown)
        found.extend(second)
        refusals.extend(more)
    runs = _runs_below(path)
    if not any(history.series for history in found) and runs:
        if len(runs) == 1:
            return replace(read_run_directory(runs[0], shown), path=shown)
        names = ", ".join(redacted(run.name, 60) for run in runs[:5])
        raise InputError("usage", f"the directory holds {len(runs)} runs: name one of them ({names}, ...)", path=shown)
    if not found:
        hint = f" ({refusals[-1].message})" if refusals else ""
        looked = "looked for trainer_state.json, checkpoint-*/trainer_state.json, JSONL, CSV, console, TensorBoard and W&B logs"
        raise InputError("unrecognised", f"no metric rows found: {looked}{hint}", path=shown)
    merged = merge(found)
    return replace(merged, path=shown, warnings=(*remarks, *merged.warnings))


def _newest_run(files: list[Path]) -> tuple[list[Path], int]:
    """The files without the binary logs of all folders but the one written last, and the number of those folders."""
    binary = [file for file in files if file.suffix.lower() == ".wandb" or "tfevents" in file.name]
    folders = {file.parent for file in binary}
    newest = max(binary, key=lambda file: (file.stat().st_mtime, str(file)), default=None)
    return [file for file in files if file not in binary or (newest and file.parent == newest.parent)], max(0, len(folders) - 1)


def _read_all(files: list[Path], shown: str) -> tuple[list[History], list[InputError]]:
    outcomes = [_tried(file, shown) for file in files]
    return (
        [outcome for outcome in outcomes if isinstance(outcome, History)],
        [outcome for outcome in outcomes if isinstance(outcome, InputError)],
    )


def _tried(file: Path, shown: str) -> History | InputError:
    try:
        return read_log(file, shown)
    except InputError as error:
        return error
    except OSError:
        return InputError("unreadable", "a file in it cannot be opened", path=shown)


class _States:
    """The checkpoints of a run in ascending order, the most complete trainer state, and remarks on states that cannot be read."""

    def __init__(self, path: Path) -> None:
        self.checkpoints: list[Checkpoint] = []
        self.remarks: list[str] = []
        self.best: Mapping[str, Any] | None = None
        self._take(path)
        for folder, step in sorted(_checkpoint_folders(path), key=lambda found: found[1]):
            state = self._take(folder, folder.name)
            checkpoint = Checkpoint(folder.name, step, {}, has_state=False) if state is None else checkpoint_of(state, folder.name, step)
            self.checkpoints.append(checkpoint)

    def _take(self, folder: Path, name: str | None = None) -> Mapping[str, Any] | None:
        if not (folder / STATE).is_file():
            return None
        try:
            state = load_document(folder / STATE, STATE)
        except (InputError, OSError):
            state = None
        if not is_trainer_state(state):
            self.remarks.append(f"{name or 'the directory'}: its trainer state is cut off or damaged, and was left out")
            return None
        if self.best is None or _reached(state) > _reached(self.best):
            self.best = state
        return cast(Mapping[str, Any], state)


def _reached(state: Mapping[str, Any]) -> tuple[float, int]:
    return number_in(state.get("global_step")) or 0.0, len(state["log_history"])


def _entries(path: Path) -> list[Path]:
    """What a folder holds; nothing where it may not be opened."""
    try:
        return sorted(path.iterdir())
    except OSError:
        return []


def _checkpoint_folders(path: Path) -> Iterator[tuple[Path, int]]:
    for folder in _entries(path):
        match = _TRAINER_CHECKPOINT.fullmatch(folder.name)
        if match and folder.is_dir():
            yield folder, int(match[1])


def _files(path: Path, depth: int = 0) -> Iterator[Path]:
    """Files that may be logs, those of other runs and of checkpoints left out; each once, however many links lead to it."""
    seen: set[Path] = set()
    for file in _walk(path, depth):
        real = file.resolve()
        if real not in seen:
            seen.add(real)
            yield file
        if len(seen) >= MOST_FILES:
            return


def _walk(path: Path, depth: int) -> Iterator[Path]:
    patterns = vocabulary().not_logs
    entries = _entries(path)
    for entry in entries:
        if entry.is_file() and not entry.name.startswith(".") and not any(fnmatchcase(entry.name.lower(), pattern) for pattern in patterns):
            yield entry
    for entry in entries:
        if depth < DEEPEST and _is_part_of_run(entry):
            yield from _walk(entry, depth + 1)


def _is_part_of_run(folder: Path) -> bool:
    if not folder.is_dir() or folder.is_symlink() or folder.name.startswith("."):
        return False
    return not _CHECKPOINT.fullmatch(folder.name) and not _is_run(folder)


def _is_run(path: Path) -> bool:
    return (path / STATE).is_file() or next(_checkpoint_folders(path), None) is not None


def _runs_below(path: Path) -> list[Path]:
    return [entry for entry in _entries(path) if entry.is_dir() and not _CHECKPOINT.fullmatch(entry.name) and _is_run(entry)]


def _is_late(path: Path) -> bool:
    """Reports, last values alone, and binary logs that need an optional package."""
    return path.suffix.lower() in (".md", ".ipynb", ".wandb") or "tfevents" in path.name or path.name == "wandb-summary.json"
