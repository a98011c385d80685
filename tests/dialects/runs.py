"""Configurations as text, read the way a file would be."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from advisor.dialects.options import Options, fact_from_text
from advisor.dialects.resolution import Resolved, resolve
from advisor.source.reading import read


def run_of(text: str, path: str = "run.yaml", *, versions: dict[str, str] | None = None, **options: str) -> Resolved:
    """A run from the text of its file; options as on the command line (`model_size="7B"`, `method="dpo"`, `gpus="8"`)."""
    given = [fact_from_text(name.replace("_", "-"), value) for name, value in options.items()]
    document = read(path, dedent(text).encode())
    return resolve([document], Options(versions=versions or {}, facts={fact.name: fact for fact in given}))


def values_of(text: str, path: str = "run.yaml", **given: Any) -> dict[str, Any]:
    """Canonical name -> value of everything that is known."""
    return {name: fact.value for name, fact in run_of(text, path, **given).facts.items()}


def origins_of(text: str, path: str = "run.yaml", **given: Any) -> dict[str, str]:
    return {name: fact.origin for name, fact in run_of(text, path, **given).facts.items()}


def observed(run: Resolved) -> list[tuple[str, str]]:
    """Kind and key of every observation that has a place."""
    return [(observation.kind, observation.place.key) for observation in run.observations if observation.place]
