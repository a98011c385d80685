"""What the command line, or a comment in the file, says that the file's own keys do not.

# rlhf-lint: model-size=1B gpus=8 samples=7200
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from advisor.configuration.catalogue import Value
from advisor.configuration.fact import Fact, Origin
from advisor.errors import InputError
from advisor.source.document import Document

INLINE = re.compile(r"#\s*rlhf-lint:\s*(?!\s|ignore\b)(?P<facts>[^\n]*)")
NAMES = {
    "model-size": "model.parameters",
    "samples": "data.samples",
    "gpus": "hardware.gpus",
    "gpu": "hardware.gpu",
    "method": "method",
}
"""Option -> the canonical name that it supplies."""


@dataclass(frozen=True)
class Options:
    """Facts from outside the file, and which dialect and framework versions to assume."""

    dialect: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def method(self) -> str | None:
        fact = self.facts.get("method")
        return fact.value if fact is not None and isinstance(fact.value, str) else None

    def without(self, name: str) -> Options:
        """These options without the fact of a canonical name."""
        return replace(self, facts={other: fact for other, fact in self.facts.items() if other != name})

    def with_comments(self, document: Document) -> Options:
        """These options and, beneath them, the document's inline facts. Raises InputError for a fact that cannot be read."""
        found: dict[str, Fact] = {}
        for match in INLINE.finditer(document.text):
            line, column = document.position(match.start())
            for word in match["facts"].split():
                name, _, text = word.partition("=")
                if name not in NAMES:
                    hint = f"'rlhf-lint: {word}' is no fact; known are {', '.join(NAMES)}, written name=value"
                    raise InputError("usage", hint, path=document.path, line=line, column=column)
                fact = fact_from_text(name, text, "comment")
                found[fact.name] = fact
        return replace(self, facts={**found, **self.facts})


def fact_from_text(option: str, text: str, origin: Origin = "option") -> Fact:
    """The fact that an option's text gives. Raises InputError for text that is no such value."""
    name = NAMES[option]
    value: Value
    if option == "model-size":
        value = parse_size(text)
    elif option in ("samples", "gpus"):
        if not re.fullmatch(r"[1-9]\d*", text):
            raise InputError("usage", f"{option}={text}: expected a whole number above 0, such as {option}=8")
        value = int(text)
    else:
        value = text
    return Fact(name, value, origin, note=f"{'a comment' if origin == 'comment' else 'option'} {option}={text}")


def parse_size(text: str) -> float:
    """A number of parameters: `1.2B`, `360M`, `7e9`. Raises InputError for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\d+)?)\s*([kmbt]?)", text.strip(), re.IGNORECASE)
    size = float(match[1]) * {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}[match[2].lower()] if match else 0.0
    if size < 1000:
        raise InputError("usage", f"model size {text!r}: expected a number of parameters such as 1.2B or 360M")
    return size
