"""The file in which progress is kept."""

import json
import os

import pytest

from chainrule.errors import ArgumentError
from chainrule.exercises import Progress, Record

RECORD = Record("polynomial", 1, 7, 2, "(3x + 6)⁴", True, 2, 1, ("missing-inner-factor", "sign"))


def test_what_is_kept_is_read_again(tmp_path):
    path = tmp_path / "deep" / "practice.json"
    progress = Progress(path)
    assert progress.records == [] and not path.exists()
    progress.add(RECORD)
    progress.add(Record("product", 2, 7, 3, "x·sin(x)", False))
    again = Progress(str(path))
    assert [record.question for record in again.records] == ["(3x + 6)⁴", "x·sin(x)"]
    assert again.records[0].misconceptions == ("missing-inner-factor", "sign") and again.records[0].day
    assert again.right == 1 and again.misconceptions()["sign"] == 1
    assert os.listdir(path.parent) == ["practice.json"]


def test_a_person_can_read_it(tmp_path):
    path = tmp_path / "practice.json"
    Progress(path).add(RECORD)
    text = path.read_text(encoding="utf-8")
    assert "(3x + 6)⁴" in text and '"wrong answers": 2' in text
    assert json.loads(text)["format"] == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 2, "exercises": []}', '{"format": 1}', "\xff"])
def test_another_file_is_left_alone(tmp_path, content):
    path = tmp_path / "notes.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ArgumentError, match="cannot be read"):
        Progress(path)
    assert path.read_bytes() == content.encode("latin-1")


@pytest.mark.parametrize("moment", ["dump", "replace"])
def test_stopping_while_it_is_written_leaves_the_old_file(tmp_path, monkeypatch, moment):
    path = tmp_path / "practice.json"
    progress = Progress(path)
    progress.add(RECORD)
    before = path.read_bytes()

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(json if moment == "dump" else os, moment, stop)
    with pytest.raises(KeyboardInterrupt):
        progress.add(RECORD)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["practice.json"]
