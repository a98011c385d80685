"""The page of published recipes, from `rules/evidence/recipes.csv`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from advisor.evidence.recipe import Recipe, recipes
from advisor.expression.notation import number, rate, size

SHOWN = ("optimizer.learning_rate", "batch.effective", "schedule.epochs", "loss.beta", "kl.coefficient", "rollout.group_size")


def evidence_page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    outcomes = Counter(recipe.outcome for recipe in recipes())
    yield from ("# Published recipes", "")
    said = ", ".join(f"{count} {name}" for name, count in outcomes.most_common())
    yield f"{len(recipes())} training recipes that can be looked up, in canonical terms: {said}."
    yield "They stand in `rules/evidence/recipes.csv`; `rlhf-lint recipes FILE` finds those nearest to a configuration."
    by_method: defaultdict[str, list[Recipe]] = defaultdict(list)
    for recipe in recipes():
        by_method[str(recipe.values["method"])].append(recipe)
    for method, listed in sorted(by_method.items()):
        yield from (
            "",
            f"## {method}",
            "",
            "| model | size | adapter | rate | batch | epochs | beta | KL | group | outcome |",
            "|---|---|---|---|---|---|---|---|---|---|",
        )
        for recipe in listed:
            parameters = recipe.number("model.parameters")
            cells = [
                f"[{recipe.values.get('model.name', recipe.id)}]({recipe.url})",
                size(parameters) if parameters else "",
                str(recipe.values.get("peft.kind", "")),
            ]
            cells += [_written(recipe, name) for name in SHOWN]
            yield f"| {' | '.join(cell.replace('|', '/') for cell in (*cells, recipe.outcome))} |"


def _written(recipe: Recipe, name: str) -> str:
    value = recipe.number(name)
    return "" if value is None else rate(value) if name.endswith("rate") else number(value)
