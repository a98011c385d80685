"""Options that several commands share: what a file does not say, and which files belong to the same run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from advisor.configuration.fact import Fact
from advisor.dialects.options import Options, fact_from_text
from advisor.source.document import Document
from advisor.source.reading import read

if TYPE_CHECKING:
    from advisor.history.history import History

Command = TypeVar("Command", bound=Callable[..., Any])

PATHS = click.Path(path_type=str)


def run_options(command: Command) -> Command:
    """The options of every command that reads a configuration."""
    for option in reversed(
        [
            click.option("--history", "histories", multiple=True, metavar="PATH", help="metrics of the run: a file or a run directory"),
            click.option("--with", "further", multiple=True, metavar="FILE", help="a further file of the same run, merged over the first"),
            click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="an override in the framework's own terms"),
            click.option("--dialect", metavar="NAME", help="skip recognition"),
            click.option("--method", metavar="NAME", help="the training method, when the file does not tell"),
            click.option("--framework-version", "versions", multiple=True, metavar="NAME=VERSION", help="e.g. trl=1.16.0"),
            click.option("--model-size", metavar="SIZE", help="parameters, e.g. 1.2B, when the model's name does not tell"),
            click.option("--samples", metavar="N", help="training samples or prompts in the data set"),
            click.option("--gpus", metavar="N", help="number of GPUs"),
            click.option("--gpu", metavar="NAME", help="kind of GPU, e.g. h100-80gb"),
            click.option("--isolated", is_flag=True, help="use no settings file"),
        ]
    ):
        command = option(command)
    return command


def options_from(given: Mapping[str, Any]) -> Options:
    """The options of a call. Raises InputError for a value that is none."""
    facts: dict[str, Fact] = {}
    for option, argument in (("model-size", "model_size"), ("samples", "samples"), ("gpus", "gpus"), ("gpu", "gpu"), ("method", "method")):
        if given.get(argument) is not None:
            fact = fact_from_text(option, given[argument])
            facts[fact.name] = fact
    versions = dict(_pair("--framework-version", text) for text in given["versions"])
    return Options(dialect=given.get("dialect"), versions=versions, facts=facts)


def further_documents(given: Mapping[str, Any]) -> list[Document]:
    """The files and overrides that are merged over the first file, in the order in which they count."""
    documents = [read(path) for path in given["further"]]
    lines = []
    for text in given["overrides"]:
        key, value = _pair("--set", text)
        lines.append(f"{json.dumps(key.lstrip('-'))}: {value}\n")
    return [*documents, read("--set", "".join(lines).encode(), "yaml")] if lines else documents


def history_from(given: Mapping[str, Any]) -> History | None:
    """The run's metrics, several logs merged. Raises InputError for a file that holds none."""
    paths = given["histories"]
    if not paths:
        return None
    from advisor.history.merging import merge
    from advisor.history.recognition import read_history

    return merge([read_history(path) for path in paths])


def _pair(option: str, text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise click.UsageError(f"{option} {text}: expected NAME=VALUE")
    return name, value
