"""The command line. Commands hold no logic: they read options, call the pipeline, and print."""

from __future__ import annotations


def main() -> None:
    """Run `rlhf-lint`. Exit status: 0 clean, 1 findings at `--fail-on`, 2 unusable input or usage, 3 internal error."""
    from advisor.cli.entry import run

    raise SystemExit(run())
