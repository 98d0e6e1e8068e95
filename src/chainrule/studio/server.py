"""The addresses of the studio, and what each answers."""

import contextlib
import functools
import json
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from chainrule.errors import ArgumentError, ChainruleError
from chainrule.explanations.render.page import FOLDER as REPORT
from chainrule.pages.bundle import SHARED
from chainrule.studio import lesson, practicing, programs, reports, snippet, training
from chainrule.studio.answers import JSON, failure, field, given, on_any_error, on_chainrule_error
from chainrule.studio.datasets import DATASETS
from chainrule.studio.exchange import encoded, number, read, refused
from chainrule.studio.guard import Guard
from chainrule.studio.recent import Recent

PAGE = Path(__file__).parent / "page"
_LONGEST_RUN = 5000  # steps of one training
_RUNS_AT_ONCE = 4
_LONGEST_ANSWER = 20.0  # seconds, its turn included
_STATES = 120  # that a run shows at most, between its first and its end
_EVENTS = 20  # a second, at most


def application(token, port, pool, run_code=False, closing=lambda: False, report=None):
    """The studio as an ASGI application.

    Args:
        token: what a visitor must know.
        port: the port it is served on.
        pool: the `Pool` that works out the answers.
        run_code: whether programs that the user types may be run.
        closing: asked now and then whether the server is about to close, so that a training ends with it.
        report: a file that the view Explain opens and follows.
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
            Route("/api/report", reports.follow),
            Route("/api/report/example", reports.example),
            Mount("/page", Modules((PAGE, REPORT, SHARED))),
        ],
        exception_handlers={
            ChainruleError: on_chainrule_error,
            HTTPException: on_http_error,
            Exception: on_any_error,
        },
        lifespan=_open,
    )
    app.state.programs = snippet.Programs()
    app.state.pool = pool
    app.state.recent = Recent()
    app.state.run_code = run_code
    app.state.report = report
    app.state.followers = 0
    app.state.closing = closing
    app.state.runs = 0
    app.state.turns = anyio.CapacityLimiter(2 * pool.size)  # so that one waits for every process that is freed
    return Guard(app, token, port)


@contextlib.asynccontextmanager
async def _open(app):
    """While the server runs, a process waits for the user's next program, where such may be run."""
    app.state.programs = snippet.Programs(ahead=app.state.run_code)
    yield
    await app.state.programs.close()


class Modules(StaticFiles):
    """The modules and style sheets of the page, each from the room that it belongs to."""

    def __init__(self, folders):
        super().__init__(directory=folders[0])
        self.all_directories = list(folders)


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
            "report": reports.name_of(request.app.state.report),
            "reports": {name: title for name, (title, _) in reports.EXAMPLES.items()},
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
    return JSON(*await _asked(request, "backward", await given(request)))


async def derive(request):
    """The derivation of what was typed; one that was just given is given again."""
    body = await request.body()
    known = request.app.state.recent.get(body)
    if known is not None:
        return JSON(known)
    answer, status = await _asked(request, "derive", read(body))
    if status == 200:
        request.app.state.recent.keep(body, answer)
    return JSON(answer, status)


async def practice(request):
    """An exercise, and what there is to say to an answer."""
    return JSON(*await _asked(request, "practice", await given(request)))


async def saved_derivation(request):
    """The view of a derivation as a file."""
    return _download(*await _asked(request, "saved_derivation", dict(request.query_params)))


async def saved_graph(request):
    """The view of a graph as a file."""
    return _download(*await _asked(request, "saved_graph", dict(request.query_params)))


def _download(body, status):
    if status != 200:
        return JSON(body, status)
    return Response(body, media_type="text/html", headers={"Content-Disposition": "attachment"})


async def _asked(request, name, question):
    """`(body, status)` of the pool's answer."""
    state = request.app.state
    ask = functools.partial(state.pool.ask, name, question, _LONGEST_ANSWER)
    with anyio.move_on_after(_LONGEST_ANSWER):
        found = await anyio.to_thread.run_sync(ask, abandon_on_cancel=True, limiter=state.turns)
        return found.body, found.status
    refusal = refused("too much is asked at once", "ask again in a moment, from fewer pages at a time")
    return encoded(refusal), 503


async def the_lesson(request):
    """The lesson's formulas and programs."""
    return JSON(await anyio.to_thread.run_sync(lesson.facts))


async def lesson_program(request):
    """What one of the lesson's two programs prints."""
    found = await given(request)
    return JSON(await lesson.run(field(found, "program", str, ""), field(found, "ours", bool, True)))


async def own_program(request):
    """A program of the user's, in a process of its own."""
    if not request.app.state.run_code:
        raise ArgumentError(
            "this studio was started without permission to run code",
            "start it as: chainrule studio --run-code (the code you type then runs on this machine, as you)",
            place="",
        )
    found = await given(request)
    return JSON(await request.app.state.programs.run(field(found, "source", str, "")))


async def train(request):
    """A training run as server-sent events: `data` first, then `state` again and again, then `end`."""
    query = request.query_params
    setting = training.Setting(
        data=query.get("data", "moons"),
        activation=query.get("activation", "tanh"),
        initialisation=query.get("initialisation", "Glorot"),
        **{name: number(query, name, kind) for name, kind in _NUMBERS.items() if name in query},
    )
    steps = min(number(query, "steps", int) if "steps" in query else 1500, _LONGEST_RUN)
    if request.app.state.runs >= _RUNS_AT_ONCE:
        raise ArgumentError("too many trainings are running", "stop one of them, or close its page", place="")
    run = await anyio.to_thread.run_sync(training.Run, setting)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, run, steps), media_type="text/event-stream", headers=headers)


_NUMBERS = {"depth": int, "width": int, "rate": float, "seed": int}


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
