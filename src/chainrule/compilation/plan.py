"""How a program runs: stretches of native code, and NumPy calls between them."""

import ctypes

import numpy

from chainrule.compilation import program as programs
from chainrule.compilation.native.kernel import Kernel
from chainrule.compilation.program import LOOPS, Constant, GuardFailed, Instruction, Raises, Variable, with_inputs
from chainrule.compilation.scans import enclosed
from chainrule.compilation.schedule import Unsupported, supported

_SHORTEST = 2  # instructions; less is done by NumPy as fast


class Plan:
    """A program, ready to run.

    Attributes:
        steps: NativeSteps, NumpySteps and RepeatSteps, in order.
        numpy_calls: the instructions that NumPy does, and why.
    """

    def __init__(self, program, precise=False, threads=1):
        self.program, self.precise, self.threads = program, precise, threads
        instructions, held = _constants_in_memory(program)
        self.held = held
        self.numpy_calls, self.steps = [], []
        results = [x for x in program.results if type(x) is Variable]
        self._inputs = program.inputs()
        for native, stretch in _stretches(instructions, 1 if precise else _SHORTEST):
            if native:
                self._native(stretch, results, instructions)
            else:
                self._by_numpy(stretch)

    def __call__(self, leaves):
        """The leaves of the result, fresh; raises GuardFailed."""
        program = self.program
        for variable, array in program.captured:
            if array.shape != variable.shape or array.dtype != variable.dtype:
                changed = Instruction("an array from outside", None, (), {}, ())
                raise GuardFailed(changed, f"is {array.dtype} of shape {array.shape}")
        inputs = [*leaves, *(array for _, array in program.captured)]
        values = dict(zip(self._inputs, inputs))
        values.update(self.held)
        with numpy.errstate(all="ignore"):
            for step in self.steps:
                step(values)
        results = [values[x] if type(x) is Variable else x.value for x in program.results]
        return fresh(results, [*inputs, *self.held.values()])

    def build(self, cache=None):
        """Make the code of every stretch, or take it from a cache."""
        for step in self.steps:
            if type(step) is NativeStep:
                step.kernel.build(cache)
            elif type(step) is RepeatStep:
                for plan in step.plans:
                    plan.build(cache)

    def report(self):
        """Lines: how many instructions run natively, which as NumPy calls and why."""
        native = [step for step in self.steps if type(step) is NativeStep]
        lines = [f"native: {sum(len(step.instructions) for step in native)} instructions in {len(native)} functions"]
        lines += [f"NumPy call: {one.name} ({why})" for one, why in self.numpy_calls]
        return lines

    def _native(self, stretch, results, everything):
        """A stretch as native code, without what turns out to have no native form."""
        while stretch:
            inputs, outputs = _boundary(stretch, results, everything)
            try:
                kernel = Kernel(inputs, stretch, outputs, self.precise, self.threads)
            except Unsupported as refused:
                at = next((i for i, one in enumerate(stretch) if one is refused.instruction), 0)
                self._native(stretch[:at], results, everything)
                self._by_numpy([stretch[at]], str(refused))
                stretch = stretch[at + 1 :]
                continue
            self.steps.append(NativeStep(kernel, stretch))
            return

    def _by_numpy(self, stretch, why="no native form"):
        for one in stretch:
            if one.name in LOOPS:
                step = RepeatStep(one, self.precise)
                self.steps.append(step)
                for plan in step.plans:
                    self.numpy_calls += plan.numpy_calls
            elif self.steps and type(self.steps[-1]) is NumpyStep:
                self.steps[-1].instructions.append(one)
            else:
                self.steps.append(NumpyStep([one]))
            if one.name not in ("guard", *LOOPS):
                self.numpy_calls.append((one, why))


class NumpyStep:
    """Instructions that NumPy computes one by one."""

    def __init__(self, instructions):
        self.instructions = instructions

    def __call__(self, values):
        for one in self.instructions:
            programs.run(one, values)


class RepeatStep:
    """A loop with parts inside that NumPy does: trip by trip, by plans of what is inside."""

    def __init__(self, instruction, precise):
        self.instruction = instruction
        self.plans = [Plan(inside, precise) for inside in instruction.function.programs()]

    def __call__(self, values):
        one = self.instruction
        inputs = [values[x] if type(x) is Variable else x.value for x in one.inputs]
        found = one.function.run(inputs, *self.plans)
        for output, value in zip(one.outputs, (found,) if len(one.outputs) == 1 else found):
            values[output] = output.fit(value)


class NativeStep:
    """A kernel with its buffers."""

    def __init__(self, kernel, instructions):
        self.kernel, self.instructions = kernel, instructions

    def __call__(self, values):
        kernel = self.kernel
        given = [_in_memory(x, values[x]) for x in kernel.inputs]
        made = [numpy.empty(y.shape, y.dtype) for y in kernel.outputs]
        workspace = numpy.empty(kernel.memory.size + 64, "u1")
        start = workspace.ctypes.data
        code = kernel.call(_pointers(given), _pointers(made), start + -start % 64)
        if code >= 0:
            one = kernel.guards[code]
            if one.name != "guard":
                raise Raises(one, "an error of NumPy's")
            raise GuardFailed(one, f"not {one.params['is']}")
        for y, array in zip(kernel.outputs, made):
            values[y] = y.fit(array)


def _in_memory(x, value):
    """A value as native code reads it: contiguous, aligned."""
    array = numpy.asarray(value, x.dtype)
    return numpy.require(array, requirements=("C", "A"))


def _pointers(arrays):
    return (ctypes.c_void_p * max(len(arrays), 1))(*(array.ctypes.data for array in arrays))


def _constants_in_memory(program):
    """The instructions with variables in place of constant arrays, and the values of those."""
    held, known = {}, {}

    def variable(x):
        if not _is_constant_array(x):
            return x
        if id(x) not in known:
            known[id(x)] = Variable(-1 - len(known), x.value.shape, x.value.dtype, "array")
            held[known[id(x)]] = numpy.require(x.value, requirements=("C", "A"))
        return known[id(x)]

    instructions = [with_inputs(one, map(variable, one.inputs)) for one in map(_with_bodies_free, program.instructions)]
    return instructions, held


def _with_bodies_free(one):
    """A loop whose programs have their constant arrays as inputs; any other instruction as it is."""
    if one.name not in LOOPS:
        return one
    programs, inputs, start = [], list(one.inputs[: one.function.carried]), one.function.carried
    for program in one.function.programs():
        inside = [_with_bodies_free(each) for each in program.instructions]
        free, constants = enclosed(inside, program.arguments, program.results)
        end = start + len(program.arguments) - one.function.carried
        inputs += [*one.inputs[start:end], *constants]
        programs.append(free)
        start = end
    function = one.function.with_programs(programs)
    return Instruction(one.name, function, tuple(inputs), one.params, one.outputs, one.place)


def _is_constant_array(x):
    return type(x) is Constant and type(x.value) is numpy.ndarray and x.value.size != 1


def _stretches(instructions, shortest):
    """Runs of instructions that native code may do, and of those that it cannot: `(native, instructions)`."""
    runs = []
    for one in instructions:
        native = supported(one)
        if runs and runs[-1][0] is native:
            runs[-1][1].append(one)
        else:
            runs.append((native, [one]))
    return [(native and (len(run) >= shortest or run[0].name in LOOPS), run) for native, run in runs]


def _boundary(stretch, results, everything):
    """The variables that a stretch reads from before, and those of its own that are read later."""
    made = {y for one in stretch for y in one.outputs}
    inputs = list(dict.fromkeys(x for one in stretch for x in one.variables() if x not in made))
    inside = set(map(id, stretch))
    later = {x for one in everything if id(one) not in inside for x in one.variables()} | set(results)
    return inputs, [y for one in stretch for y in one.outputs if y in later]


def fresh(results, inputs):
    """The results, none of which shares memory with an input, a constant or another result."""
    given, own = {id(x) for x in inputs}, []
    for result in results:
        if type(result) is numpy.ndarray:
            if result.base is not None or id(result) in given or not result.flags.writeable:
                result = result.copy()
            given.add(id(result))
        own.append(result)
    return own
