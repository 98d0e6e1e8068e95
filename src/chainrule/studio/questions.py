"""What the processes of the `pool` are asked: each question by its name, from a dict to the bytes of an answer."""

import json

from chainrule.errors import ArgumentError
from chainrule.studio import deriving, practicing, programs, saved
from chainrule.studio.exchange import encoded, field, number


def derive(found):
    """The derivation of what was typed."""
    window = field(found, "window", list, [-3.0, 3.0])
    if len(window) != 2 or not all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in window):
        raise ArgumentError("the window is not two numbers", "send [from, to]", place="")
    shown = deriving.derived(
        field(found, "text", str, ""),
        field(found, "variable", str, "") or None,
        window,
        field(found, "fixed", dict, {}),
        field(found, "simplify", bool, False),
    )
    return encoded(shown)


def saved_derivation(query):
    """The view of a derivation as a file, from the parameters of an address."""
    window = [number(query, "from", float), number(query, "to", float)] if "from" in query else (-3.0, 3.0)
    text, variable = query.get("text", ""), query.get("variable") or None
    shown = deriving.derived(text, variable, window, _object(query, "fixed"), query.get("simplify") == "true")
    return saved.page("derive", shown["title"], shown).encode()


def practice(found):
    """An exercise, and what there is to say to an answer."""
    seed = found.get("seed")
    practised = practicing.practised(
        field(found, "topic", str, "mixed"),
        field(found, "difficulty", int, 1),
        seed if seed is None else field(found, "seed", int, 0),
        field(found, "number", int, 1),
        field(found, "done", list, []),
        found.get("answers"),
        field(found, "give_up", bool, False),
    )
    return encoded(practised)


def backward(found):
    """One of the programs at the given inputs, with both walks through its graph."""
    name, activation = field(found, "program", str, "neuron"), field(found, "activation", str, "sigmoid")
    return encoded(programs.run(name, activation, field(found, "values", dict, {})))


def saved_graph(query):
    """The view of a graph as a file, from the parameters of an address."""
    name, activation = query.get("program", "neuron"), query.get("activation", "sigmoid")
    replay = programs.run(name, activation, _object(query, "values"))
    return saved.page("backward", programs.PROGRAMS[name].title, replay).encode()


def _object(query, name):
    """A JSON object in an address."""
    try:
        found = json.loads(query.get(name, "{}"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ArgumentError(f"{name} is not a JSON object", "send one, as the page does", place="")
    return found


QUESTIONS = {work.__name__: work for work in (derive, saved_derivation, practice, backward, saved_graph)}


def warm():
    """Load, before the first question, what its answer would have to wait for."""
    derive({"text": "sin(x^2)"})
