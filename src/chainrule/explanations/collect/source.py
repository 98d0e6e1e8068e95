"""The user's own words: which variable an expression was assigned to, and how its operands read.

A node of the graph knows its instruction; Python 3.11 knows the instruction's columns; the syntax
tree of the file knows what stands there. Where the source cannot be had (exec of a string, the plain
prompt before Python 3.13) every question here is answered with None.
"""

import ast
import functools
import linecache

import numpy

from chainrule.explanations.rules import symbols
from chainrule.places import position

MODULES = {"np", "numpy", "cr", "chainrule", "math", "torch", "F", "tf", "jnp", "jax"}
_LONGEST_NAME = 28


class Sources:
    """The syntax trees of the files that one explanation touches, each parsed once."""

    def __init__(self, modules=()):
        self.modules = MODULES | set(modules)
        self._files, self._expressions = {}, {}

    def expression(self, code, instruction):
        """The `Expression` that this instruction of this code belongs to, or None."""
        if code is None:
            return None
        key = code, instruction
        if key not in self._expressions:
            self._expressions[key] = self._find(code, instruction)
        return self._expressions[key]

    def _find(self, code, instruction):
        if code.co_filename not in self._files:
            self._files[code.co_filename] = _indexed(code.co_filename)
        index, ends, parents = self._files[code.co_filename]
        where = position(code, instruction)
        # a method call over several lines starts, for the interpreter, at the method's name
        found = index.get(where) or ends.get((where[1], where[3]))
        return None if found is None else Expression(found, parents, self.modules)


def _indexed(filename):
    """Expressions of a file by position, calls by their end, and the parent of every expression."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError, RecursionError):
        return {}, {}, {}
    index, ends, parents = {}, {}, {}
    for parent in ast.walk(tree):
        if isinstance(parent, (ast.expr, ast.AugAssign)):
            key = parent.lineno, parent.end_lineno, parent.col_offset, parent.end_col_offset
            index.setdefault(key, parent)
        if isinstance(parent, ast.Call):
            ends[parent.end_lineno, parent.end_col_offset] = parent
        for child in ast.iter_child_nodes(parent):
            parents[child] = parent
    return index, ends, parents


class Expression:
    """One expression of the user's program.

    Attributes:
        text: as written, on one line.
        target: the variable it is assigned to, where it is the whole right-hand side, else None.
        recurs: whether the variable it is assigned to is also read in it, as in `h = f(h)`.
    """

    def __init__(self, tree, parents, modules):
        self._tree, self._modules = tree, modules
        self.text = ast.unparse(tree)
        self.target = _target(tree, parents)
        reads = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self.recurs = self.target in reads

    def operands(self, values, parents):
        """The expressions that the arguments of the primitive came from; [] where that is not clear."""
        parts = self._parts()
        for part, value, parent in zip(parts, values, parents):
            if isinstance(part, ast.Starred):
                return []
            number = literal(part)
            if number is not None and (parent is not None or numpy.ndim(value) or number != value):
                return []  # `t.sum(0)`: the argument is not what the primitive was given
        return parts[: len(values)]

    def _parts(self):
        tree = self._tree
        if isinstance(tree, ast.BinOp):
            return [tree.left, tree.right]
        if isinstance(tree, ast.AugAssign):
            return [tree.target, tree.value]
        if isinstance(tree, ast.UnaryOp):
            return [tree.operand]
        if isinstance(tree, ast.Subscript):
            return [tree.value]
        if isinstance(tree, ast.Call):
            return self._receiver(tree.func) + tree.args
        return []

    def _receiver(self, function):
        """The object whose method is called, in a list; empty for a function of a module."""
        if not isinstance(function, ast.Attribute):
            return []
        root = function.value
        while isinstance(root, ast.Attribute):
            root = root.value
        return [] if isinstance(root, ast.Name) and root.id in self._modules else [function.value]


def _target(tree, parents):
    """The name that receives the value of this expression."""
    if isinstance(tree, ast.AugAssign):
        return name(tree.target)
    parent = parents.get(tree)
    while isinstance(parent, ast.IfExp) and tree is not parent.test:
        tree, parent = parent, parents.get(parent)
    if isinstance(parent, ast.NamedExpr):
        return parent.target.id
    if isinstance(parent, ast.AnnAssign):
        return name(parent.target)
    if isinstance(parent, ast.Assign):
        return next(filter(None, map(name, parent.targets)), None)
    values, outer = _elements(parent), parents.get(parent)
    if values and isinstance(outer, ast.Assign):
        for target in outer.targets:
            names = _elements(target)
            if len(names) == len(values) and not any(isinstance(x, ast.Starred) for x in names + values):
                return name(names[values.index(tree)])
    return None


def _elements(tree):
    return tree.elts if isinstance(tree, (ast.Tuple, ast.List)) else []


def name(tree):
    """A variable, attribute or item as its text, where it is short; None for other expressions."""
    if not isinstance(tree, (ast.Name, ast.Attribute, ast.Subscript)):
        return None
    text = ast.unparse(tree)
    return text if len(text) <= _LONGEST_NAME else None


def literal(tree):
    """The number that stands written in the source, or None."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        number = literal(tree.operand)
        return None if number is None else -number
    value = getattr(tree, "value", None) if isinstance(tree, ast.Constant) else None
    return value if isinstance(value, (int, float, complex)) else None


def symbol(tree, value):
    """The expression of an operand as a Symbol for `value`; a literal is the number itself."""
    if literal(tree) is not None:
        return value
    written = _formula(tree)
    if len(written.text) > _LONGEST_NAME:
        return symbols.constant(value)
    return symbols.standing_for(written, value)


_OPERATORS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}

_COMPARISONS = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}


def _formula(tree):
    """An expression in the notation of formulas; only its text and level are of use."""
    if isinstance(tree, ast.Constant) and type(tree.value) in (int, float):
        return symbols.lift(tree.value)
    if isinstance(tree, ast.BinOp) and type(tree.op) in _OPERATORS:
        return symbols.lift(_OPERATORS[type(tree.op)](_formula(tree.left), _formula(tree.right)))
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return -_formula(tree.operand)
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and type(tree.ops[0]) in _COMPARISONS:
        return _COMPARISONS[type(tree.ops[0])](_formula(tree.left), _formula(tree.comparators[0]))
    if isinstance(tree, ast.Call) and not tree.keywords and isinstance(tree.func, (ast.Name, ast.Attribute)):
        function = tree.func.id if isinstance(tree.func, ast.Name) else tree.func.attr
        if isinstance(tree.func, ast.Name) or isinstance(tree.func.value, ast.Name):
            return symbols.call(function, None, *map(_formula, tree.args))
    loose = isinstance(tree, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda))
    return symbols.named(ast.unparse(tree), None, symbols.LOOSE if loose else symbols.ATOM)


def assignments(frame):
    """Variables of a frame -> `(file, line, expression)` of their last assignment above the running line."""
    if frame is None:
        return {}
    code = frame.f_code
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found = {}
    last = max((line for _, _, line in code.co_lines() if line), default=0)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        if not code.co_firstlineno <= node.lineno <= min(last, frame.f_lineno):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            text = name(target)
            if text is not None and node.lineno >= found.get(text, (None, 0, ""))[1]:
                found[text] = code.co_filename, node.lineno, ast.unparse(node.value)
    return found


@functools.lru_cache(maxsize=64)
def _statements(filename):
    """Line -> the assignment or other statement that it belongs to."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    simple = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, simple) and node.value is not None:
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found[line] = node
    return found


def assigned_at(filename, line):
    """The variable that the statement of a line assigns (or None), and its expression, for frames without columns."""
    node = _statements(filename).get(line)
    if node is None:
        return None, ""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return next(filter(None, map(name, targets)), None), ast.unparse(node.value)
