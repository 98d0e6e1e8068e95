"""Why a tape gave None: what `chainrule.why_none` says, and what only the tape knows."""

from chainrule.core.spec import is_differentiable
from chainrule.tf.recording import original


def reason(tape, target, handle, nodes):
    """The reason for a target's node, a source and the source's leaves in the record."""
    from chainrule.explanations import missing  # not needed by programs that work

    if not tape.periods:
        return missing.Reason("disconnected", "this tape was never entered", do="compute inside its with block")
    if not is_differentiable(target.value) or not is_differentiable(_present(handle).value):
        return missing.reason(target, nodes or [_present(handle)])
    if not nodes:
        return _not_watched(missing, tape, handle)
    if missing.reaches(target, nodes) and tape.within(target.order):
        return missing.reason(target, nodes)
    if not tape.within(target.order) and original(target) not in nodes:
        when = "before the tape was entered" if target.order < tape.periods[0][0] else "outside the tape's with block"
        late = tape.periods[-1][1]
        when = "after the tape was closed" if late is not None and target.order > late else when
        return missing.Reason(
            "disconnected", f"the target was computed {when}, so the tape did not record it",
            do="compute the target inside the with block (a stop_recording block is outside)",
        )  # fmt: skip
    return missing.reason(target, nodes)


def dead(tape, target, handle, nodes):
    """As `reason`, for a gradient that is zero."""
    from chainrule.explanations import missing

    if not nodes or not missing.reaches(target, nodes):
        return reason(tape, target, handle, nodes)
    return missing.dead_links(target, nodes)


def _present(handle):
    return handle._rest if hasattr(handle, "_rest") else handle.node


def _not_watched(missing, tape, handle):
    if not hasattr(handle, "_rest"):
        text = "the source is a tensor that this tape does not watch"
        do = (
            "call tape.watch(x) before computing with it; if x was a Variable, an assignment such as x = x + 1 has "
            "replaced it by a tensor: write x.assign_add(1)"
        )
    elif not handle.trainable:
        text = f"the Variable {handle.name!r} has trainable=False, so tapes do not watch it by themselves"
        do = "call tape.watch(variable) inside the with block"
    elif not tape.auto:
        text = f"the tape has watch_accessed_variables=False, and the Variable {handle.name!r} was not watched"
        do = "call tape.watch(variable) inside the with block"
    else:
        text = f"the Variable {handle.name!r} was not read while the tape was recording on this thread"
        do = "compute the target from this very Variable inside the with block"
    return missing.Reason("disconnected", text, do=do)
