"""What holds for every suggestion, on generated configurations in every format: only what was asked for changes, and once is enough."""

from __future__ import annotations

import ast
import itertools
import json
import shlex
import sys
import warnings
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from advisor.dialects.options import Options
from advisor.fixes.plan import renamed
from advisor.outcome import FileOutcome
from advisor.pipeline import lint_documents
from advisor.preface import prefaced
from advisor.rulebook.finding import STAGES, Severity
from advisor.rulebook.selection import Selection
from advisor.source.document import Document
from advisor.source.reading import read
from advisor.suggestion import Suggestion, suggest
from advisor.wishes import Choice, Roll

KEYS: dict[str, list[Any]] = {
    "learning_rate": [5e-7, 5e-5, 1e-3, "5e-7", 3e-6, 0.3],
    "beta": [0.1, 0, 5.0, 0.01],
    "per_device_train_batch_size": [1, 8, 1024],
    "gradient_accumulation_steps": [1, 4, 64],
    "num_train_epochs": [1, 10, 3.0],
    "warmup_ratio": [0.1, 0.9],
    "warmup_steps": [10, 5000],
    "max_steps": [100, 1000],
    "max_length": [256, 2048],
    "max_prompt_length": [128, 1024],
    "bf16": [True, False],
    "fp16": [True, False],
    "adam_beta2": [0.999, 0.95],
    "max_grad_norm": [1.0, 100.0, 0],
    "weight_decay": [0.0, 0.5],
    "label_smoothing": [0.0, 0.6],
    "evaluation_strategy": ["steps", "no"],
    "eval_steps": [50, 1],
    "logging_steps": [1, 500],
    "use_peft": [True],
    "lora_r": [8, 256],
    "lora_alpha": [1, 16, 4096],
    "gradient_checkpointing": [True, False],
    "seed": [42],
}
ALWAYS = ["learning_rate", "per_device_train_batch_size", "gradient_accumulation_steps", "num_train_epochs"]
"""By which the files are recognised."""
MODEL = "Qwen/Qwen2.5-0.5B-Instruct"
NOTES = ["", "", "  # mine: 5e-7", " # was 1: low [OLD101]; mine", "   ", "  #\ttab\t", "  # noqa"]


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    others = st.lists(st.sampled_from([key for key in KEYS if key not in ALWAYS]), max_size=10, unique=True)
    return {key: draw(st.sampled_from(KEYS[key])) for key in draw(st.permutations([*ALWAYS, *draw(others)]))}


def spelled(draw: st.DrawFn, value: Any) -> str:
    if isinstance(value, str):
        return draw(st.sampled_from([value, f"'{value}'", f'"{value}"']))
    if isinstance(value, bool):
        return draw(st.sampled_from([str(value).lower(), "yes" if value else "no"]))
    return draw(st.sampled_from([repr(value), f"{value:e}"])) if isinstance(value, float) else repr(value)


@st.composite
def yaml_files(draw: st.DrawFn) -> tuple[str, bytes]:
    lines = draw(st.sampled_from([[], ["%YAML 1.1", "---"], ["---"], ["# @package _global_", "# ünser Versuch"]]))
    lines = [*lines, "trl: dpo", f"model_name_or_path: {draw(st.sampled_from(['', '&model ']))}{MODEL}"]
    for key, value in draw(values()).items():
        lines += draw(st.lists(st.sampled_from(["", "# a word: 1", "   # indented  "]), max_size=1))
        lines.append(f"{key}:{draw(st.sampled_from([' ', '   ']))}{spelled(draw, value)}{draw(st.sampled_from(NOTES))}")
    lines += draw(st.sampled_from([[], ["extra: {a: 1, b: [x, 'y']}  "], ["text: |", "  learning_rate: 5e-7 # no comment", ""], ["..."]]))
    if any("&model" in line for line in lines) and lines[-1] != "...":
        lines.append("tokenizer_name_or_path: *model")
    return "config.yaml", encoded(draw, lines)


@st.composite
def json_files(draw: st.DrawFn) -> tuple[str, bytes]:
    data = {"trl": "dpo", "model_name_or_path": MODEL, **draw(values()), "extra": {"x": [1, {"y": None}], "ü": "\\u00e9"}}
    text = json.dumps(data, indent=draw(st.sampled_from([None, 2, "\t"])), ensure_ascii=draw(st.booleans()))
    return "config.json", encoded(draw, text.split("\n"))


@st.composite
def toml_files(draw: st.DrawFn) -> tuple[str, bytes]:
    lines = ["# trl", 'trl = "dpo"', f"model_name_or_path = '{MODEL}'"]
    for key, value in draw(values()).items():
        lines.append(f"{key}{draw(st.sampled_from([' = ', '=']))}{json.dumps(value)}{draw(st.sampled_from(NOTES))}")
    return "config.toml", encoded(draw, [*lines, "", "[extra]", "x = { a = 1 }  "])


@st.composite
def python_files(draw: st.DrawFn) -> tuple[str, bytes]:
    given_values = draw(values())
    lines = draw(st.sampled_from([[], ["#!/usr/bin/env python", "# -*- coding: utf-8 -*-"], ['"""Doc: 5e-7."""']]))
    lines = [*lines, "from trl import DPOConfig, DPOTrainer", ""]
    first = next(iter(given_values))
    by_name = draw(st.booleans())
    if by_name:
        lines += [f"VALUE = {given_values[first]!r}{draw(st.sampled_from(NOTES))}", ""]
    lines.append("args = DPOConfig(")
    for key, value in given_values.items():
        lines.append(f"    {key}={'VALUE' if by_name and key == first else repr(value)},{draw(st.sampled_from(NOTES))}")
    return "train.py", encoded(draw, [*lines, ")", f'trainer = DPOTrainer(model="{MODEL}", args=args)', ""])


@st.composite
def shell_files(draw: st.DrawFn) -> tuple[str, bytes]:
    given_values = draw(values())
    head = draw(st.sampled_from([[], ["#!/bin/bash", "#SBATCH --gpus=8", "set -e"]]))
    first = next(iter(given_values))
    lines = [
        *head,
        f"VALUE={given_values[first]}{draw(st.sampled_from(NOTES))}",
        "",
        "python -m trl.scripts.dpo \\",
        f"  --model_name_or_path {MODEL} \\",
    ]
    for key, value in given_values.items():
        lines.append(f"  --{key} {'$VALUE' if key == first else value} \\")
    return "run.sh", encoded(draw, [*lines, "  --output_dir out", "echo done  # 5e-7"])


def encoded(draw: st.DrawFn, lines: list[str]) -> bytes:
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"])) if not any(line.endswith("\\") for line in lines) else "\n"
    text = newline.join(lines) + draw(st.sampled_from(["", newline]))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode() if not text.startswith("#!") else text.encode()


def linted(document: Document) -> FileOutcome:
    return lint_documents([document], Options(), Selection())


def made_from(path: str, content: bytes, choice: Choice) -> Suggestion:
    return suggest(linted(read(path, content)), options=Options(), selection=Selection(), choice=choice)


FILES = st.one_of(yaml_files(), yaml_files(), json_files(), toml_files(), python_files(), shell_files())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILES, st.sampled_from(STAGES), st.booleans())
def test_a_suggestion_is_sound_settled_and_final(file: tuple[str, bytes], stage: Any, safe_only: bool) -> None:
    choice = Choice(safe_only, stage)
    made = made_from(*file, choice)
    text = prefaced(made, made.files[0])
    if not made.changed:
        assert text == made.document.text
        return
    asked = asked_for(made)
    if made.document.format != "json" or "\n" in made.document.text.strip():  # JSON on one line has no other
        lines_stay(made, text, asked)
    for old, new in readings(made.document.format, made.document.text, text):
        assert {key for key in {*old, *new} - asked if old.get(key) != new.get(key)} == set()
    fixed = {(one.edit.rule, key) for one in made.applied if one.changed for key in (one.edit.key, renamed(one.edit))}
    bom = "\ufeff" if made.document.bom else ""
    after = linted(read(file[0], (bom + text).encode()))
    known = Roll(made.before.findings)
    causes = {(finding.cause, finding.field) for finding in made.before.findings if finding.cause is not None}
    for finding in after.findings:
        assert (finding.rule, finding.key) not in fixed
        assert finding.severity < Severity.LOW or finding in known or (finding.cause, finding.field) in causes
    assert not suggest(after, options=Options(), selection=Selection(), choice=choice).changed


def asked_for(made: Suggestion) -> set[str]:
    return {key for one in made.applied for key in (one.edit.key, renamed(one.edit), *one.also)}


def lines_stay(made: Suggestion, text: str, asked: set[str]) -> None:
    """Every line without an edited value is in the new text, byte for byte and in order."""
    document = made.document
    spans = [
        span for key in asked if key in document.values for span in (document.values[key].entry.key_span, document.values[key].node.span)
    ]
    edited = {document.text.count("\n", 0, offset) for span in spans for offset in span}
    if "\r\n" in document.text:
        assert text.count("\r\n") == text.count("\n")
    ending = {"shell": " \\", "json": ","}.get(document.format, "")  # what an argument or a member needs before another can follow
    new = iter(text.replace("\r\n", "\n").split("\n"))
    for number, line in enumerate(document.text.replace("\r\n", "\n").split("\n")):
        if number not in edited:
            assert any(other in (line, line + ending) for other in new), f"line {number + 1} is gone: {line!r}"


def readings(form: str, old: str, new: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What the format's own loaders read in both texts, flat."""
    loaders: dict[str, list[Any]] = {
        "yaml": [yaml.safe_load, YAML(typ="safe", pure=True).load, YAML(typ="rt").load],
        "json": [json.loads],
        "python": [keywords],
        "shell": [arguments],
    }
    if sys.version_info >= (3, 11):
        import tomllib

        loaders["toml"] = [tomllib.loads]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [(flat(load(old)), flat(load(new))) for load in loaders.get(form, [])]


def flat(data: Any, path: str = "") -> dict[str, Any]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    if items is None:
        return {path: (str(type(data).__name__), str(data))}
    return {key: value for name, item in items for key, value in flat(item, f"{path}.{name}".lstrip(".")).items()}


def keywords(text: str) -> dict[str, Any]:
    tree = ast.parse(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found = {f"{ast.unparse(call.func)}.{word.arg}": ast.unparse(word.value) for call in calls for word in call.keywords}
    plain = [node for node in tree.body if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Call)]
    return found | {ast.unparse(node.targets[0]): ast.unparse(node.value) for node in plain}


def arguments(text: str) -> dict[str, Any]:
    words = shlex.split(text, comments=True)
    return {word[2:]: following for word, following in itertools.pairwise(words) if word.startswith("--")}


FORMATS = {"yaml": yaml_files(), "json": json_files(), "toml": toml_files(), "python": python_files(), "shell": shell_files()}


@pytest.mark.parametrize("name", FORMATS)
def test_generated_files_are_configurations(name: str) -> None:
    """Else the property above would hold of nothing."""
    changed = 0

    @settings(max_examples=8, deadline=None, database=None, derandomize=True)
    @given(FORMATS[name])
    def count(file: tuple[str, bytes]) -> None:
        nonlocal changed
        changed += made_from(*file, Choice()).changed

    count()
    assert changed
