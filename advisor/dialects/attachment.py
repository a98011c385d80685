"""Files that a configuration hands on to an engine: `deepspeed: ds_zero3.json`, `accelerate launch --config_file fsdp.yaml`.

Their values are read as if they stood under the key that names the file. A file that is not there leaves that key as it is: the run may
well have it, and its name often says enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from advisor.configuration.fact import Place
from advisor.configuration.native import Native
from advisor.dialects.composition import boundary
from advisor.errors import InputError
from advisor.source.document import Document, Scalar
from advisor.source.reading import read

FORMATS = (".json", ".yaml", ".yml")


def with_attachments(native: Native, keys: Sequence[str]) -> Native:
    """The same keys with those of attached files beneath them; what the configuration itself writes there stays."""
    found: dict[str, Place] = {}
    for key in keys:
        place = native.find(key)
        document = attached(place) if place is not None else None
        if place is not None and document is not None:
            values = document.values.items()
            found |= {f"{place.key}.{inner}": Place(document, f"{place.key}.{inner}", value.entry, value.node) for inner, value in values}
    return replace(native, places={**found, **native.places}) if found else native


def attached(place: Place) -> Document | None:
    """The file that a value names, beside its own file or from a directory above within the repository; None where there is none."""
    name = place.node.value if isinstance(place.node, Scalar) else None
    own = place.document.path
    if (
        not isinstance(name, str)
        or not name.endswith(FORMATS)
        or Path(name).is_absolute()
        or own == "-"
        or place.document.format == "mapping"
    ):
        return None
    try:
        limit = boundary(Path(own))
        folders = [folder for folder in Path(own).resolve().parents if folder.is_relative_to(limit)]
        files = (folder / name for folder in folders)
        file = next((file for file in files if file.resolve().is_relative_to(limit) and file.is_file()), None)
        return read(str(file)) if file is not None else None
    except (InputError, OSError, ValueError):
        return None
