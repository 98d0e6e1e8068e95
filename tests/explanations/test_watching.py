"""A watch over training: what it prints, what it keeps, and the report that it writes."""

import io
import json
import os
import re
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.explanations import watching


def test_a_watch_prints_a_verdict_a_check_and_findings_when_they_change():
    W, out = cr.tensor(np.ones((3, 2)), requires_grad=True), io.StringIO()
    look = cr.watch({"W": W}, every=2, out=out)
    for step in range(5):
        shift = -50.0 if step >= 2 else 0.0
        loss = np.maximum(np.ones((6, 3)) @ W + shift, 0.0).sum()
        look(loss)
    lines = out.getvalue().splitlines()
    assert lines[0] == "step 1: sound: every link passes something on, and every number is finite"
    assert lines[1].startswith("step 3: dead:") and "  new: dead" in out.getvalue()
    assert sum("new:" in line for line in lines) == 1 and len(look.checks) == 3
    with pytest.raises(ArgumentError, match="every=0"):
        cr.watch({"W": W}, every=0)


def trained(save, steps=5, every=2):
    w = cr.tensor([1.0, -2.0], requires_grad=True)
    look = cr.watch({"w": w}, every=every, out=io.StringIO(), save=save)
    for _ in range(steps):
        loss = (w**2).sum()
        look(loss)
        w = look.model["w"] = cr.tensor(w.value * 0.5, requires_grad=True)
    return look


def test_the_report_of_the_last_check_is_written_with_the_history(tmp_path):
    look = trained(tmp_path / "run.json")
    report = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert report["format"] == "chainrule report" and report["history"] == look.history
    assert [check["step"] for check in look.history] == [1, 3, 5]
    assert [check["value"] for check in look.history] == [5.0, 5.0 / 16, 5.0 / 256]
    assert look.history[1]["size"] == pytest.approx(np.linalg.norm([0.5, -1.0]), rel=1e-14)
    assert report["joints"][0]["value"]["most"] == look.history[-1]["value"]  # of the last check
    assert os.listdir(tmp_path) == ["run.json"]


def test_the_report_may_be_a_page(tmp_path):
    look = trained(tmp_path / "run.html")
    page = (tmp_path / "run.html").read_text(encoding="utf-8")
    found = json.loads(re.search('<script type="application/json" id="found">(.*?)</script>', page)[1])
    assert found["history"] == look.history


def test_a_reader_finds_the_old_text_or_the_new_one_whole(tmp_path):
    path, texts, torn = tmp_path / "run.json", {letter * 200_000 for letter in "ab"}, []
    watching.written_whole(path, "a" * 200_000)
    stop = threading.Event()

    def read():
        while not stop.is_set():
            torn.extend([1] if path.read_text() not in texts else [])

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(40):
        watching.written_whole(path, "ab"[i % 2] * 200_000)
    stop.set()
    reader.join()
    assert not torn


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(ArgumentError, match=r"there is no .*nowhere\n(.|\n)*make the folder first"):
        cr.watch({}, save=tmp_path / "nowhere" / "run.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        watching.written_whole(tmp_path / "folder", "text")
    assert os.listdir(tmp_path) == ["folder"]  # nothing is left behind


def test_a_training_goes_on_where_its_report_cannot_be_written(tmp_path):
    (tmp_path / "run.json").mkdir()
    w, out = cr.tensor([1.0, -2.0], requires_grad=True), io.StringIO()
    look = cr.watch({"w": w}, every=1, out=out, save=tmp_path / "run.json")
    for _ in range(2):
        look((w**2).sum())
    lines = out.getvalue().splitlines()
    unwritten = "  the report could not be written"
    assert [line.split(":")[0] for line in lines] == ["step 1", unwritten, "step 2", unwritten]
    assert len(look.history) == 2 and os.listdir(tmp_path) == ["run.json"]


def test_a_long_run_keeps_its_first_and_its_latest_checks(monkeypatch):
    monkeypatch.setattr(watching, "_HISTORY", 10)
    look = trained(None, steps=60, every=1)
    steps = [check["step"] for check in look.history]
    assert steps[0] == 1 and steps[-5:] == [56, 57, 58, 59, 60] and len(steps) <= 10
