"""Giving a key its new name, and with it a new value where one is wanted."""

from __future__ import annotations

import re

from advisor.fixes.edit import Change, Edit, Refusal
from advisor.fixes.members import is_call
from advisor.fixes.notation import written_key
from advisor.fixes.plan import Beside, Plan, check_no_object, check_own, check_single, has_header, new_name, owner
from advisor.fixes.setting import holds, plan_set
from advisor.source.document import Document, Scalar


def plan_rename(document: Document, edit: Edit) -> Plan | None:
    """What `rename` comes to; None where the key has its new name and value. Raises Refusal."""
    if not edit.new_key:
        raise Refusal("has no new name given")
    mapping, name = owner(document, edit.key)
    changed = new_name(edit, name) if document.format == "shell" else edit.new_key
    new = next((entry for entry in mapping.entries if entry.key == changed), None)
    value = document.values.get(edit.key)
    if value is None:
        if new is not None and (
            edit.value is None or (isinstance(new.value, Scalar) and not isinstance(edit.value, tuple) and holds(new.value, edit.value))
        ):
            return None
        raise Refusal("is not in the file")
    check_own(value)
    check_single(document, value)
    check_no_object(document, value)
    if new is not None:
        raise Refusal(f"cannot be renamed: {changed!r} is there already")
    span = value.entry.key_span
    old = document.text[span.start : span.end]
    if document.format == "python" and not is_call(document, mapping) and len(re.findall(rf"\b{re.escape(name)}\b", document.text)) > 1:
        raise Refusal("is a name that the program uses; rename it by hand")
    if any(mark in old for mark in "\r\n") or old[:1] in "*{[" or has_header(document, value.node):
        raise Refusal("is not written as a plain key")
    key = Change(span, written_key(changed, document.format, old), "key")
    if edit.value is None:
        return Plan((key,), (Beside(span.end, old, named=True),), old, key.text)
    setting = plan_set(document, value, edit)
    if setting is None:
        return Plan((key,), (Beside(span.end, old, named=True),), old, key.text)
    return Plan((key, *setting.changes), (Beside(span.end, f"{old}={setting.old}", named=True),), setting.old, setting.new)
