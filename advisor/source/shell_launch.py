"""A command taken apart: which program runs, through which launcher, and which of the words are its arguments."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from advisor.source.shell_pieces import Word

_WRAPPERS = frozenset(
    {"command", "conda", "env", "exec", "hatch", "mpirun", "nohup", "numactl", "pdm", "pipenv", "poetry", "ray", "rye", "setsid", "srun"}
    | {"stdbuf", "sudo", "taskset", "time", "timeout", "torchx", "unbuffer", "uv"}
)
"""Programs that run another one which is named among their arguments."""

_LAUNCHERS = {"accelerate": "launch", "colossalai": "run", "deepspeed": "", "torchrun": "", "tune": "run"}
"""Programs that start a script on several devices, with the subcommand that does so."""

_LAUNCHER_MODULES = frozenset(
    {"accelerate.commands.launch", "deepspeed.launcher.runner", "torch.distributed.launch", "torch.distributed.run"}
)
_INSTALLERS = frozenset(
    {"apt", "apt-get", "aws", "cat", "cd", "cp", "curl", "docker", "echo", "export", "find", "git", "grep", "gsutil", "hf"}
    | {"huggingface-cli", "kill", "ls", "mkdir", "mv", "nvidia-smi", "pip", "pip3", "pkill", "printf", "rm", "rsync", "scp", "sed"}
    | {"set", "sleep", "ssh", "tar", "tee", "ulimit", "unset", "wandb", "wget"}
)
"""Programs whose options are never settings of a training run."""


_BESIDE_TRAINING = frozenset(
    {"benchmark", "convert", "converter", "deploy", "eval", "evaluate", "evaluation", "export", "generate", "generation", "infer"}
    | {"inference", "merge", "merger", "prepare", "preprocess", "sample", "sampling", "score", "serve", "server", "tokenize"}
)
"""Words in the names of programs that make a run's data, hold its models or measure it."""


class Launch(NamedTuple):
    """What a command starts: names for recognition, the launcher's options, the program's own arguments."""

    calls: tuple[str, ...] = ()
    options: tuple[Word, ...] = ()
    arguments: tuple[Word, ...] = ()


def serves_training(started: Launch) -> bool:
    """Whether a program's name says that it does something beside training: `openrlhf.cli.batch_inference`, `merge_lora.py`."""
    words = {word for name in started.calls[-1:] for word in re.split(r"[^a-z]+", name.rpartition("/")[2].lower())}
    return not words.isdisjoint(_BESIDE_TRAINING) and not any(word.startswith("train") for word in words)


def launch(words: tuple[Word, ...]) -> Launch:
    """Takes a command apart."""
    if not words:
        return Launch()
    program = words[0].text.rpartition("/")[2]
    if program.startswith("-"):
        return Launch()
    if program in _INSTALLERS:
        return Launch((program,))
    if program in _WRAPPERS:
        return _wrapped(program, words)
    if program.startswith("python"):
        return _python(words)
    if program in _LAUNCHERS:
        return _launched(program, words)
    if program.endswith((".py", ".sh")):
        return _script_run(words[0].text, words[1:])
    return _command_line(program, words)


def _wrapped(program: str, words: tuple[Word, ...]) -> Launch:
    for index, word in enumerate(words[1:], 1):
        name = word.text.rpartition("/")[2]
        if word.text == "--" or name in _LAUNCHERS or name in _WRAPPERS or name.startswith("python") or name.endswith(".py"):
            inner = launch(words[index + 1 :] if word.text == "--" else words[index:])
            return Launch((program, *inner.calls), inner.options, inner.arguments)
    plain = [index for index, word in enumerate(words) if index and not word.text.startswith("-") and "=" not in word.text]
    # `uv run tool`, `nohup tool`: the program is the first word that is neither an option nor the wrapper's own subcommand.
    if plain and words[plain[0]].text in ("exec", "run") and len(plain) > 1:
        plain = plain[1:]
    inner = launch(words[plain[0] :]) if plain else Launch()
    return Launch((program, *inner.calls), inner.options, inner.arguments)


def _python(words: tuple[Word, ...]) -> Launch:
    index = 1
    while index < len(words):
        text = words[index].text
        if text == "-m" and index + 1 < len(words):
            module = words[index + 1].text
            if module in _LAUNCHER_MODULES:
                started = _launched(module, words[index + 1 :])
                return Launch((module, *started.calls[1:]), started.options, started.arguments)
            return Launch((module,), (), words[index + 2 :])
        if text == "-c":
            return Launch(("python",))
        if not text.startswith("-"):
            return _script_run(text, words[index + 1 :])
        index += 2 if text in ("-X", "-W") else 1
    return Launch(("python",))


def _script_run(script: str, words: tuple[Word, ...]) -> Launch:
    """A script with its arguments; one that submits a job gets the job's command behind `--`, perhaps several joined by `&&`."""
    marks = [index for index, word in enumerate(words) if word.text == "--"]
    if marks:
        command = words[marks[0] + 1 :]
        joints = [-1, *(index for index, word in enumerate(command) if word.text in ("&&", ";")), len(command)]
        for before, after in reversed(list(pairwise(joints))):
            inner = launch(command[before + 1 : after])
            if inner.calls and inner.arguments:
                return Launch((script, *inner.calls), (*words[: marks[0]], *inner.options), inner.arguments)
    return Launch((script,), (), words)


def _launched(program: str, words: tuple[Word, ...]) -> Launch:
    subcommand = _LAUNCHERS.get(program, "")
    first = 1
    if subcommand:
        if len(words) < 2 or words[1].text != subcommand:
            return _command_line(program, words)
        first = 2
    script = _script(words, first)
    called = f"{program} {subcommand}".strip()
    if script is None:
        return Launch((called,), words[first:])
    is_module = words[script - 1].text in ("-m", "--module")
    options = words[first : script - 1] if is_module else words[first:script]
    return Launch((called, words[script].text), options, words[script + 1 :])


def _script(words: tuple[Word, ...], index: int) -> int | None:
    """The place of the script or module behind a launcher's options, of which some take a value and some do not."""
    while index < len(words):
        text = words[index].text
        following = words[index + 1].text if index + 1 < len(words) else ""
        if text in ("-m", "--module"):
            return index + 1 if following else None
        if not text.startswith("-"):
            return index
        takes_value = "=" not in text and following and not following.startswith("-") and not following.endswith(".py")
        index += 2 if takes_value else 1
    return None


def _command_line(program: str, words: tuple[Word, ...]) -> Launch:
    index = 1
    while index < len(words) and words[index].text[:1].isalpha() and "=" not in words[index].text and "." not in words[index].text:
        index += 1
    subcommands = [word.text for word in words[1:index]]
    return Launch((" ".join([program, *subcommands[:1]]),), (), words[index:])
