"""Who is let in, who is not, and what the answers allow the browser."""

import pytest

PORT = 8765
TOKEN = "a-token-for-tests"


def test_the_first_visit_sets_a_cookie_and_drops_the_token_from_the_address(stranger):
    first = stranger.get(f"/?token={TOKEN}&x=1")
    assert first.status_code == 303 and first.headers["location"] == "/?x=1"
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"chainrule-studio-{PORT}=") and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert stranger.get("/").status_code == 200
    assert stranger.post("/api/backward", json={}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/?token=wrong", "/?token=", "/api/start", "/api/train", "/page/app.js", "/nothing"]
)
def test_no_token_no_answer(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 403
    assert TOKEN not in answer.text
    assert "token" in answer.text and "terminal" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "token wrong"},
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": "token"},
        {"Cookie": f"chainrule-studio-{PORT}=wrong"},
        {"Cookie": f"chainrule-studio-1={TOKEN}"},
        {"Cookie": "=;=;\x00"},
    ],
)
def test_a_wrong_token(stranger, headers):
    answer = stranger.post("/api/backward", json={}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["do"] == "open the whole address that the terminal printed"


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:8765"])
def test_a_foreign_host_that_resolves_to_this_machine(client, host):
    answer = client.get("/api/start", headers={"Host": host})
    assert answer.status_code == 421
    assert "127.0.0.1" in answer.json()["error"]["what"]


def test_localhost_is_this_machine_too(client):
    assert client.get("/api/start", headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://127.0.0.1:{PORT}"},
        {"Origin": "http://127.0.0.1:8888"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_may_not_ask_though_it_had_the_token(client, headers):
    for answer in (client.post("/api/backward", json={}, headers=headers), client.get("/api/train", headers=headers)):
        assert answer.status_code == 403
        assert answer.json()["error"]["what"] == "the request comes from another site"


def test_the_page_itself_may_be_opened_from_a_link_elsewhere(client):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=headers).status_code == 200
    assert client.get("/", headers=headers | {"Sec-Fetch-Dest": "iframe"}).status_code == 403


def test_our_own_origin_may_ask(client):
    headers = {"Origin": f"http://127.0.0.1:{PORT}", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/backward", json={}, headers=headers).status_code == 200


def test_requests_are_bounded(client):
    assert client.post("/api/backward", content=b" " * 70_000).status_code == 413
    assert client.post("/api/backward", content=(b" " * 1000 for _ in range(70))).status_code == 413
    assert client.post("/api/backward", content=b"{}", headers={"Content-Length": "many"}).status_code == 413
    assert client.get("/?" + "x" * 20_000).status_code == 414


def test_the_answers_allow_nothing_from_elsewhere(client, stranger):
    for answer in (client.get("/"), client.get("/page/app.js"), client.get("/api/start"), stranger.get("/")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


def test_the_page_holds_no_inline_script_or_style_and_no_other_host(client):
    text = client.get("/").text
    assert "style=" not in text and "onclick" not in text and "<style" not in text
    assert text.count("<script") == 1 and '<script type="module" src="/page/app.js"></script>' in text
    assert "://" not in text
