"""Build hook: compile packs and tables before they are packed, so that an installed linter parses no expression at start."""

from __future__ import annotations

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileTables(BuildHookInterface):  # type: ignore[misc,type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        try:
            from advisor.compilation import compile_all

            compile_all()
        finally:
            sys.path.remove(self.root)
