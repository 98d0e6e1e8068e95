"""What the view Explain is given: examples, and a file that is read and followed."""

import json
import re
from types import SimpleNamespace

import anyio
import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.explanations import watching

pytest.importorskip("starlette", reason='the studio is not installed: pip install "chainrule[studio]"')

from chainrule.studio import reports


def explanation():
    w = cr.tensor(0.5, requires_grad=True)
    loss = np.tanh(w * 2.0) ** 2
    return cr.explain(loss, wrt=w, show=False)


@pytest.mark.parametrize("name", reports.EXAMPLES)
def test_an_example(client, name):
    report = client.get("/api/report/example", params={"name": name}).json()
    assert report["format"] == "chainrule report" and report["of"] == "loss"
    expected = {"neuron": [], "deep": ["vanishing"], "dead": ["dead"]}[name]
    assert [found["kind"] for found in report["findings"]] == expected
    texts = [line for lines in report["program"].values() for line in lines.values()]
    assert any("loss = " in text for text in texts)


def test_what_the_page_is_told(client):
    facts = client.get("/api/start").json()
    assert facts["report"] is None and set(facts["reports"]) == set(reports.EXAMPLES)
    for path, what in (("/api/report", "no report was opened"), ("/api/report/example?name=x", "no example 'x'")):
        answer = client.get(path)
        assert answer.status_code == 400 and what in answer.json()["error"]["what"] and answer.json()["error"]["do"]


@pytest.mark.parametrize("name", ["report.json", "report.html"])
def test_both_kinds_of_file_are_read(tmp_path, name):
    explanation().save(tmp_path / name)
    assert reports.read(tmp_path / name) == explanation().as_dict()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "there is no file"),
        (b"", "is not a report of chainrule"),
        (b'{"a": 1}', "is not a report of chainrule"),
        (b"[" * 100_000, "is not a report of chainrule"),
        (b"\xff\xfe", "cannot be read"),
        (b'<script type="application/json" id="found">{"view": "derive"}</script>', "is not a report of chainrule"),
    ],
)
def test_what_cannot_be_opened(tmp_path, content, what):
    if content is not None:
        (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(ArgumentError, match=f"{what}(.|\n)*save"):
        reports.read(tmp_path / "report.json")


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    explanation().save(tmp_path / "report.json")
    monkeypatch.setattr(reports, "LARGEST", 1000)
    with pytest.raises(ArgumentError, match="is larger than"):
        reports.read(tmp_path / "report.json")


def test_a_file_is_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "_PAUSE", 0.01)
    monkeypatch.setattr(reports, "_QUIET", 0.05)
    path, closed = tmp_path / "run.json", []
    state = SimpleNamespace(report=path, followers=0, closing=lambda: bool(closed))

    async def events():
        found = []
        stream = reports._events(state)
        async for event in stream:
            found.append(event)
            if len(found) == 1:
                assert state.followers == 1
                explanation().save(path)
            elif len(found) == 2:
                watching.written_whole(path, json.dumps(explanation().as_dict() | {"history": [1]}))
            elif event.startswith(":"):
                closed.append(True)
        return found

    problem, first, second, quiet = anyio.run(events)
    assert problem.startswith("event: problem\n") and "there is no file" in problem
    for event in (first, second):
        name, data, *rest = event.split("\n")
        assert name == "event: report" and rest == ["", ""]
        assert json.loads(data.removeprefix("data: "))["format"] == "chainrule report"
    assert '"history":[1]' in second and quiet == ": still here\n\n" and state.followers == 0


def test_so_many_pages_may_follow(client, application, tmp_path):
    application.app.state.report, application.app.state.followers = tmp_path / "run.json", 20
    assert re.search("too many pages", client.get("/api/report").json()["error"]["what"])
