"""Fields of dataclasses, Pydantic models and typed dictionaries, with those of their bases."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from .annotations import Annotation
from .deprecations import Outdated, outdated_in
from .modules import ClassAt, Computed, Modules
from .snapshot import Field, Json

FIELD_CALLS = ("field", "Field", "HfArg", "aliasfield", "mutable_field")
PLAIN_BASES = ("object", "ABC", "Generic", "Protocol")
MODEL_BASES = ("BaseModel", "TypedDict", "BaseConfig", "BaseSettings", "RootModel")


class Bases(NamedTuple):
    """Classes of the package, base first, and the names of bases that other packages define, as `package:name`."""

    own: list[ClassAt]
    foreign: list[str]


class Declared(NamedTuple):
    """A field as a class states it, with what is needed to follow its annotation."""

    field: Field
    module: str
    annotation: ast.expr


def bases(modules: Modules, at: ClassAt) -> Bases:
    own: list[ClassAt] = []
    foreign: list[str] = []
    for node in reversed(at.node.bases):
        name = ast.unparse(node.value if isinstance(node, ast.Subscript) else node).rpartition(".")[2]
        if name in PLAIN_BASES:
            continue
        found = modules.find_class(at.module, name)
        if found:
            above = bases(modules, found)
            own += [item for item in above.own if item not in own]
            foreign += above.foreign
        else:
            here = modules[at.module]
            source, original = here.imports.get(name, ("", name)) if here else ("", name)
            foreign.append(f"{source.partition('.')[0]}:{original}")
    return Bases([*own, at], list(dict.fromkeys(foreign)))


def is_model(modules: Modules, at: ClassAt) -> bool:
    """Whether a class declares configuration: a dataclass, a Pydantic model or a typed dictionary."""
    chain = bases(modules, at)
    decorated = any("dataclass" in ast.unparse(decorator) for item in chain.own for decorator in item.node.decorator_list)
    return decorated or any(name.partition(":")[2].startswith(MODEL_BASES) for name in chain.foreign)


def declared(modules: Modules, at: ClassAt) -> dict[str, Declared]:
    """Every field of a class and its bases by name; a later class of the chain overrides."""
    fields: dict[str, Declared] = {}
    for item in bases(modules, at).own:
        for statement in _annotated(item.node.body):
            assert isinstance(statement.target, ast.Name)
            name = statement.target.id
            if name.startswith("_") or name == "model_config" or "ClassVar" in ast.unparse(statement.annotation):
                continue
            field = _field(modules, item.module, statement)
            fields[_alias(modules, item.module, statement) or name] = Declared(field, item.module, statement.annotation)
    return _mark(fields, outdated_in(modules, [item.node for item in bases(modules, at).own]))


def _annotated(body: list[ast.stmt]) -> Iterator[ast.AnnAssign]:
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _annotated(statement.body)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement


def _field(modules: Modules, module: str, statement: ast.AnnAssign) -> Field:
    annotation = Annotation(modules, module, statement.annotation)
    default: Json | Computed = None
    state = "required"
    if statement.value is not None and not is_field_call(statement.value):
        default, state = modules.value(module, statement.value), "value"
    choices: list[Json] = annotation.choices
    outdated = False
    for call in _field_calls(statement):
        if (given := _default_of(call)) is not None:
            default, state = modules.value(module, given), "value"
        stated = _keyword(call, "metadata")
        if isinstance(stated, ast.Dict):
            pairs = dict(zip((ast.unparse(key) for key in stated.keys if key), stated.values, strict=False))
            listed = modules.value(module, pairs["'choices'"]) if "'choices'" in pairs else None
            choices = listed if isinstance(listed, list) else choices
        outdated |= _keyword(call, "deprecated") is not None
    if isinstance(default, Computed):
        return Field(annotation.type, None, "computed", tuple(choices) or None, outdated)
    return Field(annotation.type, default, "value" if state == "value" else "required", tuple(choices) or None, outdated)


def is_field_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in FIELD_CALLS


def _field_calls(statement: ast.AnnAssign) -> Iterator[ast.Call]:
    """`field(...)` on the right-hand side, and inside `Annotated[...]`."""
    annotation = statement.annotation
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        for item in annotation.slice.elts[1:]:
            if is_field_call(item) and isinstance(item, ast.Call):
                yield item
    if statement.value is not None and is_field_call(statement.value) and isinstance(statement.value, ast.Call):
        yield statement.value


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((item.value for item in call.keywords if item.arg == name), None)


def _default_of(call: ast.Call) -> ast.expr | None:
    """The expression of a default; None where there is none or it is `...`."""
    given = _keyword(call, "default") or (call.args[0] if call.args else None)
    factory = _keyword(call, "default_factory")
    if factory is not None:
        given = factory.body if isinstance(factory, ast.Lambda) else ast.Call(factory, [], [])
    return None if isinstance(given, ast.Constant) and given.value is Ellipsis else given


def _alias(modules: Modules, module: str, statement: ast.AnnAssign) -> str | None:
    for call in _field_calls(statement):
        node = _keyword(call, "alias")
        value = modules.value(module, node) if node is not None else None
        if isinstance(value, str):
            return value
    return None


def _mark(fields: dict[str, Declared], outdated: Outdated) -> dict[str, Declared]:
    marked = dict(fields)
    for name in outdated.keys & fields.keys():
        marked[name] = fields[name]._replace(field=replace(fields[name].field, outdated_key=True))
    for name, values in outdated.values.items():
        if name in marked:
            marked[name] = marked[name]._replace(field=replace(marked[name].field, outdated=tuple(values)))
    return marked
