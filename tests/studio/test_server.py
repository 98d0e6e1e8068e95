"""What each address answers, and what it says where the question was wrong."""

import json

import numpy as np
import pytest

import chainrule as cr


def test_the_page_learns_what_it_can_offer(client):
    facts = client.get("/api/start").json()
    assert set(facts["programs"]) == {"neuron", "network", "matrices", "shared"}
    assert facts["run_code"] is False
    assert "sigmoid" in facts["activations"] and "moons" in facts["training"]["data"]


def test_backward_answers_with_the_engines_gradient(client):
    values = {"w": -0.3, "x": 1.5, "b": 0.2, "y": 0.25}
    replay = client.post("/api/backward", json={"program": "neuron", "activation": "tanh", "values": values}).json()
    expected = cr.grad(lambda w, x, b, y: (np.tanh(w * x + b) - y) ** 2, argnums=(0, 1, 2, 3))(*values.values())
    found = {node["name"]: node["gradient"] for node in replay["nodes"]}
    assert [found[name] for name in values] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("body", "what", "do"),
    [
        (b"", "the request is not a JSON object", "send one"),
        (b"[1]", "the request is not a JSON object", "send one"),
        (b'{"values": {"w": NaN}}', "the request is not a JSON object", "send one"),
        (b"[" * 60_000, "the request is not a JSON object", "send one"),
        (b'{"program": "x"}', "there is no program 'x'", "choose one of neuron"),
        (b'{"program": 3}', "program is a int, not a str", "send program as a str"),
        (b'{"activation": "x"}', "there is no activation 'x'", "choose one of sigmoid"),
        (b'{"values": {"w": "a"}}', "w was given something that is not a number", "give numbers"),
        (b'{"values": {"w": 1' + b"0" * 400 + b"}}", "w was given something that is not a number", "give numbers"),
        (b'{"values": {"w": 1e999}}', "w is not a number between -1e+06 and 1e+06", "a smaller number"),
        (b'{"values": {"w": [1]}}', "w was given shape (1,), and has shape ()", "one number for each entry"),
        (b'{"values": {"w": 1e9}}', "w is not a number between -1e+06 and 1e+06", "a smaller number"),
        (b'{"values": {"v": 1}}', "neuron has no input 'v'", "its inputs are w, x, b, y"),
    ],
)
def test_errors_say_what_and_what_to_do(client, body, what, do):
    answer = client.post("/api/backward", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["what"] == what
    assert do in answer.json()["error"]["do"]


def test_addresses_that_are_not_there(client):
    for path in ("/nothing", "/page/nothing.js", "/page/../server.py", "/page/%2e%2e/server.py"):
        answer = client.get(path)
        assert answer.status_code == 404 and answer.json()["error"]["do"]
    assert client.get("/api/backward").status_code == 405


def test_code_is_not_run_without_permission(client):
    answer = client.post("/api/snippet", json={"source": "print(1)"})
    assert answer.status_code == 400
    assert "--run-code" in answer.json()["error"]["do"]


def events(text):
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_training_arrives_as_events(client):
    found = list(events(client.get("/api/train?steps=30&data=circles&rate=0.5&seed=3").text))
    assert [name for name, _ in found] == ["data", *["state"] * 31, "end"]
    assert len(found[0][1]["points"]) == 160
    losses = [content["loss"] for name, content in found if name == "state"]
    assert losses[-1] < losses[0]
    assert found[-1][1]["verdict"].startswith("Before the first step")


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("data=x", "there is no data set 'x'"),
        ("activation=x", "there is no activation 'x'"),
        ("depth=99", "depth=99 is out of range"),
        ("depth=1.5", "depth is '1.5', not a number"),
        ("rate=nan", "rate=nan is out of range"),
        ("steps=many", "steps is 'many', not a number"),
    ],
)
def test_a_training_that_cannot_be(client, query, what):
    answer = client.get(f"/api/train?{query}")
    assert answer.status_code == 400 and answer.json()["error"]["what"] == what


def test_a_defect_is_told_as_one(application, monkeypatch):
    from starlette.testclient import TestClient

    def broken(*_):
        raise RuntimeError("a broken part")

    monkeypatch.setattr("chainrule.studio.lesson.facts", broken)
    headers = {"Authorization": "token a-token-for-tests"}
    client = TestClient(application, base_url="http://127.0.0.1:8765", headers=headers, raise_server_exceptions=False)
    answer = client.get("/api/lesson")
    assert answer.status_code == 500
    assert "a broken part" in answer.json()["error"]["what"] and "report" in answer.json()["error"]["do"]


def test_an_answer_that_was_just_given_is_given_again(client, application, monkeypatch):
    first = client.post("/api/derive", json={"text": "cos(x^3)"})
    monkeypatch.setattr(application.app.state.pool, "ask", None)  # nobody is asked
    again = client.post("/api/derive", json={"text": "cos(x^3)"})
    assert first.status_code == again.status_code == 200 and first.content == again.content


def test_a_pool_that_does_not_answer(client, application, monkeypatch):
    monkeypatch.setattr("chainrule.studio.server._LONGEST_ANSWER", 0.05)
    monkeypatch.setattr(application.app.state.pool, "ask", lambda *_: __import__("time").sleep(0.5))
    answer = client.post("/api/derive", json={"text": "x^9"})
    assert answer.status_code == 503 and "ask again" in answer.json()["error"]["do"]
