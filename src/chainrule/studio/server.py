"""The addresses of the studio, and what each answers."""

import contextlib
import functools
import json
import threading
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from chainrule.errors import ArgumentError, ChainruleError
from chainrule.studio import deriving, lesson, practicing, programs, saved, snippet, training
from chainrule.studio.answers import JSON, failure, field, given, on_any_error, on_chainrule_error
from chainrule.studio.datasets import DATASETS
from chainrule.studio.guard import Guard

PAGE = Path(__file__).parent / "page"
_LONGEST_RUN = 5000  # steps of one training
_RUNS_AT_ONCE = 4
_LONGEST_DERIVATION = 20  # seconds, its turn included
_DERIVATIONS_AT_ONCE = 8
_STATES = 120  # that a run shows at most, between its first and its end
_EVENTS = 20  # a second, at most


def application(token, port, run_code=False, closing=lambda: False):
    """The studio as an ASGI application.

    Args:
        token: what a visitor must know.
        port: the port it is served on.
        run_code: whether programs that the user types may be run.
        closing: asked now and then whether the server is about to close, so that a training ends with it.
    """
    app = Starlette(
        routes=[
            Route("/", page),
            Route("/api/start", start),
            Route("/api/backward", backward, methods=["POST"]),
            Route("/api/snippet", own_program, methods=["POST"]),
            Route("/api/train", train),
            Route("/api/practice", practice, methods=["POST"]),
            Route("/api/saved/derive", saved_derivation),
            Route("/api/saved/backward", saved_graph),
            Route("/api/lesson", the_lesson),
            Route("/api/lesson/run", lesson_program, methods=["POST"]),
            Route("/api/derive", derive, methods=["POST"]),
            Mount("/page", StaticFiles(directory=PAGE)),
        ],
        exception_handlers={
            ChainruleError: on_chainrule_error,
            HTTPException: on_http_error,
            Exception: on_any_error,
        },
        lifespan=_warm,
    )
    app.state.run_code = run_code
    app.state.closing = closing
    app.state.runs = 0
    app.state.derivations = anyio.CapacityLimiter(_DERIVATIONS_AT_ONCE)
    return Guard(app, token, port)


@contextlib.asynccontextmanager
async def _warm(app):
    """Load, beside the first requests, what the first derivation would have to wait for."""
    threading.Thread(target=deriving.derived, args=("sin(x^2)",), daemon=True).start()
    yield


async def on_http_error(request, error):
    return failure(f"{request.url.path}: {error.detail}", "go back to the studio's own page", error.status_code)


async def page(request):
    return FileResponse(PAGE / "index.html")


async def start(request):
    """What the page needs to build its controls."""
    return JSON(
        {
            "programs": {
                name: {"title": program.title, "about": program.about} for name, program in programs.PROGRAMS.items()
            },
            "activations": list(programs.ACTIVATIONS),
            "run_code": request.app.state.run_code,
            "example": lesson.TORCH,
            "practice": practicing.facts(),
            "training": {
                "data": list(DATASETS),
                "activation": list(training.ACTIVATIONS),
                "initialisation": training.INITIALISATIONS,
                "steps": _LONGEST_RUN,
            },
        }
    )


async def backward(request):
    """One of the programs at the given inputs, with both walks through its graph."""
    found = await given(request)
    name, activation = field(found, "program", str, "neuron"), field(found, "activation", str, "sigmoid")
    values = field(found, "values", dict, {})
    return JSON(await anyio.to_thread.run_sync(programs.run, name, activation, values))


async def derive(request):
    """The derivation of what was typed."""
    found = await given(request)
    window = field(found, "window", list, [-3.0, 3.0])
    if len(window) != 2 or not all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in window):
        raise ArgumentError("the window is not two numbers", "send [from, to]", place="")
    work = functools.partial(
        deriving.derived,
        field(found, "text", str, ""),
        field(found, "variable", str, "") or None,
        window,
        field(found, "fixed", dict, {}),
        field(found, "simplify", bool, False),
    )
    return await _in_time(request, work)


async def saved_derivation(request):
    """The view of a derivation as a file."""
    query = request.query_params
    window = [_number(query, "from", float), _number(query, "to", float)] if "from" in query else (-3.0, 3.0)
    fixed = _object(query, "fixed")

    def work():
        text, variable = query.get("text", ""), query.get("variable") or None
        found = deriving.derived(text, variable, window, fixed, query.get("simplify") == "true")
        return saved.page("derive", found["title"], found)

    return await _in_time(request, work)


async def saved_graph(request):
    """The view of a graph as a file."""
    query = request.query_params
    name, activation = query.get("program", "neuron"), query.get("activation", "sigmoid")
    replay = await anyio.to_thread.run_sync(programs.run, name, activation, _object(query, "values"))
    return _download(saved.page("backward", programs.PROGRAMS[name].title, replay))


def _object(query, name):
    """A JSON object in the address."""
    try:
        found = json.loads(query.get(name, "{}"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ArgumentError(f"{name} is not a JSON object", "send one, as the page does", place="")
    return found


def _download(text):
    return Response(text, media_type="text/html", headers={"Content-Disposition": "attachment"})


async def practice(request):
    """An exercise, and what there is to say to an answer."""
    found = await given(request)
    seed = found.get("seed")
    work = functools.partial(
        practicing.practised,
        field(found, "topic", str, "mixed"),
        field(found, "difficulty", int, 1),
        seed if seed is None else field(found, "seed", int, 0),
        field(found, "number", int, 1),
        field(found, "done", list, []),
        found.get("answers"),
        field(found, "give_up", bool, False),
    )
    return await _in_time(request, work)


async def the_lesson(request):
    """The lesson's formulas and programs."""
    return JSON(await anyio.to_thread.run_sync(lesson.facts))


async def lesson_program(request):
    """What one of the lesson's two programs prints."""
    found = await given(request)
    return JSON(await lesson.run(field(found, "program", str, ""), field(found, "ours", bool, True)))


async def _in_time(request, work):
    """The work's result as an answer, or after a while an error; a few at once, so that the others wait."""
    with anyio.move_on_after(_LONGEST_DERIVATION):
        found = await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=request.app.state.derivations)
        return _download(found) if isinstance(found, str) else JSON(found)
    return failure(
        f"the derivation takes longer than {_LONGEST_DERIVATION} seconds",
        "give a shorter function, or a part of it",
        503,
    )


async def own_program(request):
    """A program of the user's, in a process of its own."""
    if not request.app.state.run_code:
        raise ArgumentError(
            "this studio was started without permission to run code",
            "start it as: chainrule studio --run-code (the code you type then runs on this machine, as you)",
            place="",
        )
    found = await given(request)
    return JSON(await snippet.run(field(found, "source", str, "")))


async def train(request):
    """A training run as server-sent events: `data` first, then `state` again and again, then `end`."""
    query = request.query_params
    setting = training.Setting(
        data=query.get("data", "moons"),
        activation=query.get("activation", "tanh"),
        initialisation=query.get("initialisation", "Glorot"),
        **{name: _number(query, name, kind) for name, kind in _NUMBERS.items() if name in query},
    )
    steps = min(_number(query, "steps", int) if "steps" in query else 1500, _LONGEST_RUN)
    if request.app.state.runs >= _RUNS_AT_ONCE:
        raise ArgumentError("too many trainings are running", "stop one of them, or close its page", place="")
    run = await anyio.to_thread.run_sync(training.Run, setting)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, run, steps), media_type="text/event-stream", headers=headers)


_NUMBERS = {"depth": int, "width": int, "rate": float, "seed": int}


def _number(query, name, kind):
    try:
        return kind(query[name])
    except ValueError:
        raise ArgumentError(f"{name} is {query[name]!r}, not a number", "send a number", place="") from None


async def _events(request, run, steps):
    request.app.state.runs += 1
    try:
        points = [[*map(float, point), int(label)] for point, label in zip(run.points, run.labels)]
        yield _event("data", {"points": points, "layers": len(run.weights), "grid": training.GRID})
        yield _event("state", run.state())
        each = -(-steps // _STATES)
        while run.step < steps and run.finite and not request.app.state.closing():
            advance = functools.partial(run.advance, min(each, steps - run.step))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.sleep, 1 / _EVENTS)
                await anyio.to_thread.run_sync(advance)
            yield _event("state", await anyio.to_thread.run_sync(run.state))
        yield _event("end", {"verdict": await anyio.to_thread.run_sync(run.verdict)})
    finally:
        request.app.state.runs -= 1


def _event(name, content):
    return f"event: {name}\ndata: {json.dumps(content, allow_nan=False, separators=(',', ':'))}\n\n"
