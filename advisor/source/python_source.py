"""Python training scripts: module constants, calls of configuration classes, dataclass and argparse defaults, read from the syntax tree."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from advisor.source.document import Document, Duplicate, Entry, Mapping, Span
from advisor.source.python_names import Names, Scope, dotted, names
from advisor.source.python_text import Places, comments, parse
from advisor.source.python_values import Resolver

_CONFIGURATION_ENDINGS = ("Config", "Arguments", "Args", "Trainer")
_DEFAULTS_ENDINGS = ("Config", "Configuration", "Arguments", "Args")
_SCALAR_CALLS = frozenset({"bool", "float", "int", "len", "max", "min", "round", "str", "os.getenv", "os.environ.get"})
_SCALAR_EXPRESSIONS = (ast.Attribute, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.Name, ast.Subscript, ast.UnaryOp)
_LITERALS = (ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple)


def read_python(path: str, text: str, *, bom: bool = False) -> Document:
    """Reads a Python file without running it. Raises InputError: syntax, too-large."""
    tree = parse(path, text)
    found = names(tree)
    places = Places(text)
    resolver = Resolver(path, places)
    constants, duplicates = _constants(tree, found.module, resolver)
    entries = [*constants, *_numbered([*_classes(found, resolver), *_calls(found, resolver)]), *_arguments(found, resolver)]
    entries.sort(key=lambda entry: entry.key_span.start)
    called = dict.fromkeys(name for call, _ in found.calls if (name := dotted(call.func)))
    return Document(
        path=path,
        format="python",
        text=text,
        root=Mapping(Span(0, len(text)), tuple(entries), False),
        comments=comments(text),
        duplicates=tuple(duplicates),
        bom=bom,
        calls=tuple(called),
    )


def _constants(tree: ast.Module, scope: Scope, resolver: Resolver) -> tuple[list[Entry], list[Duplicate]]:
    """The module's own settings, the last assignment of each. One that is also assigned under a condition is unknown."""
    assignments = list(_assignments(tree.body))
    counts = Counter(target.id for target, _ in assignments)
    entries: dict[str, Entry] = {}
    duplicates: dict[str, Duplicate] = {}
    for target, value in assignments:
        name = target.id
        if name.startswith("__") or not _is_setting(value):
            continue
        resolved = resolver.resolve(value, scope)
        if len(scope.bindings[name]) > counts[name]:
            resolved = resolver.unresolved(value, f"{name} is assigned again elsewhere")
        span = resolver.places.span(target)
        if name in entries:
            first = duplicates[name].first if name in duplicates else entries[name].key_span
            duplicates[name] = Duplicate((name,), first, span)
        entries[name] = resolved.entry(name, span)
    return list(entries.values()), list(duplicates.values())


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[ast.Name, ast.expr]]:
    for statement in body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _pairs(target, value)
            case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                yield target, value
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), body=main):
                yield from _assignments(main)
            case _:
                pass


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    match target, value:
        case ast.Name(), _:
            yield target, value
        case (ast.Tuple(elts=targets), ast.Tuple(elts=values)) if len(targets) == len(values):
            for inner, part in zip(targets, values, strict=True):
                if isinstance(inner, ast.Name) and not isinstance(part, ast.Starred):
                    yield inner, part
        case _:
            pass


def _is_setting(value: ast.expr) -> bool:
    """Whether an assigned expression may be a setting: no model, tokenizer or other object made by a call."""
    if isinstance(value, ast.Call):
        called = dotted(value.func)
        return called in _SCALAR_CALLS or called == "dict"
    return isinstance(value, (*_LITERALS, *_SCALAR_EXPRESSIONS))


def _calls(found: Names, resolver: Resolver) -> Iterator[Entry]:
    for call, scope in found.calls:
        called = dotted(call.func)
        key = _configures(called, call) if called else None
        if key is not None:
            end = resolver.places.span(call.func).end
            yield Entry(key, Span(end - len(key), end), resolver.arguments(call, scope))


def _configures(called: str, call: ast.Call) -> str | None:
    """The key of a call that sets something: of a class, of a class's method, of a function named after a configuration."""
    *owners, last = called.split(".")
    if last[:1].isupper() or "config" in last.lower():
        key = last
    elif owners and owners[-1][:1].isupper() and not owners[-1].isupper():
        key = f"{owners[-1]}.{last}"
    else:
        return None
    return key if call.keywords or last == "from_pretrained" or (call.args and last.endswith(_CONFIGURATION_ENDINGS)) else None


def _classes(found: Names, resolver: Resolver) -> Iterator[Entry]:
    """Classes that hold settings: their constants and the defaults of their fields."""
    for node, scope in found.classes:
        decorated = any("dataclass" in (dotted(_callee(part)) or "") for part in node.decorator_list)
        if not decorated and not node.name.endswith(_DEFAULTS_ENDINGS):
            continue
        entries: dict[str, Entry] = {}
        for target, value in _assignments(node.body):
            default = _field_default(value)
            if default is not None:
                resolved = resolver.resolve(default, scope)._replace(default=True)
                entries[target.id] = resolved.entry(target.id, resolver.places.span(target))
        if entries:
            start, end = resolver.places.span(node)
            name = resolver.places.text.index(node.name, start)
            yield Entry(node.name, Span(name, name + len(node.name)), Mapping(Span(start, end), tuple(entries.values()), False))


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _field_default(value: ast.expr) -> ast.expr | None:
    if isinstance(value, ast.Call) and (dotted(value.func) or "").rpartition(".")[2].lower() == "field":
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        return given.get("default", value.args[0] if value.args else given.get("default_factory"))
    return value


def _arguments(found: Names, resolver: Resolver) -> Iterator[Entry]:
    """The defaults of `parser.add_argument`, under the names that `args` has them by."""
    entries: dict[str, Entry] = {}
    for call, scope in found.calls:
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "add_argument":
            continue
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        options = [part for part in call.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        named = next((part for part in options if str(part.value).startswith("--")), None)
        if named is None or "default" not in given:
            continue
        dest = given.get("dest")
        name = str(dest.value if isinstance(dest, ast.Constant) else named.value).lstrip("-").replace("-", "_")
        resolved = resolver.resolve(given["default"], scope)._replace(default=True)
        entries[name] = resolved.entry(name, resolver.places.span(named))
    if entries:
        spans = [entry.key_span for entry in entries.values()]
        first = min(span.start for span in spans)
        last = max(max(entry.key_span.end, entry.value.span.end) for entry in entries.values())
        yield Entry("argparse", Span(first, first), Mapping(Span(first, last), tuple(entries.values()), True))


def _numbered(entries: list[Entry]) -> Iterator[Entry]:
    """Each repetition of a key after the first with its number: `LoraConfig`, `LoraConfig#2`."""
    seen: Counter[str] = Counter()
    for entry in sorted(entries, key=lambda entry: entry.key_span.start):
        seen[entry.key] += 1
        yield entry if seen[entry.key] == 1 else Entry(f"{entry.key}#{seen[entry.key]}", entry.key_span, entry.value)
