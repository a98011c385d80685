"""The event stream of a YAML text, from libyaml where PyYAML has it, and what goes wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

import yaml

from advisor.errors import InputError
from advisor.source.limits import refusal

_TAB_CHECK_LIMIT = 200_000
"""Code points. Above it PyYAML's Python loader takes seconds, and nobody would load such a file with it."""


SCALAR: type[object] = yaml.ScalarEvent
ALIAS: type[object] = yaml.AliasEvent
MAPPING_START: type[object] = yaml.MappingStartEvent
MAPPING_END: type[object] = yaml.MappingEndEvent
SEQUENCE_END: type[object] = yaml.SequenceEndEvent
DOCUMENT_START: type[object] = yaml.DocumentStartEvent


class Mark(Protocol):
    """A place: `index` in code points, `line` and `column` from 0."""

    index: int
    line: int
    column: int


class Event(Protocol):
    """What PyYAML's event classes hold, less the `None` that their stubs allow for and no parser makes. Each class has some of these."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    flow_style: bool


def event_source(text: str) -> Callable[[], Event]:
    """A function that gives the next event at each call. It may raise yaml.YAMLError, as may this one."""
    parser: Any
    try:
        from yaml._yaml import CParser
    except ImportError:
        parser = yaml.SafeLoader(text)
    else:
        parser = CParser(text)
    return cast(Callable[[], Event], parser.get_event)


def syntax_error(path: str, text: str, error: yaml.YAMLError) -> InputError:
    """PyYAML's complaint as ours: what, and where."""
    if isinstance(error, yaml.reader.ReaderError):
        character = yaml.reader.Reader.NON_PRINTABLE.search(text)
        offset = character.start() if character else 0
        message = f"the character U+{ord(text[offset]):04X} may not stand in YAML; remove it"
        return refusal(path, text, offset, message)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or "this is not YAML"
    context = getattr(error, "context", None)
    message = f"{problem} ({context})" if context and context != problem else str(problem)
    if mark is None:
        return InputError("syntax", message, path=path)
    # The mark's own line counts breaks, such as U+2028, that no editor shows as one.
    return refusal(path, text, mark.index, message)


def tab_warnings(text: str) -> tuple[str, ...]:
    """libyaml takes tabs as separation; PyYAML's own loader, which `yaml.safe_load` uses, refuses the file."""
    if "\t" not in text or len(text) > _TAB_CHECK_LIMIT:
        return ()
    loader: Any = yaml.SafeLoader(text)
    try:
        while loader.get_event() is not None:
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        return (f"{place}PyYAML's Python loader (yaml.safe_load) refuses this tab; put spaces in its place",)
    return ()
