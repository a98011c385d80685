"""Text of a log made fit to be shown: a log names people, machines and folders that no report may repeat."""

from __future__ import annotations

import re
from collections.abc import Collection

LONGEST = 300

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s'\"<>)\]]+", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_HOME = re.compile(r"([\\/](?:home|Users)[\\/]+)([^\\/\s'\":,;]+(?:[ ][^\\/\s'\":,;]+)?(?=[\\/])|[^\\/\s'\":,;]+)", re.IGNORECASE)
_PATH = re.compile(r"(?:\b[A-Za-z]:|(?<![\w.\]\\/]))(?:~[\w.-]*|\.{1,2})?(?:[\\/]+[\w.@+=%~$-]+)+[\\/]?")
_NUMERIC_HOST = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b", re.IGNORECASE)
_NAMED = re.compile(r"\b((?:host(?:name)?|node(?:name)?|server|user(?:name)?|login|account|machine)\s*[=:]\s*)[^\s,;)]+", re.IGNORECASE)
_DOMAIN = re.compile(r"\b(?:[\w-]+\.)+(?:local|internal|lan|cluster|com|org|net|edu|io|ai|dev)\b", re.IGNORECASE)
_NAMED_SECRET = re.compile(
    r"((?:(?:hf|hub|auth|access|api|bearer)[_-]?token|(?:api|access|private|secret)[_-]?key|secret|passw\w*|pwd)\s*[=:]\s*)[^\s,;]+",
    re.IGNORECASE,
)
_SECRET = re.compile(r"\b(?:hf_|sk-|gh[pousr]_|AKIA|xox[abp]-)[\w-]{8,}|\b[0-9a-f]{32,}\b")
_PRIVATE_KEY = re.compile(
    r"token$|tokens?_|secret|passw|api_?key|credential|e_?mail|user|host|author|entity|owner|dir$|(?<!or_)path|file|folder|url|argv|cmd|hub_",
    re.IGNORECASE,
)
_PLACEHOLDER = "~"


def people_in(text: str) -> set[str]:
    """Whose home directories a text names."""
    return {match[2] for match in _HOME.finditer(text)}


def redacted(text: str, longest: int = LONGEST, people: Collection[str] = ()) -> str:
    """A line without control characters, folders, addresses, host names and secrets; a path keeps its last part only.

    `people` are names found elsewhere in the log, which are removed as those in this line are.
    """
    text = _CONTROL.sub("", text[: 8 * longest])
    people = people_in(text).union(people)
    text = _HOME.sub(rf"\1{_PLACEHOLDER}", text)
    text = _URL.sub("<address>", text)
    text = _ADDRESS.sub("<address>", text)
    text = _NAMED_SECRET.sub(r"\1<removed>", text)
    text = _SECRET.sub("<removed>", text)
    text = _PATH.sub(lambda match: file_name(match[0]), text)
    text = _NUMERIC_HOST.sub("<host>", text)
    text = _NAMED.sub(r"\1<removed>", text)
    text = _DOMAIN.sub("<host>", text)
    for name in people:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<removed>", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def is_private(key: str) -> bool:
    """Whether the name of a logged setting says that its value is a place, a person or a secret."""
    return bool(_PRIVATE_KEY.search(key))


def file_name(path: str) -> str:
    """The last part of a path written on any system; nothing of a home directory."""
    last = re.split(r"[\\/]", path.rstrip("\\/"))[-1]
    return "<home>" if last.startswith(_PLACEHOLDER) or not last else last
