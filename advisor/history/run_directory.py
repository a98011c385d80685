"""A run directory: the most complete trainer state, its checkpoints, and the other logs that lie beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

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
    checkpoints, states, remarks = _states(path)
    found = [replace(_best(states, shown), checkpoints=checkpoints)] if states else []
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


def _states(path: Path) -> tuple[tuple[Checkpoint, ...], list[Mapping[str, Any]], list[str]]:
    """The checkpoints in ascending order, the readable trainer states, and remarks on those that are not."""
    states = []
    checkpoints = []
    remarks = []
    root = _state(path / STATE)
    if root is not None:
        states.append(root)
    for folder, step in _checkpoint_folders(path):
        state = _state(folder / STATE)
        if state is None and (folder / STATE).is_file():
            remarks.append(f"{folder.name}: its trainer state is cut off or remarks, and was left out")
        if state is None:
            checkpoints.append(Checkpoint(folder.name, step, {}, has_state=False))
        else:
            states.append(state)
            checkpoints.append(checkpoint_of(state, folder.name, step))
    return tuple(sorted(checkpoints, key=lambda checkpoint: checkpoint.step)), states, remarks


def _checkpoint_folders(path: Path) -> Iterator[tuple[Path, int]]:
    for folder in sorted(path.iterdir()):
        match = _TRAINER_CHECKPOINT.fullmatch(folder.name)
        if match and folder.is_dir():
            yield folder, int(match[1])


def _state(path: Path) -> Mapping[str, Any] | None:
    try:
        document = load_document(path, path.name) if path.is_file() else None
    except InputError:
        return None
    return document if is_trainer_state(document) else None


def _best(states: list[Mapping[str, Any]], shown: str) -> History:
    def reached(state: Mapping[str, Any]) -> tuple[float, int]:
        return number_in(state.get("global_step")) or 0.0, len(state["log_history"])

    return read_trainer_state(max(states, key=reached), shown)


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
    try:
        entries = sorted(path.iterdir())
    except OSError:
        return
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
    return [entry for entry in sorted(path.iterdir()) if entry.is_dir() and not _CHECKPOINT.fullmatch(entry.name) and _is_run(entry)]


def _is_late(path: Path) -> bool:
    """Reports, last values alone, and binary logs that need an optional package."""
    return path.suffix.lower() in (".md", ".ipynb", ".wandb") or "tfevents" in path.name or path.name == "wandb-summary.json"
