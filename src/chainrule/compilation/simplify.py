"""Passes over a program. Each keeps every bit of the results: nothing is reassociated.

`simplify` runs them all; tests verify the program after each one.
"""

import numpy

from chainrule.compilation.assembling import assemble
from chainrule.compilation.canonical import getitem
from chainrule.compilation.inside import loops, needed
from chainrule.compilation.places import places
from chainrule.compilation.program import LOOPS, Constant, Instruction, Variable, alike, key_of, with_inputs
from chainrule.compilation.unpacking import unpack

_FOLDED = 4096  # entries; a larger constant is computed at every call rather than kept


def simplify(program, check=None):
    """The program after every pass; `check` is called with the program after each."""
    for one in PASSES:
        program = one(program)
        if check is not None:
            check(program)
    return program


def ready(program):
    """The program as native code is made of it: with small arrays taken apart, and simplified before and after."""
    return simplify(unpack(simplify(program)))


def dead_code(program):
    """Instructions that no result and no guard needs are left out."""
    return program.replaced(needed(program.instructions, program.results)[0])


def simpler_loops(program):
    """Loops do trip by trip only what differs from trip to trip; their bodies are simplified in their turn."""
    return loops(program, simplify) if any(one.name in LOOPS for one in program.instructions) else program


def _substituted(program, visit):
    """Walk the instructions; `visit` returns what to put for one (or None), or operands for its outputs."""
    known, kept = {}, []

    def look(x):
        return known.get(x, x) if type(x) is Variable else x

    for one in program.instructions:
        inputs = tuple(map(look, one.inputs))
        if inputs != one.inputs:
            one = with_inputs(one, inputs)
        found = visit(one)
        if type(found) is Instruction:
            kept.append(found)
        elif found is not None:
            known.update(zip(one.outputs, found))
    return program.replaced(kept, [look(x) for x in program.results])


def _key(x):
    """An operand as a key."""
    return x if type(x) is Variable else key_of(x.value)


def common_subexpressions(program):
    """An instruction that repeats an earlier one takes its value."""
    seen = {}

    def visit(one):
        try:
            params = tuple((name, key_of(value)) for name, value in one.params.items())
            key = (one.name, one.function, tuple(map(_key, one.inputs)), params, one.outputs and one.outputs[0].kind)
            earlier = seen.get(key)
        except TypeError:  # something that has no hash
            return one
        if earlier is None:
            seen[key] = one.outputs
            return one
        return earlier if one.outputs else None

    return _substituted(program, visit)


def constants(program):
    """What depends on constants alone is computed once, by NumPy, as the run would."""

    def visit(one):
        if one.name in LOOPS or one.variables() or len(one.outputs) != 1:
            return one
        if numpy.prod(one.outputs[0].shape, dtype=int) > _FOLDED:
            return one
        if one.name in ("full", "broadcast_to") and one.outputs[0].shape:
            return one  # code that reads it needs the one value only
        with numpy.errstate(all="ignore"):
            value = one.outputs[0].fit(one.function(*(x.value for x in one.inputs), **one.params))
        return [Constant(value)]

    return _substituted(program, visit)


def identities(program):
    """What changes nothing: +x, a product with 1, a reshape to the same shape, two transposes in a row."""
    made = {}

    def visit(one):
        found = _identity(one, made)
        if type(found) is Instruction:
            made[found.outputs[0]] = found
        elif found is None:
            found = one
            if one.outputs:
                made[one.outputs[0]] = one
        return found

    return _substituted(program, visit)


def _identity(one, made):
    if len(one.outputs) != 1:
        return None
    (output,), inputs = one.outputs, one.inputs
    like = [x for x in inputs if type(x) is Variable and alike(x, output)]
    if one.name == "positive" and like or one.name in _SHAPING and like and _keeps(one):
        return like
    if one.name == "multiply" and len(inputs) == 2 and like:
        for x, other in (inputs, inputs[::-1]):
            if x in like and _is_one(other, made):
                return [x]
    if one.name == "item" and like:
        return like
    if one.name == "astype" and like:
        return like
    if one.name == "reshape" and type(inputs[0]) is Variable:
        before = made.get(inputs[0])
        if before is not None and before.name == "reshape":
            merged = Instruction("reshape", one.function, before.inputs, one.params, one.outputs, one.place)
            return _identity(merged, made) or merged
    if one.name == "transpose" and type(inputs[0]) is Variable:
        before = made.get(inputs[0])
        if before is not None and before.name == "transpose":
            axes = tuple(before.params["axes"][i] for i in one.params["axes"])
            merged = Instruction("transpose", one.function, before.inputs, {"axes": axes}, one.outputs, one.place)
            return _identity(merged, made) or merged
    if one.name == "scattered" and _fills(one) and (moved := _only_reshapes(one.params)):
        return Instruction("reshape", numpy.reshape, inputs, moved, one.outputs, one.place)
    if one.name == "getitem" and one.function is getitem and like:
        index = one.params["index"]
        return like if index is Ellipsis or type(index) is tuple and not index else None
    return None


def _fills(one):
    """Whether an instruction has as many entries in its result as in its argument."""
    x = one.inputs[0]
    return type(x) is Variable and numpy.prod(x.shape, dtype=int) == numpy.prod(one.outputs[0].shape, dtype=int)


def _only_reshapes(params):
    """Of a scatter by slices and numbers that fills every place, the shape as a parameter; else None."""
    index, shape = params["index"], params["shape"]
    parts = index if isinstance(index, tuple) else (index,)
    whole = all(
        part is None or part is Ellipsis or isinstance(part, (int, numpy.integer)) or part == slice(None)
        for part in parts
        if not isinstance(part, numpy.ndarray)
    )
    plain = not any(isinstance(part, (numpy.ndarray, list, bool, numpy.bool_)) for part in parts)
    return {"shape": shape} if whole and plain else None


def _is_one(x, made):
    """Whether an operand is 1, or an array of nothing else."""
    before = made.get(x) if type(x) is Variable else None
    if before is not None and before.name == "broadcast_to":
        return _is_one(before.inputs[0], made)
    if before is not None and before.name == "full":
        return before.params["value"] == 1
    return type(x) is Constant and numpy.size(x.value) == 1 and bool(x.value == 1)


_SHAPING = ("reshape", "transpose", "broadcast_to")


def _keeps(one):
    return one.name != "transpose" or list(one.params["axes"]) == sorted(one.params["axes"])


PASSES = (places, identities, constants, common_subexpressions, identities, assemble, simpler_loops, dead_code)
