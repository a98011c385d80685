"""The format of a text whose name does not tell: standard input, `.txt`, `.cfg`, no extension."""

from __future__ import annotations

import re

from advisor.source.document import Format

_SHEBANG = re.compile(r"#!.*?\b(python|(?:ba|z|da|k)?sh\b)")
_JSON = re.compile(r"\s*\{\s*[\"}]")
_PYTHON = re.compile(r"(?m)^(?:from [\w.]+ import |import \w|def \w+\(|class \w+[(:]|@\w|if __name__)")
_LAUNCHED = r"(?:python3?|accelerate|torchrun|deepspeed|swift|trl|bash|ray|uv) .*\S$"
_SHELL = re.compile(rf"(?m)^(?:export \w+=|set -\w|\w+=\(\s*$|(?:[A-Z_]+=\S* )*{_LAUNCHED})")
_TOML = re.compile(r"(?m)^[ \t]*\[\[?[ \t]*[\w\"'][^\[\]=\n]*\]\]?[ \t]*(?:#.*)?$")
_YAML = re.compile(r"(?m)^[ \t]*[\w\"'.-]+[ \t]*:(?:[ \t]|$)")
_ASSIGNMENT = re.compile(r"(?m)^[\w.\"'-]+[ \t]*=[ \t]*\S")
_TOML_WORD = re.compile(r"(?m)^[\w.\"'-]+[ \t]*=[ \t]*(?:true|false)\b|^\w+(?:[.-]\w+)+[ \t]*=")


def sniff(text: str) -> Format:
    """Guesses the format of a text without a telling name: a shebang, JSON's brackets, then what its lines look like, else YAML."""
    shebang = _SHEBANG.match(text)
    if shebang:
        return "python" if shebang[1] == "python" else "shell"
    if _JSON.match(text):
        return "json"
    if _PYTHON.search(text):
        return "python"
    if _TOML.search(text) and not _YAML.search(text):
        return "toml"
    if _SHELL.search(text) and not _YAML.search(text):
        return "shell"
    if _ASSIGNMENT.search(text) and not _YAML.search(text):
        return "toml" if _TOML_WORD.search(text) else "python"
    return "yaml"
