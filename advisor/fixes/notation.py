"""How a value is written in each format, so that every reader of that format takes it for the same value."""

from __future__ import annotations

import json
import math
import re

from advisor.fixes.edit import Refusal
from advisor.source.document import Atom, Format, Scalar

_SMALLEST_DECIMAL = 1e-3
"""Below it a number is written with an exponent: 1.0e-4 is read at a glance, 0.0001 is counted."""

_PLAIN = re.compile(r"[A-Za-z_/.][\w/.@+-]*(?: [\w/.@+-]+)*", re.ASCII)
_YAML_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null", ".inf", ".nan", "none"))
_LEGACY_BOOLEANS = {"yes": "no", "no": "yes", "on": "off", "off": "on"}
_BARE_TOML_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_SHELL = re.compile(r"[\w./:@%+,=-]+", re.ASCII)
_YAML_ESCAPED = re.compile("[^\t -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x85\u2028\u2029\ufeff\t]")


def written(value: Atom | tuple[Atom, ...], format: Format, like: Scalar | None = None, text: str = "") -> str:  # noqa: A002
    """A value as this format writes it.

    `like` is the value that it replaces and `text` how that one was written: spelling of booleans, kind of quotes and brackets follow it.
    Exponents have a dot and a sign (`5.0e-6`) where YAML may read the file: without them YAML 1.1 takes the number for a string.

    Raises Refusal where the format cannot hold the value.
    """
    if format == "shell" and text[:1] in ("'", '"') and not isinstance(value, (str, tuple)):
        return f"{text[0]}{written(value, format, like, text.strip(text[0]))}{text[0]}"
    if isinstance(value, tuple):
        return _list(value, format, text)
    if isinstance(value, bool):
        return _boolean(value, format, like, text)
    if isinstance(value, (int, float)):
        return _number(value, format)
    if value is None:
        return _null(format)
    return _string(value, format, text)


def written_key(name: str, format: Format, text: str = "") -> str:  # noqa: A002
    """A key as this format writes it, in the quotes of `text`, the key that it replaces or stands beside. Raises Refusal."""
    quote = text[:1] if text[:1] in ("'", '"') else ""
    if format == "yaml":
        return _string(name, format, quote)
    if format == "json":
        return json.dumps(name, ensure_ascii=False)
    if format == "toml":
        return name if _BARE_TOML_KEY.fullmatch(name) and not quote else _string(name, format, quote)
    if format == "python" and quote:
        return _string(name, format, quote)
    if format == "python" and not name.isidentifier():
        raise Refusal(f"{name!r} is no name that Python takes here")
    return name


def _number(value: int | float, format: Format) -> str:  # noqa: A002
    if isinstance(value, float) and not math.isfinite(value):
        return _not_finite(value, format)
    if isinstance(value, int):
        return str(value)
    if value != 0 and abs(value) < _SMALLEST_DECIMAL:
        mantissa, _, exponent = _scientific(value).partition("e")
    else:
        mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa
    exponent = f"{int(exponent):+d}"
    if format in ("python", "shell"):
        return f"{mantissa.removesuffix('.0')}e{exponent}"
    return f"{mantissa}e{exponent}" if "." in mantissa else f"{mantissa}.0e{exponent}"


def _scientific(value: float) -> str:
    """The shortest scientific notation that reads back as the same number."""
    return next(text for digits in range(17) if float(text := f"{value:.{digits}e}") == value)


def _not_finite(value: float, format: Format) -> str:  # noqa: A002
    name = "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if format == "yaml":
        return name.replace("inf", ".inf").replace("nan", ".nan")
    if format in ("toml", "shell"):
        return name
    raise Refusal(f"{name} cannot be written as a plain value in {_NAMES[format]}")


def _boolean(value: bool, format: Format, like: Scalar | None, text: str) -> str:  # noqa: A002
    spelled = ("True" if value else "False") if format in ("python", "shell") else ("true" if value else "false")
    if like is None or format in ("python", "json", "toml"):
        return spelled
    if not isinstance(like.value, bool) and not isinstance(like.legacy, bool):
        return spelled
    old = text.strip("'\"")
    if old.lower() in _LEGACY_BOOLEANS:
        spelled = old.lower() if like.legacy is value else _LEGACY_BOOLEANS[old.lower()]
    elif old.lower() not in ("true", "false"):
        return spelled
    return spelled.upper() if old.isupper() else spelled.capitalize() if old[:1].isupper() else spelled.lower()


def _null(format: Format) -> str:  # noqa: A002
    if format == "python":
        return "None"
    if format == "toml":
        raise Refusal("TOML has no empty value; delete the key instead")
    return "null"


def _string(value: str, format: Format, text: str) -> str:  # noqa: A002
    if format == "yaml":
        return _yaml_string(value, text)
    if format == "python":
        quoted = repr(value)
        if text[:1] != "'" and quoted[0] == "'" and '"' not in value:
            return '"' + quoted[1:-1].replace("\\'", "'") + '"'
        return quoted
    if format == "shell":
        return _shell_string(value, text)
    if format == "toml" and text[:1] == "'" and "'" not in value and value.isprintable():
        return f"'{value}'"
    quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return quoted if value.isprintable() or format == "json" else _escaped_controls(quoted)


def _yaml_string(value: str, text: str) -> str:
    if text[:1] == "'" and not _YAML_ESCAPED.search(value):
        return "'" + value.replace("'", "''") + "'"
    if text[:1] != '"' and _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS and not _looks_like_number(value):
        return value
    return _escaped_controls(json.dumps(value, ensure_ascii=False))


def _looks_like_number(value: str) -> bool:
    from advisor.source.yaml_scalars import plain

    return any(not isinstance(read, str) for read in plain(value)) or value[0] in ".+-" or set(value) <= {"."}


def _escaped_controls(quoted: str) -> str:
    return _YAML_ESCAPED.sub(lambda match: _escape(ord(match[0])), quoted)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _shell_string(value: str, text: str) -> str:
    quote = text[:1]
    if quote == "'" and "'" not in value:
        return f"'{value}'"
    if quote == '"' and not any(character in value for character in '"$`\\!'):
        return f'"{value}"'
    if _BARE_SHELL.fullmatch(value):
        return value
    import shlex

    return shlex.quote(value)


def _list(values: tuple[Atom, ...], format: Format, text: str) -> str:  # noqa: A002
    if format == "shell":
        raise Refusal("a list cannot be written as one argument; how it is passed depends on the program")
    items = [written(value, format) for value in values]
    if format == "yaml":
        items = [_yaml_flow_item(value, item) for value, item in zip(values, items, strict=True)]
    if format == "python" and text[:1] == "(":
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    inner = ", ".join(items)
    return f"[ {inner} ]" if text[:2] == "[ " and items else f"[{inner}]"


def _yaml_flow_item(value: Atom, item: str) -> str:
    return item if not isinstance(value, str) or item[0] in "'\"" or re.fullmatch(r"[\w ./@+-]+", item) else _yaml_string(value, '"')


_NAMES: dict[Format, str] = {
    "yaml": "YAML",
    "json": "JSON",
    "toml": "TOML",
    "python": "Python",
    "shell": "a shell script",
    "mapping": "a mapping",
}
