"""Where a program's text drops a derivative: a reading of the source, for cuts that left no trace in the graph.

A value that was detached, converted or rounded is a constant to what follows. Where the program's variables
can be found in a frame, their assignments are read in order: what is computed from the input is tainted, and
the first call that takes a tainted value out of the graph on the way to the result is the cut.
"""

import ast
import linecache
from typing import Any

# Calls and attributes that take a value out of a graph, in NumPy's and the frameworks' spelling.
CUTS = frozenset(
    "detach detach_ stop_gradient item numpy tolist data argmax argmin argsort int long round floor rint sign ceil "
    "float bool no_grad inference_mode from_numpy as_tensor array".split()
)
_BLOCKS = ("no_grad", "inference_mode", "stop_recording")
_REPAIRS = {
    "no_grad": "compute the value outside the no_grad block",
    "inference_mode": "compute the value outside the inference_mode block",
    "stop_recording": "compute the value outside the stop_recording block",
    "argmax": "an index has no slope: use softmax, or a straight-through estimator",
    "argmin": "an index has no slope: use softmax, or a straight-through estimator",
    "int": "keep the value in floating point: an integer does not move",
    "long": "keep the value in floating point: an integer does not move",
}


def repair_of(what):
    return _REPAIRS.get(what, f"leave {what} away where the derivative is wanted")


def find(frame, target, source):
    """`(what, filename, line)` of the cut between two objects held by variables of a frame; None where not found.

    Frames further out are read as well, since a program may hand both to a function that explains them.
    """
    for _ in range(6):
        if frame is None:
            return None
        names = _names_of(frame, target), _names_of(frame, source)
        if all(names):
            found = _in_code(frame, *names)
            if found is not None:
                return found
        frame = frame.f_back
    return None


def _names_of(frame, wanted):
    """The variables of a frame that hold an object, or hold it in an attribute or item."""
    names = set()
    for name, value in list(frame.f_locals.items()):
        if value is wanted or _holds(value, wanted):
            names.add(name)
    return names


def _holds(value, wanted):
    if isinstance(value, (list, tuple)):
        return any(item is wanted for item in value[:1000])
    if isinstance(value, dict):
        return any(item is wanted for item in list(value.values())[:1000])
    parameters: Any = getattr(value, "parameters", None) if not isinstance(value, type) else None
    if not callable(parameters):
        return False
    try:
        held: Any = parameters()
        return any(item is wanted for item in held)
    except Exception:  # a user's object may answer in any way
        return False


def _in_code(frame, targets, sources):
    code = frame.f_code
    tree = _function(code)
    if tree is None:
        return None
    reader = _Reader(code.co_filename, sources, _functions(code.co_filename), frame.f_lineno)
    reader.read(tree)
    for target in targets:
        if target in reader.cuts:
            return reader.cuts[target]
    return None


def _function(code):
    """The body of the function or module that a code object belongs to."""
    lines = linecache.getlines(code.co_filename)
    try:
        module = ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return None
    if code.co_name == "<module>":
        return module.body if lines else None
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if code.co_firstlineno in (first, node.lineno):
                return node.body
    return None


def _functions(filename):
    """Functions and methods of a file, by name."""
    try:
        module = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}


class _Reader:
    """Reads statements in order: which names are tainted by the input, and which only through a cut."""

    def __init__(self, filename, sources, functions, until):
        self.filename, self.functions, self.until = filename, functions, until
        self.tainted, self.cuts, self._block = set(sources), {}, None

    def read(self, body):
        for statement in body:
            if statement.lineno > self.until:
                break
            self._statement(statement)

    def _statement(self, statement):
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and statement.value is not None:
            self._assign(statement)
        elif isinstance(statement, ast.With):
            block = next((w for item in statement.items for w in _BLOCKS if w in ast.unparse(item.context_expr)), None)
            before, self._block = self._block, (block, statement.lineno) if block else self._block
            self.read(statement.body)
            self._block = before
        elif isinstance(statement, (ast.For, ast.While, ast.If)):
            self.read(statement.body)
            self.read(statement.body if not isinstance(statement, ast.If) else statement.orelse)

    def _assign(self, statement):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
        read = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
        if isinstance(statement, ast.AugAssign):
            read |= names
        carried = [self.cuts[name] for name in read if name in self.cuts]
        if not (read & self.tainted) and not carried:
            return
        cut = self._cut_in(statement.value) if read & self.tainted else None
        if self._block is not None and read & self.tainted:
            cut = (self._block[0], self.filename, statement.lineno)
        if cut is not None or (carried and not read & self.tainted):
            for name in names:
                self.cuts.setdefault(name, cut or carried[0])
                self.tainted.discard(name)
        else:
            self.tainted |= names
            for name in names:
                if carried:
                    self.cuts.setdefault(name, carried[0])

    def _cut_in(self, tree):
        """The first cut in an expression that reads a tainted name."""
        for node in ast.walk(tree):
            name = None
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            elif isinstance(node, ast.Attribute) and node.attr == "data":
                name = "data"
            if name is None or not isinstance(node, (ast.Call, ast.Attribute)):
                continue
            if name in CUTS and self._reads_tainted(node):
                return name, self.filename, node.lineno
            if isinstance(node, ast.Call):
                found = self._inside(name, node)
                if found is not None:
                    return found
        return None

    def _reads_tainted(self, node):
        return any(isinstance(n, ast.Name) and n.id in self.tainted for n in ast.walk(node))

    def _inside(self, name, call):
        """A cut in the body of a function of the same file that is called with a tainted value."""
        name = "forward" if name in self.tainted or name == "model" else name
        function = self.functions.get(name)
        if function is None or not self._reads_tainted(call):
            return None
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                inner = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
                if inner in CUTS:
                    return inner, self.filename, node.lineno
            elif isinstance(node, ast.Attribute) and node.attr == "data":
                return "data", self.filename, node.lineno
        return None
