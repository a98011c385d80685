"""The JSON Schemas for editors accept what a framework accepts, and editors and validators can use them."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import yaml
from jsonschema import Draft7Validator

from advisor.cli.entry import run
from advisor.dialects.editor_schema import names, schema

ROOT = Path(__file__).resolve().parent.parent
GOOD = """\
model_name_or_path: Qwen/Qwen2.5-7B-Instruct
loss_type: [sigmoid]
beta: 0.1
learning_rate: 5e-7
max_length: 1024
bf16: true
gradient_checkpointing_kwargs:
  use_reentrant: false
"""
BAD = GOOD.replace("beta: 0.1", "beta: strong").replace("max_length", "max_lenght")


def complaints(text: str, name: str = "trl-dpo") -> set[str]:
    """Where a file breaks its schema: the path, or the words for a key that is not known."""
    errors = Draft7Validator(schema(name)).iter_errors(yaml.safe_load(text))
    return {"/".join(map(str, error.absolute_path)) or error.message for error in errors}


@pytest.mark.parametrize("name", names())
def test_every_schema_is_one(name: str) -> None:
    Draft7Validator.check_schema(schema(name))
    assert len(schema(name)["properties"]) > 5


def test_a_file_that_the_framework_takes_is_taken() -> None:
    assert complaints(GOOD) == set()


def test_mistakes_are_found_at_their_key() -> None:
    assert complaints(BAD) == {"beta", "Additional properties are not allowed ('max_lenght' was unexpected)"}


def test_a_choice_is_one_of_the_values() -> None:
    assert complaints(GOOD.replace("[sigmoid]", "[sigmoyd]")) == {"loss_type/0"}


def test_interpolations_stand_for_numbers() -> None:
    assert complaints("actor_rollout_ref:\n  actor:\n    optim:\n      lr: ${rate}\n", "verl") == set()
    assert complaints("actor_rollout_ref:\n  actor:\n    optim:\n      lr: fast\n", "verl") == {"actor_rollout_ref/actor/optim/lr"}


def test_the_command_prints_it_and_suggests(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "trl-dpo"]) == 0
    assert json.loads(capsys.readouterr().out) == schema("trl-dpo")
    assert run(["schema"]) == 0
    assert "axolotl\n" in capsys.readouterr().out
    assert run(["schema", "trl-dop"]) == 2
    assert "did you mean trl-dpo" in capsys.readouterr().err


@pytest.mark.installation
def test_check_jsonschema_uses_it(tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "check-jsonschema"], check=True)
    found = ROOT / "schemas" / "editor" / "trl-dpo.schema.json"
    for text, status in ((GOOD, 0), (BAD, 1)):
        (tmp_path / "config.yaml").write_text(text)
        command = [str(python), "-m", "check_jsonschema", "--schemafile", str(found), str(tmp_path / "config.yaml")]
        assert subprocess.run(command, capture_output=True, check=False).returncode == status


@pytest.mark.installation
def test_the_yaml_language_server_uses_it(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm is not installed")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path), "yaml-language-server"]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("yaml-language-server cannot be installed")
    found = (ROOT / "schemas" / "editor" / "trl-dpo.schema.json").as_uri()
    server = [node, str(tmp_path / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"), "--stdio"]
    text = f"# yaml-language-server: $schema={found}\n{BAD}num_train_ep"
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            messages = itertools.islice(conversation(process.stdin, process.stdout, text), 200)
            diagnostics: list[str] = []
            for message in messages:
                if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["diagnostics"]:
                    diagnostics = [entry["message"] for entry in message["params"]["diagnostics"]]
                if message.get("id") == 2 and "result" in message:
                    break
            items = message["result"]["items"] if isinstance(message["result"], dict) else message["result"]
        finally:
            process.kill()
    assert any("max_lenght" in text for text in diagnostics), diagnostics
    assert "num_train_epochs" in {item["label"] for item in items}


def conversation(to: IO[bytes], source: IO[bytes], text: str) -> Iterator[dict[str, Any]]:
    """Open a document, ask what could stand at its end once there are diagnostics, and give every message that comes back."""

    def say(message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        to.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        to.flush()

    uri = "file:///config.yaml"
    say({"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}})
    asked = False
    while True:
        length = 0
        while (line := source.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message = json.loads(source.read(length))
        yield message
        if message.get("id") == 1 and "result" in message:
            say({"method": "initialized", "params": {}})
            document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
            say({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        elif "id" in message and "method" in message:  # the server asks for settings
            wanted = message["params"].get("items", []) if isinstance(message.get("params"), dict) else []
            said = {"validate": True, "completion": True, "schemaStore": {"enable": False}}
            say({"id": message["id"], "result": [said if item.get("section") == "yaml" else None for item in wanted]})
        elif message.get("method") == "textDocument/publishDiagnostics" and message["params"]["diagnostics"] and not asked:
            asked = True
            lines = text.split("\n")
            position = {"line": len(lines) - 1, "character": len(lines[-1])}
            say({"id": 2, "method": "textDocument/completion", "params": {"textDocument": {"uri": uri}, "position": position}})
