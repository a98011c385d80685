"""The traced process: a case as JSON on standard input, its peaks as JSON on standard output.

Nothing is fetched, and no code that comes with a model is run.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any, NoReturn


def main() -> int:
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    case = json.load(sys.stdin)
    socket.socket.connect = _refused  # type: ignore[method-assign]
    with answer:
        json.dump(_answer(case), answer)
    return 0


def _refused(*_: Any) -> NoReturn:
    raise OSError("the traced process opens no connection")


def _answer(case: dict[str, Any]) -> dict[str, Any]:
    try:
        import torch
        import transformers

        from advisor.exact.traced_step import trace

        kind = case["config"]["model_type"]
        if kind not in transformers.CONFIG_MAPPING:
            return {"error": f"transformers {transformers.__version__} has no model type {kind!r} of its own"}
        traced = trace(case["config"], case["settings"], case["optimizer"])
    except Exception as error:  # whatever a model's own code raises for a configuration that it does not take
        lines = str(error).strip().splitlines()
        return {"error": f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]}
    return {"traced": traced, "tracer": {"torch": torch.__version__, "transformers": transformers.__version__}}


if __name__ == "__main__":
    sys.exit(main())
