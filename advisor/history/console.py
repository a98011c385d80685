"""What a run printed: progress bars, dictionaries, `key:value` lines, stage lines, warnings and tracebacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from advisor.history.assembly import Findings, assembled, has_metrics
from advisor.history.columns import Columns
from advisor.history.console_steps import Counting, Row, place
from advisor.history.crash import CrashWatcher, EventCounter, without_escapes
from advisor.history.history import History
from advisor.history.micro_steps import MicroSteps
from advisor.history.number import number_in
from advisor.history.printed_settings import PrintedSettings
from advisor.history.vocabulary import Vocabulary, vocabulary

LONGEST_LINE = 20_000
LINES_BETWEEN = 3

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?(?:nan|inf(?:inity)?)"
_BRACES = re.compile(r"\{[^{}]*\}")
_QUOTED = re.compile(
    rf"""['"]([^'"]{{1,120}})['"]\s*:\s*(?:(?:np|numpy|torch)?\.?\w*\()?\s*['"]?({_NUMBER})(?![\w.])""",
    re.IGNORECASE,
)
_PROGRESS = re.compile(r"(?<!\d)(\d{1,15})/(\d{1,15}) \[(?:\d+:)?\d+:\d\d<[^\]]{0,2000}\]?")
_POSTFIX = re.compile(rf"(?<![\w/.@-])([A-Za-z_][\w/.@-]*)=({_NUMBER})(?![\w.])", re.IGNORECASE)
_VERL = re.compile(r"(?:^|[\s)])step:\s?(\d+) - (.+)")
_VERL_VALUE = re.compile(rf"^(?:(?:np|numpy)\.\w+\()?({_NUMBER})\)?$", re.IGNORECASE)
_COUNTED = re.compile(
    r"\b(global[ _]?step|step|iter(?:ation)?|epoch)s?\b\s{0,4}[:=#]?\s{0,4}\[?(\d{1,15})(?:\s{0,4}/\s{0,4}(\d{1,15}))?", re.IGNORECASE
)
_PAIR = re.compile(
    rf"(?<![\w/.@-])([A-Za-z_][\w/.@-]*(?: (?:loss|reward|norm|score|accuracy))*)\s?[:= ]\s?({_NUMBER})(ms|s)?(?![\w.])", re.IGNORECASE
)
_SIDE = re.compile(r"\[(eval|evaluation|val|validation|test)\]\s", re.IGNORECASE)
_TRAILING = re.compile(rf"average reward score:\s*({_NUMBER})", re.IGNORECASE)
_FINISHED = re.compile(r"training (?:is )?(?:completed|finished)|finished training|train(?:ing)? done\b", re.IGNORECASE)


@dataclass(slots=True)
class _Reader:
    words: Vocabulary
    rows: list[Row] = field(default_factory=list)
    events: EventCounter = field(default_factory=EventCounter)
    crash: CrashWatcher = field(default_factory=CrashWatcher)
    micro: MicroSteps = field(default_factory=MicroSteps)
    counting: Counting = field(default_factory=Counting)
    settings: PrintedSettings = field(init=False)
    bar: tuple[int, int] | None = None
    bars: Counter[int] = field(default_factory=Counter)
    finished: bool = False
    repeated: int = 0
    since: int = 0

    def __post_init__(self) -> None:
        self.settings = PrintedSettings(self.words.printed_settings)

    def line(self, raw: str) -> None:
        line = without_escapes(raw)
        if self.settings.line(line):
            return
        self.crash.line(line)
        before = len(self.rows)
        self.since += 1
        if self.micro.line(line):
            return
        if not (self._verl(line) or self._marked(line)):
            self._counted(line)
        if len(self.rows) == before and not self.events.line(line, before, self.crash.people) and _FINISHED.search(line):
            self.finished = True
        if len(self.rows) > before:
            self.crash.progressed()
            self.since = 0

    def _add(self, row: Row) -> None:
        if self.rows and self.rows[-1].values == row.values and self.rows[-1].step == row.step and row.source == "dict":
            self.repeated += 1
            return
        row.before = self.bar
        self.rows.append(row)

    def _verl(self, line: str) -> bool:
        if " - " not in line or "step:" not in line:
            return False
        match = _VERL.search(line)
        if not match:
            return False
        values = {}
        for part in match[2].split(" - "):
            key, _, text = part.rpartition(":")
            number = _VERL_VALUE.match(text.strip())
            if number and key:
                values[key.strip()] = float(number[1])
        if values:
            self._add(Row(values, float(match[1]), "verl"))
        return bool(values)

    def _marked(self, line: str) -> bool:
        """Dictionaries and progress bars, in the order in which they stand in the line."""
        found = False
        marks: list[tuple[int, re.Match[str]]] = []
        if "{" in line:
            marks.extend((match.start(), match) for match in _BRACES.finditer(line))
        if "[" in line and "<" in line:
            marks.extend((match.start(), match) for match in _PROGRESS.finditer(line))
        for _, match in sorted(marks, key=lambda mark: mark[0]):
            found = (self._progress(match, line) if match.re is _PROGRESS else self._dictionary(match, line)) or found
        return found

    def _dictionary(self, match: re.Match[str], line: str) -> bool:
        values = {key: float(text) for key, text in _QUOTED.findall(match[0])}
        if not any(self.words.known(key) or key in self.words.summary_keys for key in values):
            return False
        key = self.words.step_key(values)
        counted = _COUNTED.search(line[: match.start()]) if key is None else None
        step = values[key] if key is not None else float(counted[2]) if counted and "step" in counted[1].lower() else None
        self._add(Row(values, step, "dict", _is_evaluation(values, self.words)))
        return True

    def _progress(self, match: re.Match[str], line: str) -> bool:
        position, end = int(match[1]), int(match[2])
        self.bar = (position, end)
        self.bars[end] += 1
        if self.rows and self.rows[-1].after is None and self.since <= LINES_BETWEEN:
            self.rows[-1].after = self.bar
        values = {key: float(text) for key, text in _POSTFIX.findall(match[0])}
        if not any(self.words.known(key) for key in values):
            return False
        epoch = _COUNTED.search(line[: match.start()])
        number = float(epoch[2]) if epoch and epoch[1].lower() == "epoch" else None
        step = self.counting.continuous(position, number, float(end))
        if self.rows and self.rows[-1].source == "bar" and self.rows[-1].step == step:
            self.rows[-1].values.update(values)
        else:
            self._add(Row(values, step, "bar"))
        return True

    def _counted(self, line: str) -> None:
        """`iter 3: loss 0.12`, `Step 4 | loss:0.6`, `epoch: 0|step: 1|act_loss: ..`, `[eval] loss=0.69`."""
        trailing = _TRAILING.search(line)
        if trailing and self.rows:
            self.rows[-1].values["average_reward_score"] = float(trailing[1])
            return
        side = _SIDE.search(line)
        counters = {match[1].lower().replace(" ", "_"): match for match in _COUNTED.finditer(line)}
        if not counters and not side:
            return
        values: dict[str, float] = {}
        for key, text, unit in _PAIR.findall(line):
            name = f"{key.strip()}_{unit}" if unit else key.strip()
            values.setdefault(name.replace(" ", "_"), float(text))
        for name in counters:
            values.pop(name, None)
        if not any(self.words.known(key) for key in values):
            return
        if side:
            self._add(Row({f"eval_{key}": value for key, value in values.items()}, None, "side", evaluation=True))
            return
        epoch = next((float(match[2]) for name, match in counters.items() if name == "epoch"), None)
        match = next((match for name, match in counters.items() if name != "epoch"), None)
        step = None
        if match is not None:
            step = self.counting.continuous(float(match[2]), epoch, number_in(match[3]))
        if epoch is not None:
            values["epoch"] = epoch
        values.update(self.micro.take())
        self._add(Row(values, step, "counted"))


def read_console(lines: Iterable[str], path: str) -> History | None:
    """The metric rows, warnings and end of a console log; None where it holds neither a metric nor a fault.

    Dictionaries carry no step: it is taken from the progress bar that is drawn again after each of them. Where there is no bar,
    training rows are numbered from 1, and evaluation rows belong to the training row before them. (verl prints its first validation
    as a dictionary and as a line with a step: the line counts.)
    """
    reader = _Reader(vocabulary())
    for line in lines:
        for piece in _pieces(line):
            reader.line(piece)
    if any(row.source == "verl" for row in reader.rows):
        reader.rows = [row for row in reader.rows if row.source != "dict" or row.step is not None]
    columns = Columns(reader.words)
    findings = Findings()
    findings.steps_known = place(reader.rows, reader.words)
    for row in reader.rows:
        columns.add({**row.values, "step": row.step} if row.step is not None else row.values)
    last = next((row.step for row in reversed(reader.rows) if row.step is not None), None) if findings.steps_known else None
    findings.note_config(reader.settings.values)
    findings.events = reader.events.events([row.step for row in reader.rows])
    findings.postmortem = reader.crash.postmortem(last)
    if not has_metrics(columns) and findings.postmortem is None:
        return None
    findings.framework = reader.words.framework(columns.logged) or ("micro-steps" if reader.micro.seen else None)
    if findings.postmortem is not None:
        findings.ended = "crashed" if findings.postmortem.exit_reason == "exception" else "truncated"
    elif reader.finished or _bar_reached_its_end(reader):
        findings.ended = "finished"
    if reader.repeated:
        findings.warnings.append(f"{reader.repeated} rows were printed twice, as when several processes print: counted once")
    if not columns.rows:
        findings.warnings.append("no metric rows found: the run ended before its first log line")
    return assembled(path, "console", columns, findings)


def _pieces(line: str) -> Iterator[str]:
    line = line.rstrip("\n")
    for start in range(0, max(len(line), 1), LONGEST_LINE):
        yield line[start : start + LONGEST_LINE]


def _is_evaluation(values: Iterable[str], words: Vocabulary) -> bool:
    return any(key.startswith(words.evaluation_prefixes) for key in values)


def _bar_reached_its_end(reader: _Reader) -> bool:
    """The bar that the rows follow stands at its end."""
    ends = Counter(row.after[1] for row in reader.rows if row.after is not None)
    bars = [row.step for row in reader.rows if row.source == "bar"]
    if bars and reader.bar is not None:
        return reader.bar[0] == reader.bar[1]
    return bool(ends) and reader.bar is not None and reader.bar[0] == reader.bar[1] == ends.most_common(1)[0][0]
