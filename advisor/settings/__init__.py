"""What a project settles once for all its files: `[tool.rlhf-lint]` of pyproject.toml, or rlhf-lint.toml."""
