"""Defaults of transformers' configuration classes for the families of schemas/architectures.yaml, as JSON on standard output.

    python tools/model_defaults.py > tests/memory/data/config_defaults.json

tests/memory/test_model_config.py holds the table of families and the shipped shapes against them. Needs transformers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FAMILIES = Path(__file__).resolve().parent.parent / "schemas" / "architectures.yaml"
PLAIN = (str, int, float, bool)


def main() -> int:
    import transformers
    import yaml
    from transformers import AutoConfig

    found: dict[str, object] = {"transformers": transformers.__version__}
    for family, entry in yaml.safe_load(FAMILIES.read_text())["families"].items():
        if "text" in entry:
            continue
        try:
            config = AutoConfig.for_model(family).get_text_config()
        except ValueError:
            print(f"{family}: not in this transformers", file=sys.stderr)
            continue
        names = set(config.to_dict()) | set(entry.get("values", ())) | {"tie_word_embeddings"}
        found[family] = {name: value for name in sorted(names) if isinstance(value := getattr(config, name, None), PLAIN)}
    print(json.dumps(found, indent=0, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
