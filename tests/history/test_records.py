from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.history import read_history
from advisor.history.history import History
from advisor.history.number import cell_number
from advisor.history.records import decoder_of_large_logs

from .reading import points, read, written


def jsonl(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_llamafactory_log() -> None:
    history = read("trainer_log.jsonl")
    assert points(history, "loss") == [(10, 0.6931), (20, 0.6608), (30, 0.6312)]
    assert points(history, "pref_acc") == [(10, 0.4875), (20, 0.6125), (30, 0.675)]
    assert history.series["lr"].values[0] == 5e-7
    assert "percentage" not in history.series and "total_steps" not in history.series
    assert history.ended == "finished"


def test_swift_log_counts_steps_in_a_fraction_and_closes_with_a_summary() -> None:
    history = read("logging.jsonl")
    assert points(history, "reward") == [(5, 0.42), (10, 0.47)]
    assert points(history, "step_time") == [(5, 21.0), (10, 21.0)]
    assert "train_loss" not in history.series
    assert history.ended == "finished"


def test_wandb_export_drops_the_run_name_and_the_envelope() -> None:
    history = read("wandb_export.csv")
    assert history.format == "csv"
    assert points(history, "reward") == [(1, 0.25), (2, 0.3125), (3, 0.375)]
    loss = history.series["loss"]
    assert list(loss.steps) == [1, 2] and math.isnan(loss.values[1])
    assert loss.key == "train/loss"
    assert set(history.series) == {"loss", "reward"}


def test_verl_file_logger(tmp_path: Path) -> None:
    text = jsonl(
        {"step": 1, "data": {"actor/entropy": 0.41, "critic/score/mean": 0.2, "actor/grad_norm": float("nan")}},
        {"step": 2, "data": {"actor/entropy": 0.4, "critic/score/mean": 0.25, "actor/grad_norm": 0.3, "val-core/m/reward/mean@1": 0.5}},
    )
    history = read_history(written(tmp_path, "exp.jsonl", text))
    assert points(history, "entropy") == [(1, 0.41), (2, 0.4)]
    assert points(history, "eval_reward") == [(2, 0.5)]
    assert math.isnan(history.series["grad_norm"].values[0])


def test_bare_nan_and_infinity_are_data(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "a", '{"step": 1, "loss": NaN}\n{"step": 2, "loss": -Infinity}\n{"step": 3, "loss": 0.5}\n'))
    values = list(history.series["loss"].values)
    assert math.isnan(values[0]) and values[1:] == [-math.inf, 0.5]


def test_numbers_in_quotes_are_numbers(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "a", jsonl({"step": 1, "loss": "0.693", "learning_rate": "1.9e-07"})))
    assert points(history, "loss") == [(1, 0.693)]
    assert points(history, "lr") == [(1, 1.9e-07)]


def test_a_cut_last_line_is_named(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "a", jsonl({"step": 1, "loss": 0.7}, {"step": 2, "loss": 0.6}) + '{"step": 3, "lo'))
    assert points(history, "loss") == [(1, 0.7), (2, 0.6)]
    assert history.ended == "truncated"
    assert any("cut off" in warning for warning in history.warnings)


def test_broken_lines_are_counted(tmp_path: Path) -> None:
    text = '{"step": 1, "loss": 0.7}\nnot json\n[1, 2]\n{"step": 2, "loss": 0.6}\n'
    history = read_history(written(tmp_path, "a", text))
    assert history.warnings == ("2 lines are no JSON objects, and left out",)
    assert history.ended == "unknown"


def test_rows_of_one_step_merge_and_evaluation_stays_apart(tmp_path: Path) -> None:
    text = jsonl({"_step": 5, "train/loss": 0.7}, {"_step": 5, "train/grad_norm": 1.5}, {"_step": 5, "eval/loss": 0.65})
    history = read_history(written(tmp_path, "a", text))
    assert {name: points(history, name) for name in history.series} == {
        "loss": [(5, 0.7)],
        "grad_norm": [(5, 1.5)],
        "eval_loss": [(5, 0.65)],
    }
    assert history.step_count == 1


def test_a_resumed_run_keeps_the_later_rows(tmp_path: Path) -> None:
    rows = [(10, 0.9), (20, 0.8), (30, 0.7), (40, 9.0), (50, 9.5), (30, 0.6), (35, 0.5), (45, 0.4)]
    history = read_history(written(tmp_path, "a", jsonl(*({"step": step, "loss": loss} for step, loss in rows))))
    assert points(history, "loss") == [(10, 0.9), (20, 0.8), (30, 0.6), (35, 0.5), (45, 0.4)]
    assert history.warnings == ("steps go back once, as in a resumed run: the later rows replace the earlier ones",)


def test_rows_in_no_order_are_sorted(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "a", jsonl(*({"step": step, "loss": step / 10} for step in (5, 4, 3, 2, 1)))))
    assert points(history, "loss") == [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4), (5, 0.5)]


def test_null_gives_no_point(tmp_path: Path) -> None:
    text = jsonl(*({"step": step, "loss": 0.5, "eval_loss": 0.4 if step % 2 == 0 else None} for step in range(1, 5)))
    history = read_history(written(tmp_path, "a", text))
    assert points(history, "eval_loss") == [(2, 0.4), (4, 0.4)]
    assert len(history.series["loss"]) == 4


def test_keys_in_changing_order_and_number(tmp_path: Path) -> None:
    rows = []
    for step in range(1, 301):
        row = {"step": step, "loss": step / 1000, "grad_norm": 1.0, f"extra/{step % 90}": float(step)}
        rows.append(dict(sorted(row.items(), key=lambda item, step=step: hash((item[0], step)))))
    history = read_history(written(tmp_path, "a", jsonl(*rows)))
    assert points(history, "loss") == [(step, step / 1000) for step in range(1, 301)]
    assert points(history, "extra/7") == [(7, 7.0), (97, 97.0), (187, 187.0), (277, 277.0)]


def test_samples_are_not_rows_of_metrics(tmp_path: Path) -> None:
    text = jsonl(*({"prompt": "2 + 2", "completion": "4", "reward": 1.0} for _ in range(5)))
    with pytest.raises(InputError, match="no metric rows found"):
        read_history(written(tmp_path, "completions.jsonl", text))


def test_epoch_means_in_csv(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "t.csv", "Epoch,Avg Reward,Reward Variance,Loss Trend\n1,0.25,0.09,N/A\n2,+0.30,0.16,-0.36\n"))
    assert history.epochs
    assert points(history, "reward") == [(1, 0.25), (2, 0.30)]
    assert points(history, "reward_std") == [(1, pytest.approx(0.3)), (2, pytest.approx(0.4))]
    assert "Loss Trend" not in history.series
    assert any("is a variance" in warning for warning in history.warnings)


def test_semicolons_and_tabs(tmp_path: Path) -> None:
    for delimiter in ";\t":
        text = "step,loss,reward\n1,0.5,0.25\n2,0.4,0.5\n".replace(",", delimiter)
        assert points(read_history(written(tmp_path, "t", text)), "reward") == [(1, 0.25), (2, 0.5)]


def test_json_list_columns_and_last_values(tmp_path: Path) -> None:
    listed = read_history(written(tmp_path, "a.json", json.dumps([{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}], indent=1)))
    columns = read_history(written(tmp_path, "b.json", json.dumps({"step": [1, 2], "loss": [0.5, 0.4], "name": "x"}, indent=1)))
    assert points(listed, "loss") == points(columns, "loss") == [(1, 0.5), (2, 0.4)]
    summary = read_history(written(tmp_path, "c.json", json.dumps({"_step": 90, "train/loss": 0.4, "_wandb": {"runtime": 3}})))
    assert points(summary, "loss") == [(90, 0.4)]
    assert any("last values only" in warning for warning in summary.warnings)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("+0.0087", 0.0087),
        ("-0.3626 ⚠️", -0.3626),
        ("-0.3626 \u00e2\u0161\u00a0\u00ef\u00b8", -0.3626),
        ("**0.5**", 0.5),
        ("62.5%", 0.625),
        ("1,024.5", 1024.5),
        ("1e-7", 1e-7),
        ("N/A", None),
        ("No Log", None),
        ("3 of 4", None),
        ("12 min", None),
        ("1.2.3", None),
        ("", None),
    ],
)
def test_cells(cell: str, number: float | None) -> None:
    assert cell_number(cell) == number


def test_a_row_ends_where_its_object_ends(tmp_path: Path) -> None:
    text = '  {"step": 1, "loss": 0.7}  \r\n{"step": 2, "loss": 0.6} trailing\n{"step": 3, "loss": 0.5}'
    history = read_history(written(tmp_path, "a", text))
    assert points(history, "loss") == [(1, 0.7), (3, 0.5)]
    assert history.warnings == ("1 line is no JSON object, and left out",)


def test_the_counter_of_the_tracker_is_no_optimizer_step(tmp_path: Path) -> None:
    text = jsonl(
        {"_step": 0, "system/gpu": 3.0},
        {"_step": 1, "train/loss": 0.7, "train/global_step": 10},
        {"_step": 2, "system/gpu": 4.0},
        {"_step": 3, "train/loss": 0.6, "train/global_step": 20},
    )
    history = read_history(written(tmp_path, "a", text))
    assert points(history, "loss") == [(10, 0.7), (20, 0.6)]
    assert points(history, "system/gpu") == [(10, 4.0)]
    assert not any("go back" in warning for warning in history.warnings)


LINES = {
    "not a number": '{"step": 2, "loss": NaN}',
    "infinities": '{"step": 2, "loss": Infinity, "kl": -Infinity, "reward": 1e400}',
    "no such word": '{"step": 2, "loss": nan}',
    "integer of twenty digits": '{"step": 2, "loss": 12345678901234567890, "reward": 1}',
    "integer beyond a double": '{"step": 2, "loss": ' + "9" * 400 + ', "reward": 1}',
    "integer too long to read": '{"step": 2, "loss": ' + "9" * 5000 + "}",
    "the same key twice": '{"step": 2, "loss": 0.1, "kl": 0.5, "loss": 0.2}',
    "lone surrogate": '{"step": 2, "loss": 0.1, "note": "\\ud800"}',
    "control character": '{"step": 2, "loss": 0.1, "note": "\x01"}',
    "deep": '{"step": 2, "loss": 0.1, "deep": ' + "[" * 400 + "]" * 400 + "}",
    "too deep": '{"step": 2, "loss": ' + "[" * 100_000,
    "trailing comma": '{"step": 2, "loss": 0.1},',
    "odd blanks": '\xa0 {"step": 2, "loss": 0.1}\xa0\x0c',
    "a list": "[1, 2]",
    "blank": " ",
    "cut": '{"step": 2, "lo',
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
@pytest.mark.parametrize("last", [False, True], ids=["in between", "last"])
def test_the_decoder_of_large_logs_reads_what_the_usual_one_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, last: bool
) -> None:
    text = jsonl({"step": 1, "loss": 0.5}) + line + ("" if last else "\n" + jsonl({"step": 3, "loss": 0.4, "kl": 0.1}))
    same_by_both_decoders(written(tmp_path, "log.jsonl", text), monkeypatch)


def test_bytes_that_are_no_text_are_read_alike_by_both_decoders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(
        b'{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.4, "note": "\xff\xfe"}\n\xc3{"step": 3, "loss": 0.3}\n{"step": 4, "lo\xc3'
    )
    history = same_by_both_decoders(log, monkeypatch)
    assert points(history, "loss") == [(1, 0.5), (2, 0.4)]
    assert history.ended == "truncated"


NUMBER = (
    st.floats().map(json.dumps)
    | st.integers(-(10**40), 10**40).map(str)
    | st.from_regex(r"-?[1-9][0-9]{0,20}\.[0-9]{1,25}(e[-+]?[0-9]{1,3})?", fullmatch=True)
)


@given(st.lists(NUMBER, min_size=1, max_size=20))
def test_both_decoders_give_the_same_numbers(numbers: list[str]) -> None:
    line = f"[{', '.join(numbers)}]"
    assert repr(decoder_of_large_logs()(line)) == repr(json.loads(line))


def same_by_both_decoders(log: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    plain = read_history(log)
    monkeypatch.setattr("advisor.history.records.LARGE", 0)
    quick = read_history(log)
    assert repr(quick) == repr(plain)
    return quick


def test_shares_in_percent_are_brought_to_shares(tmp_path: Path) -> None:
    rows = [{"step": step, "loss": 0.6, "rewards/accuracies": 50.0 + step, "rewards/margins": 40.0} for step in range(1, 12)]
    history = read_history(written(tmp_path, "a", jsonl(*rows)))
    assert points(history, "pref_acc")[-1] == (11, pytest.approx(0.61))
    assert points(history, "margin")[-1] == (11, 40.0)  # a margin may be as large as it likes
    assert "`rewards/accuracies` is logged in percent: pref_acc is a hundredth of it" in history.warnings
    rounded = read_history(written(tmp_path, "b", jsonl(*({**row, "rewards/accuracies": 1.0000001} for row in rows))))
    assert not any("percent" in warning for warning in rounded.warnings)


def test_decimal_commas_between_semicolons(tmp_path: Path) -> None:
    history = read_history(written(tmp_path, "a", "step;loss;note\n" + "".join(f"{step};0,{690 - step};a, b\n" for step in range(1, 6))))
    assert points(history, "loss") == [(1, 0.689), (2, 0.688), (3, 0.687), (4, 0.686), (5, 0.685)]
    commas = read_history(written(tmp_path, "b", 'step,tokens_per_s\n1,"1,024"\n2,"2,048"\n'))
    assert points(commas, "tokens_per_s") == [(1, 1024), (2, 2048)]
