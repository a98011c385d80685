"""Files that build on others, and values that point at others: relative parents, Hydra defaults lists, `${...}` interpolation.

Parents are looked for beside the file and inside its repository only; they are read, never executed. A parent that is not there
makes unknown whatever it could have held.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from advisor.configuration.fact import Place
from advisor.configuration.native import Native
from advisor.errors import InputError
from advisor.source.document import Document, Node, Scalar, Unresolved
from advisor.source.document import Mapping as Section
from advisor.source.document import Sequence as Items
from advisor.source.reading import read

MOST = 2000
"""Keys that interpolated sections may add; a file that refers to itself over and over is not followed further."""
DEEPEST = 8
"""Generations of parents, and steps from one interpolation to the next."""
CONFIGURATIONS = ("config", "configs", "conf")
SCRIPTS = (".sh", ".bash")
NEAREST = 4
"""Without a repository around it a file reaches this many directories up."""

_WHOLE = re.compile(r"^\$\{([^${}]+)\}$")
_PART = re.compile(r"\$\{([^${}]+)\}")
_ENVIRONMENT = re.compile(r"^oc\.env:\s*[^,]+(?:,\s*(?P<default>.*))?$", re.DOTALL)


class Ancestry(NamedTuple):
    """The parents of a document, oldest first, and the names of those that are not there."""

    documents: tuple[Document, ...]
    missing: tuple[str, ...]


def ancestry(document: Document, keys: Sequence[str], shipped: Collection[str] = ()) -> Ancestry:
    """The files that a document builds on, by the keys in which its dialect names them (`defaults`).

    Where a script names them, those that the framework ships are not missing: what they hold are the framework's defaults. A file that
    builds on one of them is meant to be completed by a command line.
    """
    if not keys or document.path == "-" or document.format == "mapping":
        return Ancestry((), ())
    found: list[Document] = []
    missing: list[str] = []
    path = Path(document.path)
    seen = {path.resolve()}
    _collect(document, path, keys, boundary(path), seen, found, missing, 0)
    known = shipped if document.format == "shell" else ()
    return Ancestry(tuple(found), tuple(name for name in dict.fromkeys(missing) if name.removesuffix(".yaml") not in known))


def _collect(
    document: Document,
    path: Path,
    keys: Sequence[str],
    boundary: Path,
    seen: set[Path],
    found: list[Document],
    missing: list[str],
    depth: int,
) -> None:
    for name in _named(document, keys):
        parent = _located(path, name, boundary)
        if parent is None or depth >= DEEPEST:
            missing.append(name)
            continue
        if parent.resolve() in seen:
            continue
        seen.add(parent.resolve())
        try:
            read_parent = read(str(parent))
        except InputError:
            missing.append(name)
            continue
        _collect(read_parent, parent, keys, boundary, seen, found, missing, depth + 1)
        found.append(read_parent)


def _named(document: Document, keys: Sequence[str]) -> Iterator[str]:
    """The names of parents: a path, a list of paths, or a Hydra list (`- ppo_trainer`, `- /model: base`, `- _self_`)."""
    for entry in document.root.entries:
        if entry.key not in keys:
            continue
        items = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
        for item in items:
            if isinstance(item, Scalar) and isinstance(item.value, str) and item.value != "_self_":
                yield item.value
            elif isinstance(item, Section):
                yield from _group(item)


def _group(section: Section) -> Iterator[str]:
    for entry in section.entries:
        name = entry.value.value if isinstance(entry.value, Scalar) else None
        if entry.key.startswith(("optional ", "override ")) or not isinstance(name, str):
            continue
        yield f"{entry.key.split('@')[0].strip('/')}/{name}"


def _located(path: Path, name: str, boundary: Path) -> Path | None:
    """The file of a parent, inside the boundary; None where there is none. A script's configurations often lie in a folder beside it."""
    if Path(name).is_absolute():
        return None
    folders = [path.parent, *(path.parent / folder for folder in CONFIGURATIONS if path.suffix in SCRIPTS)]
    candidates = [folder / file for folder in folders for file in (name, f"{name}.yaml", f"{name}.yml")]
    try:
        return next((file for file in candidates if file.resolve().is_relative_to(boundary) and file.is_file()), None)
    except (OSError, ValueError):
        return None


def boundary(path: Path) -> Path:
    """The repository that holds a file, else a few directories up."""
    ancestors = list(path.resolve().parents)
    repository = next((folder for folder in ancestors if (folder / ".git").exists()), None)
    return repository or ancestors[min(NEAREST, len(ancestors)) - 1]


def interpolated(native: Native) -> Native:
    """The same keys with `${a.b}` replaced by what stands there; what cannot be resolved is unknown, with the reason."""
    written = {key: place for key, place in native.places.items() if _refers(place.node)}
    if not written:
        return native
    taken = _sections(written, native.places)
    places = {**taken, **native.places}
    changed = {key: place._replace(node=_resolved(place.node, key, places, 0)) for key, place in {**taken, **written}.items()}
    return replace(native, places={**places, **changed})


def _refers(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value


def _sections(written: Mapping[str, Place], places: Mapping[str, Place]) -> dict[str, Place]:
    """What `critic.optimizer: ${actor.optimizer}` takes over from a section or a list, under the keys that it has there."""
    found: dict[str, Place] = {}
    for key, place in written.items():
        reference = _whole_reference(place.node)
        target = _absolute(reference, key) if reference is not None else None
        if target is None or len(found) > MOST or target not in places or isinstance(places[target].node, (Scalar, Unresolved)):
            continue
        assert isinstance(place.node, Scalar)
        for other, inner in places.items():
            if other.startswith(f"{target}.") and not other.startswith(f"{key}."):
                taken = key + other[len(target) :]
                if taken not in places:
                    found[taken] = place._replace(key=taken, node=_at(place.node, inner.node))
    return found


def _whole_reference(node: Node) -> str | None:
    """What stands between the braces of a value that is one interpolation and nothing else."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return None
    whole = _WHOLE.match(node.value.strip())
    return whole[1] if whole is not None else None


def _resolved(node: Node, key: str, places: Mapping[str, Place], depth: int) -> Node:
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or "${" not in node.value:
        return node
    if depth >= DEEPEST:
        return Unresolved(node.span, node.value, "its interpolations never end")
    reference = _whole_reference(node)
    if reference is not None:
        target = _target(reference, node, key, places, depth)
        return target if isinstance(target, Unresolved) else _at(node, target)
    text = node.value
    for reference in _PART.findall(text):
        target = _target(reference, node, key, places, depth)
        if not isinstance(target, Scalar):
            return Unresolved(node.span, node.value, f"${{{reference}}} is not known here")
        text = text.replace(f"${{{reference}}}", str(target.value))
    return node._replace(value=text, legacy=text) if "${" not in text else Unresolved(node.span, node.value, "its interpolations never end")


def _target(reference: str, node: Scalar, key: str, places: Mapping[str, Place], depth: int) -> Node:
    """What a reference points at: an absolute key, a relative one (`.key`, `..key`), or an environment default."""
    environment = _ENVIRONMENT.match(reference)
    if environment is not None:
        default = environment["default"]
        if default is None:
            return Unresolved(node.span, str(node.value), "the environment gives it")
        return _parsed(default.strip().strip("'\""), node)
    if ":" in reference:
        return Unresolved(node.span, str(node.value), f"${{{reference}}} is computed when the program runs")
    place = places.get(_absolute(reference, key))
    if place is None:
        return Unresolved(node.span, str(node.value), f"{reference} is not in the file")
    return _resolved(place.node, _absolute(reference, key), places, depth + 1)


def _absolute(reference: str, key: str) -> str:
    if not reference.startswith("."):
        return reference.replace("[", ".").replace("]", "")
    up = len(reference) - len(reference.lstrip("."))
    return ".".join([*key.split(".")[:-up], reference.lstrip(".")])


def _parsed(text: str, node: Scalar) -> Scalar:
    from advisor.source.yaml_scalars import plain

    core, legacy = plain(text)
    return Scalar(node.span, core, legacy, "literal")


def _at(node: Scalar, target: Node) -> Node:
    """The target's value at the place of the interpolation, where an edit would have to be made."""
    if isinstance(target, Scalar):
        return Scalar(node.span, target.value, target.value, "literal")
    return target
