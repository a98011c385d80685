"""Real modules made ready as trainers make them: autocast, adapters, a head taken off, an optimizer that cannot run here. Needs torch."""

from __future__ import annotations

from typing import Any

import torch

from advisor.exact.kernels import FLASH
from advisor.memory.settings import Run


def with_autocast(model: Any, *, wide: bool) -> None:
    """As accelerate prepares a model: forward under autocast; with `wide`, logits converted to float32."""
    forward = model.forward

    def wrapped(*arguments: Any, **keywords: Any) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = forward(*arguments, **keywords)
        if wide:
            out.logits = out.logits.float()
        return out

    model.forward = wrapped


def without_head(model: Any) -> Any:
    """The output projection's weight; the model gives what it would have projected in the place of logits."""
    head = model.get_output_embeddings()
    head.forward = lambda hidden: hidden
    return head.weight


def with_adapters(model: Any, run: Run) -> Any:
    """PEFT's LoRA, adapters in float32."""
    import peft.tuners.lora.layer
    import peft.tuners.tuners_utils
    from peft import LoraConfig, get_peft_model

    # Both move modules between devices by swapping parameters, which fake tensors refuse; here is one device only.
    peft.tuners.tuners_utils.BaseTunerLayer._move_adapter_to_device_of_base_layer = lambda *a, **k: None
    peft.tuners.lora.layer.LoraLayer._move_adapter_to_device_of_base_layer = lambda *a, **k: None
    moves, torch.nn.Module.to = torch.nn.Module.to, lambda self, *a, **k: self
    wanted = run.targets if isinstance(run.targets, str) else list(run.targets) or None
    settings = LoraConfig(r=run.rank, lora_alpha=2 * run.rank, lora_dropout=run.adapter_dropout, target_modules=wanted)
    try:
        return get_peft_model(model, settings, autocast_adapter_dtype=False)
    finally:
        torch.nn.Module.to = moves


def implementation(kind: Any, config: Any, attention: str) -> str:
    """transformers' name of an attention; eager where the model has no other."""
    if attention == "sdpa" and not kind._model_mapping[type(config)]._supports_sdpa:
        return "eager"
    return FLASH if attention == "flash" else attention


class PlacedOptimizer:
    """Bytes that an optimizer keeps and needs, as the closed form counts them, where the real one cannot run here."""

    def __init__(self, kept: float, temporary: float, parameters: list[Any]) -> None:
        self.kept, self.temporary, self.parameters = kept, temporary, parameters
        self.state: dict[str, dict[str, Any]] = {}

    def step(self) -> None:
        self.state = self.state or {"all": {"kept": torch.empty(int(self.kept), dtype=torch.uint8)}}
        torch.empty(int(self.temporary), dtype=torch.uint8)

    def zero_grad(self, *, set_to_none: bool) -> None:
        for parameter in self.parameters:
            parameter.grad = None
