"""Each workload run to rows: what is compared with what, and in which unit."""

from benchmarks import (
    camera,
    chain,
    derivations,
    explaining,
    first_call,
    fronts,
    importing,
    native,
    network,
    neuron,
    runge_kutta,
    size,
    studio,
    studio_page,
    worst_inputs,
)
from benchmarks.peers import OURS
from benchmarks.report import Row, seconds
from benchmarks.rounds import compare, compare_first


def _timed(name, case, results):
    ours = results[OURS]["seconds"]
    for who, result in results.items():
        if "failed" in result:
            yield Row(name, case, who, result["failed"])
        else:
            yield Row(name, case, who, seconds(result["seconds"]), result["seconds"] / ours)


def run_neuron(repeats, say):
    yield from _timed("neuron", "", compare(neuron, None, neuron.adapters.installed(), repeats, say))


def run_network(repeats, say):
    for case in network.CASES:
        results = compare(network, case, network.adapters.installed(), repeats, say)
        yield from _timed("network", network.title(case), results)


def run_fronts(repeats, say):
    """The fronts against the engine; and each framework against the front that runs its programs."""
    for case in fronts.CASES:
        results = compare(fronts, case, fronts.adapters.installed(), repeats, say)
        yield from _timed("fronts", fronts.title(case), results)
        for front, (engine, framework) in fronts.FRONTS.items():
            for one, other in ((front, engine), (framework, front)):
                if "seconds" in results.get(one, {}):
                    ratio = results[one]["seconds"] / results[other]["seconds"]
                    yield Row("fronts", fronts.title(case), f"{one} against {other}", "time", held=ratio)


def run_chain(repeats, say, patience=10.0, limit=40.0):
    """A peer that would need more than `limit` seconds for the next length is not asked for it."""
    names, late, own, sizes = chain.adapters.installed(), {}, {}, []
    for n, following in zip(chain.CASES, (*chain.CASES[1:], 0)):
        rounds = repeats if following else 3
        results = compare(chain, n, names, rounds, say, measure_bytes=True, patience=patience)
        for result in results.values():
            result |= {unit: result[unit] / n for unit in ("seconds", "bytes") if unit in result}
        own[n] = results[OURS]["seconds"]
        yield from _timed("chain", chain.title(n), results)
        yield from (Row("chain", chain.title(n), who, why) for who, why in late.items())
        if n > chain.CASES[0]:  # below, a page of memory more or less is all there is to see
            sizes += _bytes(n, results)
        for who, result in results.items():
            expected = result.get("seconds", float("inf")) * following
            if expected > limit:
                names.remove(who)
                late[who] = result.get("failed", f"not run: {expected:.0f} s or more")
    longest, shortest = chain.CASES[-1], chain.CASES[0]
    case = f"{chain.title(longest)} against {chain.title(shortest)}"
    yield Row("chain", case, OURS, "time a link", held=own[longest] / own[shortest])
    yield from sizes


def _bytes(n, results):
    ours = results[OURS]["bytes"]
    for who, result in results.items():
        if "bytes" in result:
            own = result["bytes"]
            held = own if who == OURS else None
            yield Row("memory", chain.title(n), who, f"{own:.0f} B a link", own / ours, held)


def _applicable(results):
    """Without those for which the case is none."""
    return {who: one for who, one in results.items() if not one.get("failed", "").startswith("NotImpl")}


def _against(workload, case, results):
    """The fastest of the peers against ours, and ours against C."""
    spent = {who: one["seconds"] for who, one in results.items() if "seconds" in one}
    peers = [who for who in spent if not who.startswith((OURS, "hand-written"))]
    best = min(peers, key=lambda who: spent[who], default=None)
    if best is not None:
        yield Row(workload, case, "the best of the peers", best, held=spent[best] / spent[OURS])
    if "hand-written C" in spent:
        yield Row(workload, case, f"{OURS} against C", "time", held=spent[OURS] / spent["hand-written C"])


def run_native(repeats, say):
    for case in native.CASES:
        results = _applicable(compare(native, case, native.adapters.installed(), repeats, say))
        yield from _timed("native", native.title(case), results)


def run_camera(repeats, say):
    for case in camera.CASES:
        results = compare(camera, case, camera.adapters.installed(), repeats, say, tolerance=camera.TOLERANCE)
        yield from _timed("camera", camera.title(case), results)
        yield from _against("camera", camera.title(case), results)


def run_runge_kutta(repeats, say, patience=1.0):
    """A peer whose step takes longer than `patience` seconds is timed once."""
    for case in runge_kutta.CASES:
        names, tolerance = runge_kutta.adapters.installed(), runge_kutta.TOLERANCE
        results = _applicable(compare(runge_kutta, case, names, repeats, say, patience=patience, tolerance=tolerance))
        yield from _timed("runge-kutta", runge_kutta.title(case), results)
        yield from _against("runge-kutta", runge_kutta.title(case), results)


def run_first_call(repeats, say, limit=120.0, patience=5.0):
    """One that takes longer than `patience` seconds is asked once; past `limit` it is given up."""
    names = first_call.adapters.installed()
    for case in first_call.CASES:
        tolerance = first_call.tolerance(case)
        results = _applicable(compare_first(first_call, case, names, repeats, say, limit, patience, tolerance))
        yield from _timed("first-call", case, results)
        if "seconds" in results.get(OURS, {}):
            spent = results[OURS]["seconds"]
            yield Row("first-call", case, "chainrule, from nothing", seconds(spent), held=spent)


def run_explain(repeats, say):
    """An explanation against what it may take: three backward walks and half a second."""
    times = explaining.times(repeats, say)
    for way, spent in times.items():
        yield Row("explain", "50 layers, 1e7 parameters", way, seconds(spent), spent / times["backward"])
    held = times["explain"] / (3 * times["backward"] + 0.5)
    yield Row("explain", "50 layers, 1e7 parameters", "against 3 backward + 0.5 s", "time", held=held)
    peaks = explaining.peaks(say)
    for way, most in peaks.items():
        yield Row("explain", "1 GB of activations", way, f"{most / 1e6:.0f} MB at most", most / peaks["backward"])
    held = peaks["explain"] / peaks["backward"]
    yield Row("explain", "1 GB of activations", "against backward", "memory", held=held)


def run_import(repeats, say):
    times = importing.measure(repeats, say)
    ours = times["chainrule"]
    for module, spent in times.items():
        held = spent / times["numpy"] if module == "chainrule" else None
        yield Row("import", "", module, seconds(spent), spent / ours, held)


def run_size(repeats, say):
    sizes = size.measure()
    ours = sizes["chainrule"]["all"]
    for name, each in sizes.items():
        figure = f"{each['all'] / 1e6:.4g} MB, its own {each['own'] / 1e6:.3g}"
        yield Row("size", "with all it needs", name, figure, each["all"] / ours)


def run_derivations(repeats, say):
    say("derivations")
    for stage, spent in derivations.textbook(repeats).items():
        yield Row("derivations", stage, OURS, seconds(spent), held=spent * 1e3)
    depths = derivations.compositions(repeats)
    for depth, spent in depths.items():
        case = derivations.title(depth)
        yield Row("derivations", case, OURS, seconds(spent), held=spent)
    *_, before, last = depths
    case = f"{derivations.title(last)} against {derivations.title(before)}"
    yield Row("derivations", case, OURS, "time a link", held=depths[last] / last / (depths[before] / before))
    yield from _worst_inputs(say)


def _worst_inputs(say):
    """Every input of 10,000 characters in a process of its own; the slowest and the largest are held to a target."""
    found = {}
    for name in worst_inputs.shapes():
        say(f"worst inputs: {name}")
        found[name] = one = worst_inputs.in_a_fresh_process(name)
        figure = f"{seconds(one['seconds'])}, {one['megabytes']:.0f} MB"
        yield Row("worst inputs", name, OURS, figure)
    yield Row("worst inputs", "the slowest", OURS, "", held=max(one["seconds"] for one in found.values()))
    yield Row("worst inputs", "the largest, MB", OURS, "", held=max(one["megabytes"] for one in found.values()))


def run_studio(repeats, say):
    """Each kind of client for a minute, once: what a repeat would show is in the length of the run."""
    for thinking in studio.THINKING:
        case = studio.title(thinking)
        say(f"{case}: {studio.SECONDS:g} s")
        load = studio.measure(thinking)
        yield Row("studio", case, "answers", f"{len(load.times)}, {load.throughput:.0f} a second")
        yield Row("studio", case, "median", seconds(load.median), held=load.median * 1e3)
        yield Row("studio", case, "p99", seconds(load.p99))
        said = ", ".join(f"{what}: {count}" for what, count in load.errors.items())
        yield Row("studio", case, "errors", said or "none", held=sum(load.errors.values()))
        before, after = (f"{size / 1e6:.0f} MB" for size in load.memory)
        yield Row("studio", case, "memory", f"{before}, then {after}", held=load.memory[1] / load.memory[0])
        server, clients = (f"{busy / load.seconds:.2f}" for busy in load.busy)
        yield Row("studio", case, "cores in use", f"server {server}, clients {clients}")
        server, clients = (seconds(busy / len(load.times)) for busy in load.busy)
        yield Row("studio", case, "core time an answer", f"server {server}, clients {clients}")
    yield from _page(say)


def _page(say):
    if studio_page.available() is None:
        yield Row("studio", "the page", "", "not run: no Chromium with Playwright")
        return
    say("the page in Chromium")
    found = studio_page.measure()
    for case, times in (
        (studio_page.FRAME, found["frames"]),
        (studio_page.WORK, found["work"]),
        (studio_page.KEYSTROKE, found["keystrokes"]),
        (studio_page.PAINT, found["paints"]),
    ):
        for who, share in (("median", 0.5), ("p95", 0.95)):
            spent = studio_page.at(times, share)
            yield Row("studio", case, who, f"{seconds(spent)} of {len(times)}", held=spent * 1e3)
    yield Row("studio", studio_page.WEIGHT, "", f"{found['weight'] / 1e3:.0f} kB", held=found["weight"] / 1e3)


RUNS = {
    "neuron": run_neuron,
    "chain": run_chain,
    "network": run_network,
    "fronts": run_fronts,
    "native": run_native,
    "runge-kutta": run_runge_kutta,
    "camera": run_camera,
    "first-call": run_first_call,
    "explain": run_explain,
    "derivations": run_derivations,
    "import": run_import,
    "size": run_size,
    "studio": run_studio,
}
