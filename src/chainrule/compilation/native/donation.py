"""Which results may take the memory of a donated argument."""

import math

from chainrule.compilation.schedule import Loop


def reused(kernel, donated):
    """Result -> donated argument, where the kernel has read all of the one before it writes the other."""
    found, left = {}, [x for x in donated if x.kind == "array" and math.prod(x.shape)]
    if kernel.guards:  # what has been overwritten could not be looked at again
        return found
    for y in kernel.outputs:
        fitting = [x for x in left if y.kind == "array" and (x.shape, x.dtype) == (y.shape, y.dtype)]
        taken = next((x for x in fitting if _read_before(kernel, x, y)), None)
        if taken is not None and y not in found:
            found[y] = taken
            left.remove(taken)
    return found


def _read_before(kernel, x, y):
    """Whether a kernel reads x last where it writes y, entry by entry, or earlier."""
    schedule = kernel.schedule
    writers = [i for i, step in enumerate(schedule.steps) if type(step) is Loop and y in _made_in(step)]
    if len(writers) != 1 or y in schedule.views or y not in schedule.stored:
        return False
    if any(schedule.base(z) is x for z in kernel.outputs):
        return False
    for i, step in enumerate(schedule.steps):
        if x not in schedule.touched(step):
            continue
        if i > writers[0]:
            return False
        if i == writers[0]:
            reads = [z for one in (*step.instructions, *step.reductions) for z in schedule.operands(one)]
            if step.shape != x.shape or any(schedule.base(z) is x and z is not x for z in reads):
                return False
    return True


def _made_in(loop):
    return {one.outputs[0] for one in loop.instructions}
