"""The command line. Commands hold no logic: they read options, call the pipeline, and print."""

from __future__ import annotations

import gc


def main() -> None:
    """Run `rlhf-lint`. Exit status: 0 clean, 1 findings at `--fail-on`, 2 unusable input or usage, 3 internal error."""
    # Modules and tables stay to the end. Looking through them for garbage, while they are loaded and at exit, costs a sixth of a short run.
    gc.disable()
    from advisor.cli.entry import run

    status = run()
    gc.freeze()
    raise SystemExit(status)
