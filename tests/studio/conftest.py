"""A client of the application, a studio in a process of its own, and a browser to look at it."""

import contextlib
import os
import shutil
import subprocess
import sys

import pytest

MISSING = 'the studio is not installed: pip install "chainrule[studio]"'
PORT = 8765
TOKEN = "a-token-for-tests"


def pytest_addoption(parser):
    parser.addoption("--screenshots", metavar="FOLDER", help="write a picture of every view here")


@pytest.fixture(scope="session")
def pool():
    """One process that works out the answers."""
    from chainrule.studio.pool import Pool

    with Pool(1) as pool:
        yield pool


@pytest.fixture
def application(pool):
    pytest.importorskip("starlette", reason=MISSING)
    from chainrule.studio.server import application

    return application(TOKEN, PORT, pool)


@pytest.fixture
def client(application):
    """Speaks to the application as the page does, token and all."""
    from starlette.testclient import TestClient

    headers = {"Authorization": f"token {TOKEN}"}
    return TestClient(application, base_url=f"http://127.0.0.1:{PORT}", headers=headers, follow_redirects=False)


@pytest.fixture
def stranger(application):
    """Knows the address, and no token."""
    from starlette.testclient import TestClient

    return TestClient(application, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False)


@contextlib.contextmanager
def running(*arguments):
    """The address of a studio in a process of its own, with its token, as the command prints it."""
    pytest.importorskip("uvicorn", reason=MISSING)
    command = [sys.executable, "-m", "chainrule", "studio", "--no-browser", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield next(line.strip() for line in process.stdout if "http://" in line)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def studio():
    """The address of a running studio that may run code."""
    with running("--run-code") as address:
        yield address


@pytest.fixture
def opening():
    """Starts a studio with a report; gives its address."""
    with contextlib.ExitStack() as stack:
        yield lambda path: stack.enter_context(running("--open", str(path)))


@pytest.fixture(scope="module")
def chromium():
    """The system's Chromium, driven by Playwright, whose event loop must be gone before other tests."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: the page is not tested (apt-get install chromium)")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own refuses to run as root
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


class Visit:
    """A page of the studio, and all that it asked for and complained about."""

    def __init__(self, context, address, view):
        self.page, self.address = context.new_page(), address.split("?")[0]
        self.requests, self.bytes, self.complaints = [], 0, []
        self.page.on("response", self._count)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.set_default_timeout(15_000)
        self.page.goto(f"{address.split('#')[0]}#{view}")
        self._wait(view)

    def _count(self, response):
        self.requests.append(response.url)
        if response.status == 200 and "/api/" not in response.url:
            self.bytes += int(response.headers.get("content-length", 0))

    def open(self, view):
        """Go to a view, with its state, by its address."""
        self.page.goto(f"{self.address}#{view}")
        self._wait(view)

    def _wait(self, view):
        self.page.locator(f"main[data-view={view.split('?')[0]}]").wait_for()


@pytest.fixture
def visit(chromium, studio):
    """Opens a view of the studio in a fresh profile; afterwards nothing may have gone wrong unseen."""
    contexts = []

    def opened(view, address=None, **options):
        contexts.append(chromium.new_context(**{"viewport": {"width": 1280, "height": 900}} | options))
        visits.append(Visit(contexts[-1], address or studio, view))
        return visits[-1]

    visits = []
    yield opened
    complaints = [complaint for one in visits for complaint in one.complaints]
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens a file's text from disk, and sees to it that it loads nothing and complains of nothing."""
    contexts, asked, complaints = [], [], []

    def open_(text):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        contexts.append(chromium.new_context(offline=True))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.goto(path.as_uri())
        page.locator("main[data-view]").wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert len(asked) == 1 and not complaints
