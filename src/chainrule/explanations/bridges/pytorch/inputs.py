"""What the user asked about, and what it is called: names from variables, modules and assignments."""

import torch

from chainrule.errors import ArgumentError, GraphFreedError, NoGraphError, NotScalarError
from chainrule.explanations.bridges.base import Nothing
from chainrule.explanations.bridges.pytorch import capture, nodes
from chainrule.explanations.bridges.pytorch.graph import Torch
from chainrule.explanations.collect import source, taint
from chainrule.explanations.collect.record import Where
from chainrule.explanations.explanation import Explanation
from chainrule.explanations.findings.finding import Finding


def is_ours(value):
    """Whether a value is a tensor or a node of PyTorch's."""
    return torch.is_tensor(value) or _is_node(value)


def _is_node(value):
    return hasattr(value, "next_functions") and callable(getattr(value, "name", None))


def explained(value, wrt, frames, width):
    """The explanation of a finished tensor, or of a node."""
    tensor = value if torch.is_tensor(value) else None
    scopes, frame = _Scopes(frames), frames[-1] if frames else None
    of = scopes.name_of(value) or "loss"
    _check(tensor)
    root = tensor.grad_fn if tensor is not None else value
    wanted = _wanted(wrt, tensor, root, scopes)
    if root is None:
        return _without_graph(tensor, wanted, of, frame, width)
    places = source.assignments(frames[0]) if frames else {}
    try:
        bridge = Torch(root, wanted, tensor, scopes.names, places)
        missing = [(name, one) for name, one in wanted if name not in bridge.reached]
        several = len(missing) < len(wanted) and len(wanted) > 1
        found = [_not_reached(tensor, one, name, frame, root, several) for name, one in missing]
        if not bridge.sources:
            return _nothing(of, wanted, found, width)
        bridge.findings = found
        named = [name for name, _ in wanted if name in bridge.reached]
        return Explanation(bridge, of=of, wrt=", ".join(named[:4]) + (", …" if len(named) > 4 else ""), width=width)
    except GraphFreedError:
        reaching_back = _partly_freed(root, places, scopes)
        if reaching_back is None:
            raise
        return _nothing(of, wanted, [reaching_back], width)
    except nodes.InPlace as error:
        finding = Finding(
            "accumulated", Where(of), f"a value that the graph needs was changed in place since it was recorded, as an "
            f"optimizer's step does ({error})",
            "call backward before the step, and compute the loss anew after it; detach a state that is carried over",
        )  # fmt: skip
        return _nothing(of, wanted, [finding], width)


def explained_from(node, slot, gradient, model):
    """The explanation of a module from the gradient that arrives at its output, inside a backward pass."""
    wanted = [(name, one) for name, one in model.named_parameters() if one.requires_grad]
    names = {id(one): name for name, one in wanted}
    bridge = Torch(node, wanted, None, names, {}, seed=(gradient, slot))
    bridge.notes = []
    missing = [(name, one) for name, one in wanted if name not in bridge.reached]
    found = [_not_reached(None, one, name, None, node, bool(bridge.sources)) for name, one in missing]
    if not bridge.sources:
        return _nothing("output", wanted, found, 100)
    bridge.findings = found
    return Explanation(bridge, of="output", wrt=", ".join(name for name, _ in wanted[:4]))


def _check(tensor):
    if tensor is None:
        return
    if tensor.numel() != 1 or tensor.is_complex():
        kind = f"shape {tuple(tensor.shape)}" if tensor.numel() != 1 else f"the complex dtype {tensor.dtype}"
        raise NotScalarError(
            f"explain needs one real number, and this value has {kind}",
            "reduce it first (.sum() or .mean()), or explain one entry, value[i]",
        )


class _Scopes:
    """The tensors and modules of a frame's variables: node -> name, id of a leaf -> name."""

    def __init__(self, frames):
        self.names, self._ids = {}, {}
        for frame in frames:
            for scope in (frame.f_locals, frame.f_globals):
                for name, value in list(scope.items()):
                    if not name.startswith(("_", "@", ".")):
                        self._add(name, value, 2)

    def _add(self, name, value, depth):
        if torch.is_tensor(value):
            self._ids.setdefault(id(value), name)
            self.names.setdefault(id(value), name)
            if value.grad_fn is not None and value.output_nr == 0:
                self.names.setdefault(value.grad_fn, name)
        elif isinstance(value, torch.nn.Module):
            for path, parameter in value.named_parameters():
                self.names.setdefault(id(parameter), path)
                self._ids.setdefault(id(parameter), path)
        elif depth and isinstance(value, (list, tuple)) and len(value) <= 1000:
            for i, item in enumerate(value):
                self._add(f"{name}[{i}]", item, depth - 1)
        elif depth and isinstance(value, dict) and len(value) <= 1000:
            for key, item in value.items():
                self._add(f"{name}[{key!r}]", item, depth - 1)

    def name_of(self, value):
        return self._ids.get(id(value))


def _wanted(wrt, tensor, root, scopes):
    """`(name, tensor)` of every input that was asked for."""
    if wrt is None or isinstance(wrt, str):
        return _by_name(wrt, root, scopes)
    if isinstance(wrt, torch.nn.Module):
        pairs = list(wrt.named_parameters())
    elif torch.is_tensor(wrt):
        pairs = [(scopes.name_of(wrt) or "wrt", wrt)]
    elif isinstance(wrt, dict):
        pairs = [(str(name), one) for name, one in wrt.items()]
    elif isinstance(wrt, (list, tuple)) or hasattr(wrt, "__next__"):
        pairs = [(None, one) for one in wrt]
        pairs = [(scopes.name_of(one) or f"wrt[{i}]", one) for i, (_, one) in enumerate(pairs)]
    else:
        pairs = [("wrt", wrt)]
    for name, one in pairs:
        if not torch.is_tensor(one):
            raise ArgumentError(
                f"{name} is a {type(one).__name__}, not a tensor", "give the tensor itself, a list or dict of them, or "
                "the module: explain(loss, wrt=model)",
            )  # fmt: skip
    if not pairs:
        raise ArgumentError("wrt is empty", "give at least one tensor")
    return pairs


def _by_name(wrt, root, scopes):
    """The leaves of the graph; those of one name where `wrt` is one ("params" stands for all)."""
    if root is None:
        return []
    leaves = [node.variable for node in nodes.topological(root) if hasattr(node, "variable")]
    pairs = [(scopes.name_of(leaf) or f"leaf{i}", leaf) for i, leaf in enumerate(leaves)]
    known = [pair for pair in pairs if wrt is None or wrt == "params" or pair[0] == wrt]
    if not known:
        names = ", ".join(name for name, _ in pairs[:8])
        raise ArgumentError(f"wrt={wrt!r} is no input of this value", f"its inputs are {names}")
    return known


def _nothing(of, wanted, findings, width):
    bridge = Nothing("torch")
    bridge.findings = findings
    named = ", ".join(name for name, _ in wanted[:4]) or "inputs"
    return Explanation(bridge, of=of, wrt=named, width=width)


def _without_graph(tensor, wanted, of, frame, width):
    """A value that has no graph: cut somewhere, if that can be seen; else said plainly."""
    session = capture.session_of(tensor)
    for name, one in wanted:
        cut = (session.cut_between(tensor, one) if session else None) or taint.find(frame, tensor, one)
        if cut is not None:
            return _nothing(of, wanted, [_cut(name, *cut)], width)
    if tensor.requires_grad:
        raise NoGraphError("this tensor is an input, and not the result of anything", "give a result, a loss say")
    if wanted and not torch.is_grad_enabled():
        return _nothing(of, wanted, [_cut(wanted[0][0], "no_grad", None, None)], width)
    raise NoGraphError(
        "this tensor has no graph (grad_fn is None): torch.func results, values computed under no_grad or "
        "inference_mode, and compiled inference keep no record of how they came about",
        "compute the loss as loss = f(params) with tensors that require a gradient, outside torch.func.grad and "
        "no_grad, and explain that loss; `with cr.capture(model):` around the forward pass says where it was cut",
    )


def _cut(name, what, file, line):
    evidence = f"no path leads from the value to {name}: a value computed from it left the graph by {what}"
    return Finding("cut", Where(name, file, line), evidence, taint.repair_of(what))


def _not_reached(tensor, one, name, frame, root, several):
    """The Finding for an input that no path leads to."""
    session = capture.session_of_graph(root)
    cut = None
    if session is not None and tensor is not None:
        cut = session.cut_between(tensor, one)
    if cut is None and tensor is not None:
        cut = taint.find(frame, tensor, one)
    if cut is not None:
        return _cut(name, *cut)
    if not one.requires_grad:
        words = f"{name} does not require a gradient, so nothing was recorded for it"
        return Finding("disconnected", Where(name), words, "call requires_grad_() on it before the forward pass")
    kind = "unused" if several else "disconnected"
    words = "the loss was computed without it"
    if several:
        repair = "use it in forward, or leave it out of the parameters (find_unused_parameters=True for DDP)"
    else:
        repair = "check that this very tensor, not a copy or an earlier one of the same name, was used"
    return Finding(kind, Where(name), f"no path leads from the value to {name}: {words}", repair)


def _partly_freed(root, places, scopes):
    """The Finding where a backward pass has freed a part of the graph and not what is nearest to the loss."""
    alive = False
    for node in nodes.topological(root):
        state = nodes.freed(node)
        if state is None:
            continue
        if not state:
            alive = True
        elif alive:
            name = scopes.names.get(node, node.name())
            file, line, _ = places.get(name, (None, None, ""))
            return Finding(
                "accumulated", Where(name, file, line),
                f"the graph reaches back into an earlier iteration: {name} was computed before a backward pass that "
                "has freed it",
                "detach the state that is carried over, and sum losses as numbers: total += loss.item()",
            )  # fmt: skip
        else:
            return None
    return None
