"""A config linter and hyperparameter advisor for LLM post-training."""

from __future__ import annotations

__version__ = "0.1.0"
