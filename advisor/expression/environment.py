"""What an expression may speak of: the declared names and functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.expression.functions import BUILTINS, FORMS, Function
from advisor.expression.value import Type


@dataclass(frozen=True)
class Environment:
    """Declared names with their types, and functions beside the built-in ones. Raises ValueError for a declaration that cannot hold."""

    names: Mapping[str, Type]
    functions: Mapping[str, Function]

    def __post_init__(self) -> None:
        for name, kind in self.names.items():
            if kind is Type.ANY:
                raise ValueError(f"{name} needs a type of its own: `any` is for parameters")
        for name, function in self.functions.items():
            if name in BUILTINS or name in FORMS:
                raise ValueError(f"{name} is built in and cannot be declared again")
            if function.result is Type.ANY:
                raise ValueError(f"{name} needs a result type of its own: `any` is for parameters")
            if function.variadic and not function.parameters:
                raise ValueError(f"{name} is variadic and has no parameter to repeat")

    def function(self, name: str) -> Function | None:
        """Return the built-in or declared function of that name."""
        return BUILTINS.get(name) or self.functions.get(name)
