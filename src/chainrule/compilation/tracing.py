"""One run of a function on traced values: what it writes down, and what has to be as it was if that is given up."""

import numpy

from chainrule.compilation import signature as signatures
from chainrule.compilation.bodies import Loops
from chainrule.compilation.calls import is_traced
from chainrule.compilation.handles import is_new
from chainrule.compilation.recording import Recording, Untraceable
from chainrule.compilation.surroundings import Randomness, Surroundings
from chainrule.compilation.tensors import TensorRun
from chainrule.core import tree
from chainrule.core.memory import seldom_collected
from chainrule.core.modes import STATE
from chainrule.core.record import TENSORS


class Changing(Untraceable):
    """The run changes what it finds outside."""


def record(compiled, leaves, args, kwargs):
    """`(program, side, result, surroundings)` of one run of a CompiledFunction's function.

    side: a TensorSide where Tensors are read, changed or returned; there is then no result yet.
    surroundings: what the run may have read from outside.

    Where it raises, names, lists and generators from outside are what they were.
    """
    surroundings = Surroundings(compiled.function)
    randomness = Randomness(surroundings.generators)
    recording = Recording()
    try:
        program, side, result = _run(compiled, recording, surroundings, leaves, args, kwargs)
        if recording.failed:
            raise Untraceable(recording.failed)
        if randomness.drawn():
            raise Untraceable("it draws random numbers; pass them as an argument")
        changed = surroundings.changed()
        if changed is not None:
            after = Surroundings(compiled.function)
            if not compiled.once or any(is_traced(one) or is_new(one, surroundings.order) for one in after.kept):
                raise Changing(f"it changes {changed}, which is defined outside")
            surroundings = after
        return program, side, result, surroundings
    except BaseException:
        surroundings.restore()
        randomness.restore()
        raise


@seldom_collected()
def _run(compiled, recording, surroundings, leaves, args, kwargs):
    """`(program, side, result)` of a run on traced values."""
    traced_args = signatures.replaced(args, recording.argument, compiled.fixed)
    traced_kwargs = signatures.replaced(kwargs, recording.argument, compiled.fixed)
    run = TensorRun(recording, [leaf for leaf in leaves if type(leaf) in TENSORS])
    before = STATE.copies, STATE.loops
    STATE.copies, STATE.loops = {}, Loops(recording)
    try:
        with run, numpy.errstate(all="ignore"):
            result = compiled.function(*traced_args, **traced_kwargs)
            found, rebuild = tree.flatten(result)
            del result
            if recording.failed:
                raise Untraceable(recording.failed)
            found, side = run.settle(found, {id(one) for one in surroundings.kept if type(one) in TENSORS})
        del run
        program = recording.program(found, rebuild, None if side is None else side.pullback)
    finally:
        STATE.copies, STATE.loops = before
    if side is not None:
        side.close(program)
        return program, side, None
    found = [leaf.value if is_traced(leaf) else leaf for leaf in found]
    result = rebuild([one.copy() if type(one) is numpy.ndarray else one for one in found])
    return program, side, result
