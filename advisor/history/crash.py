"""How a run ended, from the tracebacks, signals and warnings that its log holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from advisor.history.history import Event, Postmortem
from advisor.history.redaction import file_name, people_in, redacted

FRAMES_KEPT = 3
CALLERS_KEPT = 12
EVENTS_KEPT = 50
LONGEST_SIGNAL = 400

_HEADER = "Traceback (most recent call last)"
_FRAME = re.compile(r'File "([^"]*)", line (\d+)(?:, in (.+))?')
_EXCEPTION = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Interrupt|Exit|Timeout|Failure)\w*)(?::\s*(.*))?$")
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
# What a launcher raises because a worker failed: it repeats the fault, it is not the fault.
_LAUNCHERS = frozenset({"ChildFailedError", "CalledProcessError", "RayTaskError", "SystemExit", "WorkerCrashedError"})
_PREFIX = re.compile(
    r"^(?:\[\w*rank\s?\d+\]:?\s*"
    r"|\((?:\w+\s)?pid=[^)]*\)\s*"
    r"|\d{4}-\d\d-\d\d[ T][\d:,.]+\s*(?:-\s*)?(?:(?:ERROR|CRITICAL)\s*(?:-\s*)?)?)+"
)
_ANSI = re.compile(r"\x1b?\[[0-9;]*m|\x1b\[[0-9;?]*[A-Za-z]")
_INTERRUPTED = re.compile(
    r"received (SIGINT|SIGTERM|SIGKILL|SIGHUP)|^(Killed)$|CANCELLED (?:AT|DUE TO)|(DUE TO TIME LIMIT)|(oom-kill)|(Out Of Memory: Killed)",
)
_LEVEL = re.compile(r"(?:^|[\s\[|:-])(WARNING|WARN|ERROR|CRITICAL|FATAL)(?:\]|:|\s*-|\s)")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\bnan\b|\binf\b")


@dataclass(slots=True)
class _Trace:
    frames: list[str] = field(default_factory=list)
    exception: str | None = None
    message: str | None = None


def without_escapes(line: str) -> str:
    """A console line without colours."""
    return _ANSI.sub("", line)


class CrashWatcher:
    """Takes the lines of a console and remembers the tracebacks and signals since the last metric row."""

    def __init__(self) -> None:
        self._traces: list[_Trace] = []
        self._open: _Trace | None = None
        self._chained = False
        self._signal: str | None = None
        self.people: set[str] = set()
        """Names that home directories in the log betray."""
        self.unfinished: list[Postmortem] = []
        """Exceptions after which the run logged on."""

    def progressed(self) -> None:
        """A metric row was seen: whatever went wrong before did not end the run."""
        if self._traces or self._signal:
            survived = self.postmortem(None)
            if survived is not None:
                self.unfinished.append(survived)
            self._traces.clear()
            self._signal = None
        self._open = None

    def line(self, line: str) -> bool:
        """Take a line; True where it belongs to a traceback."""
        text = _PREFIX.sub("", line.rstrip())
        if _HEADER in text:
            if self._chained and self._traces:
                self._traces.pop()
            self._open = _Trace()
            self._chained = False
            return True
        if any(phrase in text for phrase in _CHAINED):
            self._chained = True
            return True
        if "home" in text or "Users" in text:
            self.people |= people_in(text)
        frame = _FRAME.search(text) if 'File "' in text else None
        if frame:
            if self._open is None:
                self._open = _Trace()
            place = f"{file_name(frame[1])}:{frame[2]}"
            self._open.frames.append(f"{place} in {redacted(frame[3], 80)}" if frame[3] else place)
            return True
        if self._open is not None:
            return self._inside(text)
        signal = _INTERRUPTED.search(text) if len(text) <= LONGEST_SIGNAL else None
        if signal:
            self._signal = next((group for group in signal.groups() if group), "CANCELLED")
        return False

    def _inside(self, text: str) -> bool:
        found = _EXCEPTION.match(text.strip()) if not text.startswith(" ") else None
        if found and self._open is not None:
            self._open.exception = found[1]
            self._open.message = redacted(found[2], people=self.people) if found[2] else None
            self._traces.append(self._open)
            self._open = None
        return True

    def postmortem(self, last_step: float | None) -> Postmortem | None:
        """The end of the run, if the lines since the last metric row tell of one."""
        traces = [trace for trace in self._traces if trace.exception not in _LAUNCHERS] or self._traces
        if traces:
            trace = traces[0]
            reason = "interrupted" if trace.exception == "KeyboardInterrupt" else "exception"
            frames, callers = tuple(trace.frames[-FRAMES_KEPT:]), _callers(trace.frames)
            return Postmortem(reason, last_step, None, trace.exception, trace.message, frames, callers)
        if self._open is not None and self._open.frames:
            return Postmortem("exception", last_step, frames=tuple(self._open.frames[-FRAMES_KEPT:]))
        if self._signal:
            return Postmortem("interrupted", last_step, exception=self._signal)
        return None


def _callers(frames: Sequence[str]) -> tuple[str, ...]:
    """The public functions above the frames that are kept, each once in a row."""
    names = [frame.rpartition(" in ")[2] for frame in frames[:-FRAMES_KEPT] if " in " in frame]
    named = [name for name in names if name.isidentifier() and not name.startswith("_")]
    return tuple(name for name, _ in groupby(named))[:CALLERS_KEPT]


def traced(text: str) -> Postmortem | None:
    """The exception that a traceback ends with."""
    watcher = CrashWatcher()
    for line in text.splitlines():
        watcher.line(line)
    return watcher.postmortem(None)


@dataclass(slots=True)
class _Counted:
    kind: Literal["warning", "error"]
    text: str
    count: int
    first: int
    last: int


class EventCounter:
    """Counts the warnings and errors of a log; lines that differ in numbers only are one event."""

    def __init__(self) -> None:
        self._events: dict[str, _Counted] = {}

    def line(self, line: str, row: int, people: Collection[str] = ()) -> bool:
        """Take a line that stands before metric row number `row`; True where it is a warning or an error."""
        level = _LEVEL.search(line[:200])
        if level is None:
            return False
        text = line[level.end() :].lstrip(" -:|]\t").rstrip()
        if not text or _HEADER in text:
            return True
        shape = _NUMBER.sub("#", text)[:200]
        known = self._events.get(shape)
        if known is not None:
            known.count += 1
            known.last = row
        elif len(self._events) < EVENTS_KEPT:
            kind: Literal["warning", "error"] = "warning" if level[1].startswith("WARN") else "error"
            self._events[shape] = _Counted(kind, redacted(text, people=people), 1, row, row)
        return True

    def events(self, steps: Sequence[float | None]) -> tuple[Event, ...]:
        """The events, each with the steps of the rows that it led to; `steps` holds those of all rows."""

        def step(row: int) -> float | None:
            return steps[min(row, len(steps) - 1)] if steps else None

        return tuple(Event(one.kind, one.text, one.count, step(one.first), step(one.last)) for one in self._events.values())


def merged_events(groups: Iterable[tuple[Event, ...]]) -> tuple[Event, ...]:
    """Events of several logs of one run, each text once."""
    found: dict[str, Event] = {}
    for group in groups:
        for event in group:
            found.setdefault(event.text, event)
    return tuple(found.values())
