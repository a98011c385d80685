"""`memory --exact`: the trace beside the closed form, or one line that says why there is none."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.entry import run
from advisor.exact import process

MODEL = {
    "model_type": "llama",
    "hidden_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "intermediate_size": 512,
    "vocab_size": 2000,
    "tie_word_embeddings": False,
}
CONFIG = """\
model_name_or_path: model
loss_type: sigmoid
beta: 0.1
max_length: 256
per_device_train_batch_size: 4
bf16: false
dtype: bfloat16
"""
PLAYED = """
import json, sys
json.load(sys.stdin)
phases = {"forward": 0.5, "backward": 0.25, "optimizer": 0.125}
traced = {"peak_gib": 0.5, "phase": "forward", "phases_gib": phases, "components_gib": {"logits": 0.25}, "seconds": 1.0}
print(json.dumps({"traced": traced, "tracer": {"torch": "2.0", "transformers": "5.0"}}))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps(MODEL))
    (tmp_path / "dpo.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PACKAGES", ())
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", PLAYED))


def entry(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert run(["memory", "dpo.yaml", "--gpu", "t4", "--output-format", "json", *options]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["files"][0]
    return found


@pytest.mark.usefixtures("here", "played")
def test_json_holds_the_trace_beside_the_closed_form(capsys: pytest.CaptureFixture[str]) -> None:
    found = entry(capsys, "--exact")
    exact = found["exact"]
    assert set(exact) == {
        *("reason", "tensors_gib", "closed_form_gib", "phase", "phases_gib", "components_gib", "added_gib", "peak_gib"),
        *("verdict", "left_out", "remarks", "seconds", "tracer"),
    }
    assert exact["tensors_gib"] == 0.5
    assert exact["closed_form_gib"] == pytest.approx(found["peak_gib"]["expected"] - found["components_gib"]["overhead"], abs=1e-4)
    assert exact["peak_gib"]["expected"] == pytest.approx(0.5 + exact["added_gib"]["overhead"])
    assert exact["verdict"] == "fits"
    assert "exact" not in entry(capsys)


@pytest.mark.usefixtures("here", "played")
def test_text_says_both_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["memory", "dpo.yaml", "--gpu", "t4", "--exact"]) == 0
    out = capsys.readouterr().out
    assert "traced with the real modules: fits, 2.2 GiB in the forward phase" in out
    assert "0.50 GiB of tensors traced" in out


@pytest.mark.usefixtures("here", "played")
def test_when_time_is_up_the_closed_form_stands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    assert run(["memory", "dpo.yaml", "--gpu", "t4", "--exact", "--time-limit", "0.5"]) == 0
    out = capsys.readouterr().out
    assert "not traced: the time limit of 0.5 s ran out (--time-limit)" in out
    assert out.startswith("dpo.yaml: fits t4")


@pytest.mark.usefixtures("here")
def test_without_the_extra_one_line_names_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(process, "PACKAGES", ("no_such_package_here",))
    assert run(["memory", "dpo.yaml", "--exact"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "rlhf-lint: --exact needs no_such_package_here: pip install 'rlhf-lint[exact]'\n"
    assert captured.out == ""


@pytest.mark.real
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "change", ["", "attn_implementation: flash_attention_2\n", "use_liger_kernel: false\ngradient_checkpointing: false\n"]
)
def test_a_tiny_model_really_traced_agrees_with_the_closed_form(change: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Opt-in: needs torch, transformers and peft in this environment."""
    pytest.importorskip("torch")
    (here / "dpo.yaml").write_text(CONFIG + change)
    (here / "torch.py").write_text("raise SystemExit('imported from the working folder')")
    exact = entry(capsys, "--exact")["exact"]
    assert exact["reason"] is None
    assert exact["tensors_gib"] == pytest.approx(exact["closed_form_gib"], rel=0.03)
