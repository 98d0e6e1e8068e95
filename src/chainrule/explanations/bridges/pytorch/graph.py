"""PyTorch: a finished loss, read through `grad_fn`, with hooks on the nodes of one backward pass.

The messages are the engine's own, so they add up to the gradient that `backward` gives. Nothing is stored but
summaries; `.grad` is not touched, and the graph stays as it was. Tangents (for shares) come from differentiating
a node's own backward once more. `chainrule.capture` adds expressions, lines and scopes to the nodes' metadata.

Not documented by PyTorch, and used here: calling a node, `_input_metadata` (shapes), `_saved_*` (values).
"""

import math

import torch

from chainrule.errors import ExplanationError, GraphFreedError
from chainrule.explanations.bridges.base import Bridge
from chainrule.explanations.bridges.pytorch import nodes
from chainrule.explanations.collect import numbers
from chainrule.explanations.collect.record import LARGEST, Edge, Joint, Where, named_apart
from chainrule.explanations.findings.finding import Finding
from chainrule.explanations.rules import rooms

_SQUASHERS = {"tanh": lambda y: 1 - y * y, "sigmoid": lambda y: y * (1 - y), "softmax": lambda y: y * (1 - y)}
_SEEN_BY_NOBODY = {
    "CompiledFunctionBackward": (
        "a part of the graph ran inside torch.compile, which is one link here: explain the model as it was before "
        "torch.compile (model._orig_mod) to see inside"
    ),
    "CheckpointFunctionBackward": (
        "a part of the graph is a checkpoint with use_reentrant=True, which is one link: use use_reentrant=False"
    ),
}


class Torch(Bridge):
    """The bridge to a finished computation.

    Args:
        root: the node of the value.
        wanted: `(name, tensor)` pairs of the inputs; those that are reached become `sources`.
        value: the tensor that is explained, or None where only its node is known.
        names: node -> the user's name for the value it made; and id of a leaf -> its name.
        places: name -> `(file, line, expression)` of its assignment, where the source can be read.
        seed: the gradient that arrives at the root and at which of its outputs, where the root is not a number.
    """

    framework = "torch"

    def __init__(self, root, wanted, value=None, names=None, places=None, seed=None):
        super().__init__()
        self._names, self._places, self.value = names or {}, places or {}, value
        self._seed = seed
        order = nodes.topological(root)
        targets = {}  # node -> {slot: (name, tensor)}
        for name, tensor in wanted:
            node, slot = nodes.address(tensor, order)
            if node is not None:
                targets.setdefault(node, {})[slot] = (name, tensor)
        self._targets = targets
        reaching = set(targets)
        for node in reversed(order):
            if any(parent in reaching for parent, _ in node.next_functions):
                reaching.add(node)
        self.reached = {name for slots in targets.values() for name, _ in slots.values()} if root in reaching else set()
        if root not in reaching:
            return
        self._build([node for node in order if node in reaching])

    def _build(self, order):
        inside = self._inside(order)
        self._joints = {node: self._joint(i, node) for i, node in enumerate(inside)}
        for node, joint in self._joints.items():
            joint.edges = [
                Edge(i, self._joints.get(parent), slot) for i, (parent, slot) in enumerate(node.next_functions)
            ]
            if joint.leaf:
                joint.edges = []
            joint.operands, joint.notes["operands"] = (), self._operands(node, joint)
        self.joints = list(self._joints.values())
        self.sources = [self._joints[node] for node in self._targets if node in self._joints]
        self._label()
        self.extras["broadcast"] = self._silent_broadcasts()
        names = {node.name() for node in inside}
        self.notes += [text for name, text in _SEEN_BY_NOBODY.items() if any(name in n for n in names)]
        if not any("chainrule" in node.metadata for node in inside[:50] if hasattr(node, "metadata")):
            self.notes.append("names, lines and values are those that a finished graph has; compute the loss inside "
                              "`with cr.capture(model):` for expressions, lines and module scopes")  # fmt: skip

    def _inside(self, order):
        """Nodes on paths from the root to a source; where every source is a value, nothing below them."""
        only = set(self._targets)
        used, kept = {order[0]}, []
        for node in order:
            if node not in used:
                continue
            kept.append(node)
            if node in only and len(only) == 1:
                continue
            used.update(parent for parent, _ in node.next_functions if parent is not None)
        return [node for node in kept if node in set(order)]

    def _joint(self, number, node):
        op = nodes.operation(node)
        outputs = [(tuple(m.shape), str(m.dtype).replace("torch.", "")) for m in node._input_metadata]
        leaf = op == "input" or (node in self._targets and len(self._targets) == 1)
        joint = Joint(number, op, outputs, [], node, leaf=leaf)
        info = node.metadata.get("chainrule") if hasattr(node, "metadata") else None
        if info is not None:
            joint.name, joint.expression, joint.scope = info.name, info.expression, info.scope
            joint.where, joint.value = Where(info.name or info.expression, info.file, info.line), info.value
        own = self._names.get(node) or (self._names.get(id(node.variable)) if op == "input" else None)
        target = self._targets.get(node)
        if target and op == "input":
            joint.value = nodes.summarised(node.variable)
        if target:
            own = next(iter(target.values()))[0] or own
        if own:
            joint.name = own
            file, line, expression = self._places.get(own, (joint.where.file, joint.where.line, joint.expression))
            joint.where, joint.expression = Where(own, file, line), "" if leaf else joint.expression or expression
        return joint

    def _label(self):
        """Names that tell values apart, and names for what has none: the operation of its arguments."""
        named_apart(self.joints)
        top = self.joints[0]
        if self.value is not None and top.value is None:
            top.value = nodes.summarised(self.value)
        for joint in reversed(self.joints):
            if not joint.name and not joint.expression and not joint.leaf:
                named = [edge.parent.name for edge in joint.edges if edge.parent is not None and edge.parent.name]
                text = f"{joint.op}({', '.join(named)})" if named else ""
                joint.expression = text if len(text) <= 28 else ""
            if joint.where.name == "":
                joint.where = Where(joint.label, joint.where.file, joint.where.line)

    def _operands(self, node, joint):
        """The shapes of two operands, where the graph knows both; None in place of one that it does not know."""
        info = node.metadata.get("chainrule") if hasattr(node, "metadata") else None
        if info is not None and info.operands:
            return info.operands
        shapes = []
        for i, (parent, slot) in enumerate(node.next_functions):
            if parent is not None:
                shapes.append(tuple(parent._input_metadata[slot].shape))
            else:
                shapes.append(nodes.saved_shape(node, i))
        return tuple(shapes) if None not in shapes else ()

    def _silent_broadcasts(self):
        """A column or a row that grew to a square beside a constant whose shape the graph does not know."""
        findings = []
        for joint in self.joints:
            known_operands = joint.notes["operands"] and joint.op != "broadcast_to"
            if joint.op not in ("subtract", "add", "broadcast_to") or known_operands:
                continue
            known = [edge.parent.outputs[edge.slot][0] for edge in joint.edges if edge.parent is not None]
            unwound = [edge.parent.op for edge in joint.edges if edge.parent is not None]
            if len(known) != 1 or len(joint.shape) != 2 or joint.shape[0] != joint.shape[1] or joint.shape[0] < 2:
                continue
            n = joint.shape[0]
            if known[0] in ((n, 1), (n,)) and unwound[0] not in ("expand_dims", "reshape", "get_item"):
                findings.append(Finding(
                    "broadcast", joint.where,
                    f"{joint.label} of shape {known[0]} became {joint.shape}: both operands were copied",
                    "give both the same shape: reshape one of them to the other's, as y.reshape(-1, 1)",
                ))  # fmt: skip
        return findings

    def slot_of(self, source):
        return next(iter(self._targets[source.origin]))

    def seed(self):
        return self._ones(self.joints[0].origin)

    def backward(self, visit):
        """One pass of PyTorch's engine, seen through hooks."""
        visited, handles = set(), []

        def hook_of(joint):
            def hook(passed, arriving):
                visited.add(joint)
                visit(joint, list(arriving), list(passed))

            return hook

        root = self.joints[0].origin
        wanted = [tensor for slots in self._targets.values() for _, tensor in slots.values()]
        try:
            for joint in self.joints:
                if not joint.leaf:
                    handles.append(joint.origin.register_hook(hook_of(joint)))
            found = self._differentiate(root, wanted)
        finally:
            for handle in handles:
                handle.remove()
        by_id = {id(tensor): g for tensor, g in zip(wanted, found)}
        for source in self.sources:
            if source not in visited:
                cotangents = [None] * max(1, len(source.outputs))
                for slot, (_, tensor) in self._targets[source.origin].items():
                    cotangents[slot] = by_id[id(tensor)]
                visit(source, cotangents, [])

    def _differentiate(self, root, wanted):
        if self._seed is not None:
            gradient, slot = self._seed
            edge = torch.autograd.graph.GradientEdge(root, slot)
            return torch.autograd.grad([edge], wanted, [gradient], retain_graph=True, allow_unused=True)
        value = self.value if self.value is not None else torch.autograd.graph.GradientEdge(root, 0)
        try:
            with torch.enable_grad():
                # without grad_outputs, whose check imports SymPy (0.8 s)
                return torch.autograd.grad([value], wanted, retain_graph=True, allow_unused=True)
        except RuntimeError as error:
            raise self._said(error) from None

    def _ones(self, root):
        like = root._input_metadata[0]
        return torch.ones(like.shape, dtype=like.dtype, device=like.device)

    def _said(self, error):
        text = str(error)
        if "second time" in text or "already been freed" in text:
            return GraphFreedError(
                "the graph behind this loss was freed by an earlier backward pass",
                "explain before backward, or call backward(retain_graph=True)",
            )
        if "modified by an inplace operation" in text:
            return nodes.InPlace(text.split(" Hint")[0])
        if "Checkpointing is not compatible" in text or "checkpoint" in text.lower():
            return ExplanationError(
                "the graph holds a checkpoint with use_reentrant=True, which allows no look inside",
                "use checkpoint(..., use_reentrant=False)",
            )
        return error

    def pull(self, joint, cotangents):
        """One node called by itself, as paths are weighed; `backward` leaves this to the engine."""
        node = joint.origin
        args = [
            torch.zeros(m.shape, dtype=m.dtype, device=m.device) if g is None else g
            for g, m in zip(cotangents, node._input_metadata)
        ]
        with torch.no_grad():
            results = nodes.called(node, args)
        return [
            None if r is None or edge.parent is None else nodes.fitted(r, edge.parent.origin._input_metadata[edge.slot])
            for r, edge in zip(results, joint.edges)
        ]

    def push(self, joint, tangents):
        node = joint.origin
        special = nodes.attention(node, tangents) if "ScaledDotProduct" in node.name() else None
        if special is not None:
            return special
        seeds = [
            torch.zeros(m.shape, dtype=m.dtype, device=m.device, requires_grad=m.dtype.is_floating_point)
            for m in node._input_metadata
        ]
        if any(m.dtype.is_complex for m in node._input_metadata):
            return None
        try:
            with torch.enable_grad():
                results = nodes.called(node, seeds)
                total = None
                for r, t, edge in zip(results, tangents, joint.edges):
                    if r is None or t is None:
                        continue
                    part = (nodes.fitted(r, edge.parent.origin._input_metadata[edge.slot]) * t).sum()
                    total = part if total is None else total + part
                if total is None or total.grad_fn is None:
                    return [torch.zeros_like(seed) for seed in seeds]
                wanted = [seed for seed in seeds if seed.requires_grad]
                found = iter(torch.autograd.grad(total, wanted, allow_unused=True, retain_graph=True))
                return [next(found) if seed.requires_grad else None for seed in seeds]
        except (RuntimeError, NotImplementedError, TypeError):
            return None

    def summary(self, array):
        return nodes.summarised(array)

    def dot(self, a, b):
        with torch.no_grad():
            return float(torch.sum(a.conj() * b if a.is_complex() else a * b, dtype=None).real)

    def as_numpy(self, array):
        array = array.detach()
        array = array.float() if array.dtype in (torch.bfloat16,) else array
        return array.cpu().numpy() if not array.is_sparse else array.to_dense().cpu().numpy()

    def rule(self, joint, edge, arriving, passed):
        if len(self.joints) > 400:
            return lambda: self._rule(joint, edge)
        return self._rule(joint, edge)

    def _rule(self, joint, edge):
        return rooms.formula(joint.op, edge.argument, self.operand_names(joint), joint.label)

    def operand_names(self, joint):
        names = [
            nodes.constant_name(joint, edge.argument) if edge.parent is None else edge.parent.label
            for edge in joint.edges
        ]
        return names + nodes.further_names(joint)

    def local(self, joint, edge, link):
        if math.prod(joint.shape) == math.prod(link.into_shape) == 1 and not link.joint.outputs[1:]:
            return self._number(joint, edge, link)
        node = joint.origin
        if joint.op in _SQUASHERS:
            y = nodes.sampled(nodes.saved(node, "_saved_result"))
            return None if y is None else numbers.local_of(_SQUASHERS[joint.op](y), LARGEST[joint.op])
        if joint.op == "relu":
            y = nodes.sampled(nodes.saved(node, "_saved_result"))
            return None if y is None else numbers.local_of(y > 0, 1.0)
        if joint.op in ("threshold", "clip", "where", "maximum") and link.shape == link.into_shape:
            return nodes.selecting(node, joint, edge)
        return None

    def _number(self, joint, edge, link):
        if link.arriving.norm and link.arriving.finite and link.passed.finite and link.passed.norm:
            return link.passed.most / link.arriving.most
        try:
            got = self.pull(joint, [self._ones(joint.origin)])[joint.edges.index(edge)]
        except (RuntimeError, TypeError):
            return None
        return 0.0 if got is None else float(got.reshape(()))

    def entry(self, joint, argument, index):
        for name in ("_saved_self", "_saved_other", "_saved_input", "_saved_result"):
            if (argument, name) in ((0, "_saved_self"), (1, "_saved_other"), (0, "_saved_input")):
                value = nodes.saved(joint.origin, name)
                if torch.is_tensor(value) and index is not None and len(index) == value.dim():
                    return value[index].item()
                if isinstance(value, (int, float)):
                    return value
        result = nodes.saved(joint.origin, "_saved_result")
        if joint.op == "sqrt" and torch.is_tensor(result) and index is not None and len(index) == result.dim():
            return result[index].item() ** 2
        return None

    def held(self, source):
        if self._seed is not None:  # inside a backward pass, which is adding to it
            return None
        for _, tensor in self._targets[source.origin].values():
            grad = tensor.grad if tensor.is_leaf else None
            if grad is None or source.arriving is None:
                continue
            size = nodes.summarised(grad).norm
            own = source.arriving.norm
            if abs(size - own) > 1e-4 * max(size, own) and size:
                return size
        return None
