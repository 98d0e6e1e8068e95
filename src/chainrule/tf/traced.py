"""Functions under `tf.function`, as compiled functions with TensorFlow's rules for arguments."""

from chainrule.compilation.function import CompiledFunction
from chainrule.tf.compiling import given


class Function(CompiledFunction):
    """What `tf.function` returns where code can be made."""

    fixed = once = True
    __slots__ = ("_specs",)

    def __init__(self, function, options, specs=None):
        super().__init__(function, options)
        self._specs = specs

    def __call__(self, *args, **kwargs):
        args, kwargs = given(args, kwargs, self._specs)
        return super().__call__(*args, **kwargs)

    @property
    def python_function(self):
        """The function itself."""
        return getattr(self.function, "__wrapped__", self.function)

    def experimental_get_tracing_count(self):
        """How often the function has been traced."""
        return self.traces

    def again(self, function):
        return type(self)(function, self._options, self._specs)

    def __reduce__(self):
        return type(self), (self.function, self._options, self._specs)
