from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.history.redaction import is_private, redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No such file: '/home/erin/my proj/data.json' for erin", "No such file: 'my proj/data.json' for <removed>"),
        (r"[Errno 2] C:\Users\Erin Doe\x\y.py failed", "[Errno 2] y.py failed"),
        ("/Users/erin", "<home>"),
        ("see https://erin:pw@host.example.com/a?b=c", "see <address>"),
        ("mail erin@corp.com", "mail <address>"),
        ("connect 10.0.0.3:29500 host=gpu07", "connect <host> host=<removed>"),
        ("ssh gpu-3.cluster", "ssh <host>"),
        ("token hf_abcdefghijklmnop", "token <removed>"),
        ("api_key=abc123", "api_key=<removed>"),
        ("~/secrets/x.txt", "x.txt"),
        ("\x1b[31mred\x1b[0m\u202e", "red"),
        ("CUDA out of memory. Tried to allocate 7.83 GiB", "CUDA out of memory. Tried to allocate 7.83 GiB"),
        ("KeyError: 'rewards/chosen'", "KeyError: 'rewards/chosen'"),
        ("completions / mean_length", "completions / mean_length"),
        ("Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-7B"),
    ],
)
def test_redacted(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_names_found_elsewhere_are_removed_too() -> None:
    assert redacted("queue of erin is full", people={"erin"}) == "queue of <removed> is full"


def test_long_text_is_cut() -> None:
    assert len(redacted("word " * 1000)) == 300


@given(
    st.text(alphabet="abcz", min_size=3, max_size=8), st.sampled_from(["/home/{}/a.py", "/Users/{}/b/c", r"D:\Users\{}\d", "x /home/{}"])
)
def test_no_home_directory_survives(name: str, path: str) -> None:
    assert name not in redacted("in " + path.format(name) + " of " + name).replace("<home>", "").replace("<removed>", "").split()


def test_private_settings() -> None:
    private = ("hub_token", "output_dir", "wandb_api_key", "username", "hostname", "email", "run_path")
    public = ("learning_rate", "num_tokens", "max_tokens", "max_prompt_length", "model_name_or_path", "beta")
    assert all(map(is_private, private))
    assert not any(map(is_private, public))
