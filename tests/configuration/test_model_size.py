from __future__ import annotations

import pytest

from advisor.configuration.model_size import parameters_from_name


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", 7),
        ("openai-community/gpt2", 0.124),
        ("gpt2-xl", 1.56),
        ("EleutherAI/pythia-2.8b", 2.8),
        ("facebook/opt-350m", 0.35),
        ("TinyLlama/TinyLlama-1.1B-Chat-v1.0", 1.1),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 0.135),
        ("microsoft/phi-2", 2.78),
        ("microsoft/Phi-3-mini-4k-instruct", 3.8),
        ("google/gemma-2b-it", 2.51),
        ("google/gemma-2-9b", 9),
        ("HuggingFaceH4/zephyr-7b-beta", 7),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", 46.7),
        ("Qwen/Qwen3-30B-A3B", 30),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", 1.5),
        ("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", 8),
        ("unsloth/llama-3-8b-Instruct-bnb-4bit", 8),
        ("./models/stage3-policy-7b", 7),
        ("/models/llama3_8b/checkpoint-500", 8),
        ("outputs/qwen2_5_0_5b", 0.5),
    ],
)
def test_a_name_tells_the_size(name: str, billions: float) -> None:
    assert parameters_from_name(name) == pytest.approx(billions * 1e9)


@pytest.mark.parametrize("name", ["./models/code-student", "me/swe-patch-sft", "Qwen3-A3B", "mistral-8bit", "run-2024", ""])
def test_a_name_that_does_not_tell_is_not_guessed_from(name: str) -> None:
    assert parameters_from_name(name) is None
