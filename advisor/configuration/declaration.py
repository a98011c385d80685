"""How a canonical value is declared: one Pydantic field with its unit, bounds and title. Sections are made of these."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """One group of canonical names, e.g. `optimizer`. Every value may be missing: absent is not wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def value(
    title: str,
    unit: str | None = None,
    *,
    above: float | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
    option: str | None = None,
) -> Any:
    """A canonical value that may be absent.

    `above`, `minimum`, `maximum` are the bounds that hold by definition (a probability, a count), never by taste: what is merely
    unwise is a rule's matter. `option` is the command-line option or inline fact that can supply the value when the file does not.
    """
    extra: dict[str, Any] = {"unit": unit, "option": option}
    if choices is not None:
        extra["enum"] = list(choices)
    return Field(default=None, title=title, gt=above, ge=minimum, le=maximum, json_schema_extra=extra)
