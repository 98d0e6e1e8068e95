"""The studio under load: 200 pages open at once, each sending functions of its own for a minute.

Every client keeps one connection and sends the next function when the last answer is there: at once (what the
server can do at most), or after thinking for about a second (what people do, who type). No function is sent twice.
The clients share the machine with the server. Memory is that of all the server's processes together.
"""

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median

CLIENTS = 200
SECONDS = 60.0
THINKING = {"who never think": 0.0, "who think for 1 s": 1.0}  # seconds, on average
_WARM = 5.0  # seconds before the measurement, so that every process has started and the cache is full
_MISTAKES = 0.05  # how many of the functions are not well formed


def title(thinking):
    return f"{CLIENTS} clients {thinking}"


class Functions:
    """Random functions as people type them, some with a mistake."""

    def __init__(self, seed):
        self._chance = random.Random(seed)

    def next(self):
        text = self._sum(2)
        if self._chance.random() < _MISTAKES:
            at = self._chance.randrange(len(text))
            text = text[:at] + self._chance.choice("()^*+") + text[at:]
        return text

    def _sum(self, depth):
        return self._chance.choice(("{0}", "{0}", "{0}", "{0} + {1}", "{0} - {1}")).format(
            self._product(depth), self._polynomial()
        )

    def _product(self, depth):
        kind = self._chance.randrange(8)
        if kind < 5:
            return self._function(depth)
        if kind == 5:
            return f"{self._number()}x*{self._function(depth)}"
        if kind == 6:
            return f"({self._polynomial()})/({self._polynomial()})"
        return f"({self._polynomial()})^{self._chance.randint(2, 9)}"

    def _function(self, depth):
        inner = self._polynomial() if depth < 2 or self._chance.random() < 0.7 else self._product(depth - 1)
        name = self._chance.choice(("sin", "cos", "tan", "exp", "ln", "sqrt", "arctan", "tanh", "e^"))
        return f"{name}({inner})"

    def _polynomial(self):
        power = self._chance.choice(("x", "x^2", "x^3"))
        return f"{self._number()}{power} {self._chance.choice('+-')} {self._number()}"

    def _number(self):
        return self._chance.choice((str(self._chance.randint(2, 99)), f"{self._chance.randint(1, 99) / 10:g}"))


@dataclass
class Load:
    """What a run came to.

    Attributes:
        times: seconds of each answer, in order of size.
        errors: what went wrong: how often.
        memory: bytes of the server's processes at the start and at the end.
        busy: seconds of processor time that the server and the clients took.
        seconds: how long it ran.
    """

    times: list
    errors: dict
    memory: tuple
    busy: tuple
    seconds: float

    @property
    def throughput(self):
        return len(self.times) / self.seconds

    @property
    def median(self):
        return median(self.times)

    @property
    def p99(self):
        return self.times[int(0.99 * (len(self.times) - 1))]


@contextlib.contextmanager
def studio(*options):
    """A studio in processes of its own: `(process, port, token)`."""
    command = [sys.executable, "-u", "-m", "chainrule", "studio", "--no-browser", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = next(line.strip() for line in process.stdout or () if "http://" in line)
            place, token = address.split("/?token=")
            yield process, int(place.rsplit(":", 1)[1]), token
        finally:
            process.terminate()


def measure(thinking, seconds=SECONDS, clients=CLIENTS):
    """The Load of one kind of client on a fresh studio."""
    with studio() as (process, port, token):
        return asyncio.run(_measured(process.pid, port, token, THINKING[thinking], seconds, clients))


async def _measured(server, port, token, pause, seconds, clients):
    everybody = [Client(port, token, number) for number in range(clients)]
    await asyncio.gather(*(client.connect() for client in everybody))
    await asyncio.gather(*(client.run(_WARM, pause) for client in everybody))
    for client in everybody:
        client.times, client.errors = [], {}
    before, memory = (_processor(server), time.process_time()), resident(server)
    start = time.monotonic()
    await asyncio.gather(*(client.run(seconds, pause) for client in everybody))
    spent = time.monotonic() - start
    busy = _processor(server) - before[0], time.process_time() - before[1]
    memory = memory, resident(server)
    errors: dict = {}
    for client in everybody:
        client.close()
        for what, count in client.errors.items():
            errors[what] = errors.get(what, 0) + count
    return Load(sorted(t for client in everybody for t in client.times), errors, memory, busy, spent)


class Client:
    """One page: a connection that stays open."""

    def __init__(self, port, token, number):
        self._port, self._chance, self._functions = port, random.Random(number), Functions(number)
        self._head = (
            f"POST /api/derive HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: token {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n"
        )
        self.times, self.errors = [], {}

    async def connect(self):
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)

    async def run(self, seconds, pause):
        until = time.monotonic() + seconds
        await asyncio.sleep(pause * self._chance.random())
        while time.monotonic() < until:
            start = time.perf_counter()
            try:
                status, body = await self._ask(self._functions.next())
            except (OSError, EOFError, ValueError) as error:
                self._count(f"{type(error).__name__}: {error}")
                await self.connect()
                continue
            self.times.append(time.perf_counter() - start)
            if status not in (200, 400) or not body.endswith(b"}"):
                self._count(f"status {status}")
            if pause:
                await asyncio.sleep(pause * (0.5 + self._chance.random()))

    async def _ask(self, text):
        body = json.dumps({"text": text, "window": [-3, 3]})
        self._writer.write((self._head.format(len(body)) + body).encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return int(head.split(b" ", 2)[1]), await self._reader.readexactly(length)

    def _count(self, what):
        self.errors[what] = self.errors.get(what, 0) + 1

    def close(self):
        self._writer.close()


def family(process):
    """The ids of a process and of all that it started (Linux)."""
    found, parents = [process], {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as stat:
                parents[int(name)] = int(stat.read().rsplit(")", 1)[1].split()[1])
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def resident(process):
    """Bytes of memory that a process and all that it started have for themselves, what they share counted once."""
    total = 0
    for one in family(process):
        with contextlib.suppress(OSError), open(f"/proc/{one}/smaps_rollup") as rollup:
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return total * 1024


def _processor(process):
    """Seconds of processor time of a process and all that it started, those that have ended included."""
    ticks = 0
    for one in family(process):
        with contextlib.suppress(OSError), open(f"/proc/{one}/stat") as stat:
            ticks += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
