"""The studio's page in Chromium: what the slider, a keystroke and the first sight cost. Needs Playwright.

The slider is dragged by the mouse, and Chromium writes down every task of the page's main thread (the events of its
tracing); what lies between two frames' callbacks is that frame's work, in processor time. A keystroke's time is from
the event to the frame that shows the new derivation, as the page's own clock has it.
"""

import contextlib
import os
import shutil
import time
from itertools import pairwise

from benchmarks import studio

FRAME, WORK = "slider: from frame to frame", "slider: work in a frame"
KEYSTROKE, PAINT, WEIGHT = "a keystroke to its derivation", "a visit to its first paint", "weight of all views"
DRAGS = 6  # across the whole slider and back
_MOVES = 90  # of the mouse in one drag
TYPED = (
    "x^2*sin x + 3x - 1",
    "sin 3x cos 2x",
    "1/x + x^3/4",
    "e^x ln x",
    "7x^5 - 2x^4 + x^3",
    "ln cos x",
    "2^x/x + tan x",
)
SLID = "sqrt(1 + sin(e^(x^2)))"  # four factors, two curves, five number lines
_MAIN = "CrRendererMain"


def available():
    """The path of a Chromium that Playwright can drive, or None."""
    try:
        import playwright  # noqa: F401
    except ModuleNotFoundError:
        return None
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def _page():
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own refuses to run as root
    with studio.studio() as (_, port, token), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=available(), args=options)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)  # to wait for what it shows
        page.goto(f"http://127.0.0.1:{port}/?token={token}#lesson")
        page.locator(".lesson .slope-now").first.wait_for(state="attached")
        yield page, f"http://127.0.0.1:{port}/"
        browser.close()


def measure():
    """`{"frames", "work", "keystrokes", "paints", "weight"}`: seconds each, in order of size; bytes."""
    with _page() as (page, address):
        paints, weight = _first_sights(page, address)
        frames, work = _slider(page, address)
        return {
            "frames": frames,
            "work": work,
            "keystrokes": sorted(_keystrokes(page, address)),
            "paints": sorted(paints),
            "weight": weight,
        }


def at(times, share):
    """The time that this share of the times does not pass."""
    return times[int(share * (len(times) - 1))]


def _first_sights(page, address):
    """Seconds to the first paint of fresh visits, and the bytes of all that the views are made of."""
    paints, sizes = [], {}
    page.on("response", lambda one: _weigh(one, sizes))
    for view in ("derive", "lesson", "backward", "practice", "train") * 2:
        page.goto("about:blank")
        page.goto(f"{address}#{view}")
        page.locator(f"main[data-view={view}]").wait_for()
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1e3)
    return paints, sum(sizes.values())


def _weigh(response, sizes):
    if response.status == 200 and "/api/" not in response.url:
        sizes[response.url] = int(response.headers.get("content-length", 0))


def _slider(page, address):
    """Seconds from frame to frame, and seconds of work of the main thread in each, while the slider is dragged."""
    page.goto("about:blank")
    page.goto(f"{address}#derive?text={SLID.replace('+', '%2B').replace(' ', '')}")
    page.locator(".slope-now").wait_for()
    page.wait_for_timeout(500)
    box = page.locator(".place").bounding_box()
    y, left, right = box["y"] + box["height"] / 2, box["x"] + 8, box["x"] + box["width"] - 8
    page.evaluate(
        """() => { window.frames_ = []; const each = (at) => { frames_.push(at); requestAnimationFrame(each); };
            requestAnimationFrame(each); }"""
    )
    session = page.context.new_cdp_session(page)
    events = _traced(session, page, lambda: _drags(page, y, left, right))
    frames = page.evaluate("frames_")
    return sorted((b - a) / 1e3 for a, b in pairwise(frames)), sorted(_works(events))


def _drags(page, y, left, right):
    page.mouse.move((left + right) / 2, y)
    page.mouse.down()
    for drag in range(DRAGS):
        for step in range(_MOVES + 1):
            share = step / _MOVES if drag % 2 else 1 - step / _MOVES
            page.mouse.move(left + share * (right - left), y)
            time.sleep(0.008)  # a mouse that reports 125 times a second
    page.mouse.up()


def _traced(session, page, act):
    events, done = [], []
    session.on("Tracing.dataCollected", lambda found: events.extend(found["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.append(True))
    categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"]
    session.send("Tracing.start", {"traceConfig": {"includedCategories": categories}, "transferMode": "ReportEvents"})
    act()
    session.send("Tracing.end")
    while not done:
        page.wait_for_timeout(50)
    return events


def _works(events):
    """Seconds of the page's main thread between one frame's callbacks and the next, in frames that moved the slider."""
    threads = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and e["args"]["name"] == _MAIN}
    callbacks = [e for e in events if e["name"] == "FireAnimationFrame" and (e["pid"], e["tid"]) in threads]
    if not callbacks:
        raise RuntimeError("Chromium's trace has no frames")
    thread = callbacks[0]["pid"], callbacks[0]["tid"]
    own = [e for e in events if (e["pid"], e["tid"]) == thread and e["ph"] == "X"]
    tasks = sorted((e["ts"], e["tdur"]) for e in own if e["name"] == "RunTask")
    moved = [e["ts"] for e in own if e["name"] == "EventDispatch" and e["args"]["data"]["type"] == "input"]
    starts = sorted(e["ts"] for e in callbacks)
    for start, end in pairwise(starts):
        if any(start <= at < end for at in moved):
            yield sum(spent for at, spent in tasks if start <= at < end) / 1e6


def _keystrokes(page, address):
    """Seconds from a keystroke to the frame that shows its derivation."""
    page.goto("about:blank")
    page.goto(f"{address}#derive")
    page.locator(".slope-now").wait_for()
    page.evaluate(_WATCH)
    for text in TYPED:
        page.locator("#typed").fill("")
        for number in range(1, len(text) + 1):
            page.evaluate("asked_.start = null")
            page.keyboard.type(text[number - 1])
            page.wait_for_function("asked_.shown !== null", timeout=10_000)
            took = page.evaluate("asked_.shown - asked_.start")
            if page.evaluate("!document.querySelector('.derive.stale')"):
                yield took / 1e3


# From the event that brings the letter to the frame after the one in which the page changed.
_WATCH = """() => {
  window.asked_ = { start: null, shown: null };
  const typed = document.querySelector("#typed");
  typed.addEventListener("input", () => { asked_.start = performance.now(); asked_.shown = null; }, true);
  new MutationObserver(() => {
    if (asked_.start !== null && asked_.shown === null)
      requestAnimationFrame(() => setTimeout(() => { asked_.shown ??= performance.now(); }));
  }).observe(document.querySelector(".derive"), { childList: true, subtree: true });
}"""
