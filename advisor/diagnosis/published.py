"""The values of a configuration beside the published ranges: the same bands that rules judge by, shown where they say nothing, too."""

from __future__ import annotations

import math
from collections.abc import Iterator

from advisor.configuration.catalogue import numeric
from advisor.diagnosis.diagnosis import Published
from advisor.diagnosis.reading_guide import Guide, table
from advisor.rulebook.library import bands, rules_for
from advisor.rulebook.region import row_for, standing


def published(guide: Guide, dialect: str | None) -> Iterator[Published]:
    """Every value that a band speaks of, in the order of the rulebook; of several bands of one value the first that applies."""
    seen: set[str] = set()
    for rule in rules_for(guide.method, dialect, False):
        if rule.form != "band" or rule.of is None or rule.band is None or rule.of in seen:
            continue
        value = numeric(guide.facts.lookup(rule.of))
        if value is None or not math.isfinite(value) or (rule.when is not None and guide.evaluated(rule.when) is not True):
            continue
        band = bands()[rule.band]
        measure = numeric(guide.facts.lookup(band.by)) if band.by is not None else None
        row = row_for(band, measure)
        if row is None:
            continue
        seen.add(rule.of)
        fact = guide.facts.get(rule.of)
        yield Published(
            field=rule.of,
            key=fact.place.key if fact is not None and fact.place is not None else None,
            value=value,
            recommended=row.recommended,
            acceptable=row.acceptable,
            region=standing(value, row).region,
            label=row.label or "",
            measure_missing=band.by if measure is None and len(band.rows) > 1 else None,
            advice=table()["directions"].get(rule.of, ""),
        )
