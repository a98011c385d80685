"""Which framework wrote this file: the first dialect whose signature holds, in the order of certainty."""

from __future__ import annotations

from advisor.configuration.native import Native
from advisor.configuration.predicates import Predicates
from advisor.dialects.table import signatures
from advisor.errors import InputError
from advisor.expression import UNKNOWN, Expression, evaluate
from advisor.source.document import Document


def recognise(native: Native, wanted: str | None = None) -> str:
    """The dialect of a run's keys. Raises InputError where none fits, or where the wanted one does not exist."""
    names = [signature.dialect for signature in signatures()]
    if wanted is not None:
        if wanted not in names:
            import difflib

            close = difflib.get_close_matches(wanted, names, 1)
            raise InputError(
                "usage", f"no dialect {wanted!r}" + (f", did you mean {close[0]!r}?" if close else f"; known are {', '.join(names)}")
            )
        return wanted
    predicates = Predicates(native)
    document = native.documents[0]

    def holds(condition: Expression) -> bool:
        return evaluate(condition, lambda name: document.format if name == "source.format" else UNKNOWN, predicates) is True

    for signature in signatures():
        if all(map(holds, signature.recognise)):
            return signature.dialect
    raise InputError("unrecognised", _unrecognised(document), path=document.path)


def _unrecognised(document: Document) -> str:
    keys = [entry.key for entry in document.root.entries][:6]
    seen = f"its top-level keys are {', '.join(keys)}" if keys else "it has no keys"
    *known, last = signatures()
    tried = ", ".join(signature.dialect for signature in known)
    return (
        f"no known training configuration: {seen}. Tried {tried}, and {last.dialect}, which needs {last.looks_for}. "
        "Name a dialect with --dialect, or leave the file out"
    )
