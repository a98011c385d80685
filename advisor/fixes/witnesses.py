"""Parsers that are not ours, asked whether the new text holds what it should. One that could not read the old text is not asked."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from advisor.fixes.edit import Applied, Spliced, UnsoundEdit
from advisor.fixes.expectation import expected_data, spelled_boolean
from advisor.fixes.tree import same
from advisor.source.document import Document

_PURE_LIMIT = 200_000
"""Code points. Above it PyYAML's Python loader takes seconds, and its C loader reads in its place."""

_OLD_STANDARD = re.compile(r"^%YAML[ \t]+1\.1\b", re.MULTILINE)
"""A file that says so is read by ruamel.yaml as PyYAML reads all: `yes` is true there."""


def check_witnesses(document: Document, spliced: Spliced, applied: list[Applied]) -> None:
    """Asks every parser of the document's format. Raises UnsoundEdit with the name of one that disagrees."""
    if document.format == "yaml":
        _compare("PyYAML", document, spliced, applied, _pyyaml(document), _value, root=(0,), keyed=True)
        as_ruamel = _value if _OLD_STANDARD.search(document.text) else _core_value
        _compare("ruamel.yaml", document, spliced, applied, _ruamel, as_ruamel, root=(0,), keyed=True)
    elif document.format == "json":
        _compare("json", document, spliced, applied, json.loads, _value)
    elif document.format == "toml":
        _compare("tomllib", document, spliced, applied, _toml(), _value)
    elif document.format == "python":
        from advisor.fixes.python_witness import check_python

        check_python(document, spliced)


def _compare(
    name: str,
    document: Document,
    spliced: Spliced,
    applied: list[Applied],
    load: Callable[[str], Any],
    as_value: Callable[[Applied], Any],
    *,
    root: tuple[int, ...] = (),
    keyed: bool = False,
) -> None:
    try:
        old = load(document.text)
    except Exception:
        return  # whatever a parser fails with on the old text, it is no witness for this file
    try:
        expected = expected_data(
            document, old, applied, (lambda text: next(iter(load(f"{text}: 0")[0]))) if keyed else None, as_value, root
        )
        new = load(spliced.text)
    except Exception as error:
        raise UnsoundEdit(f"{name} cannot read the result: {error}") from error
    if not same(expected, new):
        raise UnsoundEdit(f"{name} reads the result with other values than intended")


def _value(one: Applied) -> Any:
    return list(one.edit.value) if isinstance(one.edit.value, tuple) else one.edit.value


def _core_value(one: Applied) -> Any:
    return list(one.edit.value) if isinstance(one.edit.value, tuple) else spelled_boolean(one)


def _pyyaml(document: Document) -> Callable[[str], Any]:
    import yaml

    base: Any = yaml.SafeLoader
    if len(document.text) > _PURE_LIMIT:
        base = getattr(yaml, "CSafeLoader", base)

    class Loader(base):  # type: ignore[misc]
        """Takes the tags of other programs as they are."""

    def tagged(loader: Any, suffix: str, node: Any) -> tuple[str, Any]:
        if isinstance(node, yaml.ScalarNode):
            return node.tag, loader.construct_scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return node.tag, loader.construct_sequence(node, deep=True)
        return node.tag, loader.construct_mapping(node, deep=True)

    Loader.add_multi_constructor("", tagged)
    return lambda text: list(yaml.load_all(text, Loader=Loader))


def _ruamel(text: str) -> list[Any]:
    import warnings

    from ruamel.yaml import YAML

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(YAML(typ="safe", pure=True).load_all(text))


def _toml() -> Callable[[str], Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads
