"""What `recipes` prints: standings value by value, then the nearest recipes with their sources."""

from __future__ import annotations

import json
from typing import Any

from advisor.configuration.fact import Facts
from advisor.evidence.neighbours import Neighbours, Standing
from advisor.evidence.recipe import Recipe
from advisor.expression.notation import number, rate, size
from advisor.reports.json_report import plain

FORMAT = 1
OUTCOMES = {
    "good": "released or reported to work",
    "best": "best of an ablation",
    "recipe": "published recipe",
    "example": "example, result not stated",
}


def render_text(path: str, found: Neighbours, facts: Facts) -> str:
    kind = {"lora": "LoRA", "none": "full"}[found.peft]
    method = (found.method or "unknown method").replace("_", " ").upper()
    of_size = f", {size(found.parameters)}" if found.parameters else ", of unknown size (--model-size)"
    lines = [f"{path}: {method}, {kind}{of_size}; {found.group} published {kind} recipes of this method"]
    if not found.nearest:
        return lines[0] + "\n  no recipe of this method is at hand\n"
    rows = [(one.name, written(one.name, one.value), _words(one, found, kind, method)) for one in found.standings]
    if rows:
        wide = [max(len(row[column]) for row in rows) for column in range(2)]
        lines += ["", *(f"  {name:{wide[0]}}  {value:>{wide[1]}}  {words}" for name, value, words in rows)]
    lines += ["", "  nearest:"]
    for recipe in found.nearest:
        lines.append(f"  {_title(recipe)}: {OUTCOMES[recipe.outcome]}")
        values = [f"{name} {written(name, recipe.values[name])}" for name in _shared(recipe, facts)]
        if values:
            lines.append(f"    {', '.join(values)}")
        lines.append(f"    {recipe.url}")
    return "\n".join(lines) + "\n"


def _words(one: Standing, found: Neighbours, kind: str, method: str) -> str:
    low, middle, high = one.published[0], one.published[len(one.published) // 2], one.published[-1]
    whose = f"published {kind} {method} recipes" + (" of about this size" if one.same_size else " of any size")
    spread = written(one.name, low) if low == high else f"{written(one.name, low)} to {written(one.name, high)}"
    return f"{one.position} {whose} ({spread}, middle {written(one.name, middle)})"


def _title(recipe: Recipe) -> str:
    parameters, rank = recipe.number("model.parameters"), recipe.number("peft.rank")
    kind = "full" if recipe.values.get("peft.kind") == "none" else str(recipe.values.get("peft.kind", ""))
    ranked = f" r{rank:g}" if rank else ""
    return f"{recipe.values.get('model.name', recipe.id)}{f' ({size(parameters)})' if parameters else ''}, {kind}{ranked}"


def _shared(recipe: Recipe, facts: Facts) -> list[str]:
    """What is worth reading of a recipe: numbers of the values that the configuration has too."""
    return [name for name in recipe.values if name in facts and name not in ("method", "model.name", "model.parameters", "peft.kind")]


def written(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return rate(value) if name.endswith("learning_rate") else number(value)


def render_json(path: str, found: Neighbours, facts: Facts) -> str:
    report = {
        "version": FORMAT,
        "path": path,
        "method": found.method,
        "peft": found.peft,
        "parameters": found.parameters,
        "standings": [
            {"field": one.name, "value": one.value, "position": one.position, "published": list(one.published), "same_size": one.same_size}
            for one in found.standings
        ],
        "recipes": [
            {
                "id": recipe.id,
                "outcome": recipe.outcome,
                "checked": recipe.checked,
                "source": recipe.source,
                "url": recipe.url,
                "values": {name: plain(value) for name, value in recipe.values.items()},
            }
            for recipe in found.nearest
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
