"""What the settings say of adapters: their kind, what they are put on, how wide they are, and what learns whole beside them."""

from __future__ import annotations

from advisor.memory.numerics import FULL, HALF
from advisor.memory.reader import OFF_WORDS, Reader
from advisor.memory.tables import mapping


def adapters_of(r: Reader) -> tuple[str, str | None]:
    """Their kind, none without; and what the base is quantized to."""
    kind = r.word("peft.kind") or "none"
    kind = "none" if kind in OFF_WORDS | {"full"} else kind
    words = str(r.settings.get("precision.quantization") or "").lower()
    quantization = "4bit" if "4" in words else "8bit" if "8" in words else None
    if kind == "qlora" and quantization is None:
        quantization = "4bit"
    if quantization and kind == "none":
        r.assume("a quantized model cannot learn without adapters: counted as LoRA of rank 8")
        kind = "lora"
    return kind, quantization


def adapter_width(r: Reader, quantization: str | None, zero_stage: int, megatron: bool) -> float:
    """PEFT keeps adapters in float32, over a half-precision base too; TRL casts them to bfloat16 over a quantized base and under ZeRO-3,
    Megatron holds them as it holds all else. `peft.dtype` says otherwise."""
    name = (r.word("peft.dtype") or "").removeprefix("torch.")
    widths = mapping("memory.yaml")["dtypes"]
    return float(widths[name]) if name in widths else HALF if quantization or zero_stage == 3 or megatron else FULL


def saved_modules(r: Reader) -> tuple[str, ...]:
    """Modules that learn whole, beside the adapters."""
    value = r.settings.get("peft.saved_modules")
    names = value if isinstance(value, (list, tuple)) else str(value or "").replace(",", " ").split()
    return tuple(str(name).rpartition(".")[2] for name in names)


def targets_of(r: Reader) -> tuple[str, ...] | str:
    """Names of the linear layers that carry one, or the word for all; empty where the settings name none."""
    value = r.settings.get("peft.targets")
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]  # as TRL does: a list of one word may be the word for all
    if isinstance(value, (list, tuple)) and value:
        return tuple(str(item).rpartition(".")[2] for item in value)
    if isinstance(value, str) and value.strip():
        word = value.strip()
        return (
            "all-linear"
            if word.lower() in ("all-linear", "all", "all_linear")
            else tuple(part.strip().rpartition(".")[2] for part in word.replace(",", " ").split())
        )
    return ()
