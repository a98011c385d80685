"""A config linter and hyperparameter advisor for LLM post-training.

import advisor
outcome = advisor.lint("config_dpo.yaml")
for finding in outcome.findings: ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.pipeline import lint as lint
    from advisor.sweep import lint_many as lint_many

__version__ = "0.1.0"
__all__ = ["__version__", "lint", "lint_many"]


def __getattr__(name: str) -> Any:
    """What is public is loaded on first use, so that asking for the version costs nothing."""
    if name == "lint":
        from advisor.pipeline import lint

        return lint
    if name == "lint_many":
        from advisor.sweep import lint_many

        return lint_many
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
