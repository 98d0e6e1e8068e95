"""`tf.Module`: an object that knows its Variables."""

from chainrule.tf.variable import Variable


class Module:
    """A base class for models: `variables` and `trainable_variables` find every Variable among the attributes.

    >>> import chainrule.tf as tf
    >>> class Line(tf.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.w, self.b = tf.Variable(2.0), tf.Variable(1.0)
    ...     def __call__(self, x):
    ...         return self.w * x + self.b
    >>> len(Line().trainable_variables)
    2
    """

    def __init__(self, name=None):
        self._name = name or type(self).__name__.lower()

    @property
    def name(self):
        return self._name

    @property
    def variables(self):
        """Every Variable among the attributes, in the order of their names, and of the modules among them."""
        found: list = []
        _collect(self, found, set())
        return tuple(found)

    @property
    def trainable_variables(self):
        """Those that tapes watch by themselves."""
        return tuple(variable for variable in self.variables if variable.trainable)

    @property
    def submodules(self):
        """The modules among the attributes, and theirs."""
        found: list = []
        _modules(self, found, {id(self)})
        return tuple(found)


def _held(value):
    if isinstance(value, Module):
        return [item for _, item in sorted(vars(value).items())]
    if isinstance(value, dict):
        return [value[key] for key in sorted(value, key=str)]
    return list(value) if isinstance(value, (list, tuple)) else []


def _collect(value, found, seen):
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Variable):
        found.append(value)
    for item in _held(value):
        _collect(item, found, seen)


def _modules(value, found, seen):
    for item in _held(value):
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Module):
            found.append(item)
        _modules(item, found, seen)
