"""Variables, tensors, conventions at kinks, structural zeros, functions."""

import math

import numpy

from parity.tf.table import numbers, says, statement

VARIABLE = "Variables"
KINKS = "Kinks"
ZEROS = "Structural zeros"
TENSOR = "Tensors"
FUNCTION = "tf.function and control flow"

ZERO = "what was not selected contributes a structural zero"
LEAST = "the minimum-norm subgradient, as everywhere here"


@statement(VARIABLE, "assign, assign_add and assign_sub return the Variable", [2.0, 5.0, 4.5, True])
def assign(tf):
    v = tf.Variable(1.0)
    results = [numbers(v.assign(2.0)), numbers(v.assign_add(3.0)), numbers(v.assign_sub(0.5))]
    return [*results, numbers(v) == 4.5]


@statement(VARIABLE, "a value computed before an assignment keeps its gradient", [4.0, 10.0])
def assign_after_use(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        x.assign(3.0)
        z = x * x
    return [numbers(tape.gradient(y, x)), numbers(tape.gradient([y, z], x))]


@statement(VARIABLE, "assign_add, then use: the gradient at the new value", 6.0)
def assign_then_use(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        x.assign_add(1.0)
        y = x * x
    return numbers(tape.gradient(y, x))


@statement(VARIABLE, "assigning another shape", "Shape mismatch.The variable shape (), and the assigned value shape")
def assign_shape(tf):
    text = "Shape mismatch.The variable shape (), and the assigned value shape"
    return says(ValueError, text, lambda: tf.Variable(1.0).assign([1.0, 2.0]))


@statement(VARIABLE, "assigning another dtype", "Tensor conversion requested dtype float32 for Tensor with dtype int32")
def assign_dtype(tf):
    text = "Tensor conversion requested dtype float32 for Tensor with dtype int32"
    return says(ValueError, text, lambda: tf.Variable(1.0).assign(tf.constant(1)))


@statement(VARIABLE, "a slice can be assigned", [[1.0, 5.0, 6.0], [0.0, 5.0, 6.0]])
def assign_slice(tf):
    v = tf.Variable([1.0, 2.0, 3.0])
    first = numbers(v[1:].assign([5.0, 6.0]))
    v[0].assign(0.0)
    return [first, numbers(v)]


@statement(VARIABLE, "v += 1", "Use `variable.assign_add(value)` to modify the variable")
def plus_assign(tf):
    def add():
        v = tf.Variable(1.0)
        v += 1.0

    return says(RuntimeError, "Use `variable.assign_add(value)` to modify the variable", add)


@statement(VARIABLE, "v[0] = 1", "'ResourceVariable' object does not support item assignment")
def item_assignment(tf):
    def put():
        tf.Variable([1.0, 2.0])[0] = 3.0

    return says(TypeError, "'ResourceVariable' object does not support item assignment", put)


@statement(VARIABLE, "a Variable is no tf.Tensor, its value is", [False, True, True])
def kinds(tf):
    v = tf.Variable(1.0)
    return [isinstance(v, tf.Tensor), tf.is_tensor(v), isinstance(v.value(), tf.Tensor)]


@statement(VARIABLE, "names, and what it prints", ["w:0", "<tf.Variable 'w:0' shape=() dtype=float32, numpy=0.5>"])
def names(tf):
    v = tf.Variable(0.5, name="w")
    return [v.name, repr(v)]


@statement(VARIABLE, "no initial value", "The `initial_value` arg to `tf.Variable` must be specified")
def no_initial_value(tf):
    return says(ValueError, "The `initial_value` arg to `tf.Variable` must be specified", lambda: tf.Variable())


@statement(VARIABLE, "no Variable is a key; ref() is", ["Variable is unhashable. Instead, use variable.ref()", 1])
def hashing(tf):
    v = tf.Variable(1.0)
    text = "Variable is unhashable. Instead, use variable.ref()"
    return [says(TypeError, text, lambda: {v: 1}), {v.ref(): 1}[v.ref()]]


# Kinks


def _slope(tf, function, at):
    x = tf.Variable(at)
    with tf.GradientTape() as tape:
        y = function(x)
    return numbers(tape.gradient(y, x))


@statement(KINKS, "abs at 0", 0.0)
def kink_abs(tf):
    return _slope(tf, tf.abs, 0.0)


@statement(KINKS, "maximum(x, 1) and minimum(x, 1) at a tie: all to the first", [1.0, 1.0, 0.0])
def kink_maximum(tf):
    return [
        _slope(tf, lambda x: tf.maximum(x, 1.0), 1.0),
        _slope(tf, lambda x: tf.minimum(x, 1.0), 1.0),
        _slope(tf, lambda x: tf.maximum(1.0, x), 1.0),
    ]


@statement(KINKS, "reduce_max of a tie is shared", [0.5, 0.5, 0.0])
def kink_reduce_max(tf):
    return _slope(tf, tf.reduce_max, [2.0, 2.0, 1.0])


@statement(KINKS, "clip_by_value at its edges", [1.0, 1.0, 0.0])
def kink_clip(tf):
    return _slope(tf, lambda x: tf.clip_by_value(x, 0.0, 1.0), [0.0, 1.0, 1.5])


@statement(KINKS, "relu, relu6 and leaky_relu at 0", [0.0, 0.0, 0.2])
def kink_relu(tf):
    return [_slope(tf, each, 0.0) for each in (tf.nn.relu, tf.nn.relu6, tf.nn.leaky_relu)]


@statement(KINKS, "selu and elu at 0", [1.0507009873554805, 1.0])
def kink_selu(tf):
    return [_slope(tf, each, 0.0) for each in (tf.nn.selu, tf.nn.elu)]


@statement(
    KINKS,
    "a running product with a zero",
    [0.0, 0.0, 0.0],
    [9.0, 0.0, 0.0],
    "TensorFlow is silently wrong here: [x, 2x, 6x] moves with x",
)
def cumprod_with_zero(tf):
    return _slope(tf, lambda x: tf.reduce_sum(tf.math.cumprod(x)), [0.0, 2.0, 3.0])


@statement(
    KINKS,
    "weighted_cross_entropy_with_logits at logit 0, which is no kink",
    0.0,
    -1.0,
    "TensorFlow's formula has an abs and a relu that meet at 0; the function itself is smooth there",
)
def weighted_entropy_at_zero(tf):
    labels = tf.constant(1.0)
    return _slope(tf, lambda x: tf.nn.weighted_cross_entropy_with_logits(labels, x, pos_weight=2.0), 0.0)


@statement(KINKS, "sign", 0.0)
def kink_sign(tf):
    return _slope(tf, tf.sign, 0.5)


@statement(KINKS, "the norm at 0", [math.nan, math.nan], [0.0, 0.0], LEAST)
def kink_norm(tf):
    return _slope(tf, tf.norm, [0.0, 0.0])


@statement(KINKS, "the standard deviation of a constant", [math.nan, math.nan], [0.0, 0.0], LEAST)
def kink_std(tf):
    return _slope(tf, tf.math.reduce_std, [1.0, 1.0])


@statement(KINKS, "sqrt at 0", math.inf)
def kink_sqrt(tf):
    return _slope(tf, tf.sqrt, 0.0)


@statement(KINKS, "x ** 0 at 0", math.nan, 0.0, "x ** 0 is constant, so its derivative is 0")
def kink_power(tf):
    return _slope(tf, lambda x: x**0.0, 0.0)


@statement(KINKS, "a product with one zero", [6.0, 0.0, 0.0])
def kink_prod(tf):
    return _slope(tf, tf.reduce_prod, [0.0, 2.0, 3.0])


@statement(KINKS, "xlogy(0, 0), divide_no_nan and multiply_no_nan", [0.0, 0.0, 0.0])
def kink_no_nan(tf):
    return [
        _slope(tf, lambda x: tf.math.xlogy(x, x), 0.0),
        _slope(tf, lambda x: tf.math.divide_no_nan(x, 0.0), 1.0),
        _slope(tf, lambda x: tf.math.multiply_no_nan(x, 0.0), 1.0),
    ]


@statement(
    KINKS,
    "softmax_cross_entropy_with_logits of labels that do not add up to 1",
    [-1.5, 0.5],
    [-1.0, 1.0],
    "the derivative of the value returned; TensorFlow's takes the labels for a distribution",
)
def labels_of_another_sum(tf):
    labels = tf.constant([2.0, 0.0])
    return _slope(tf, lambda x: tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=x), [0.0, 0.0])


# Structural zeros


@statement(ZEROS, "where(x < 0, exp(x), x + 1) at 1000", math.nan, 1.0, ZERO)
def guarded_exp(tf):
    return _slope(tf, lambda x: tf.where(x < 0, tf.exp(x), x + 1.0), 1000.0)


@statement(ZEROS, "maximum(log(x), 1e-3), clip_by_value(log(x), 1e-3, 1) at 0", [math.nan, math.nan], [0.0, 0.0], ZERO)
def guarded_log(tf):
    return [
        _slope(tf, lambda x: tf.maximum(tf.math.log(x), 1e-3), 0.0),
        _slope(tf, lambda x: tf.clip_by_value(tf.math.log(x), 1e-3, 1.0), 0.0),
    ]


@statement(ZEROS, "the same with sqrt, whose rule TensorFlow guards", [0.0, 0.0])
def guarded_sqrt(tf):
    return [
        _slope(tf, lambda x: tf.maximum(tf.sqrt(x), 1e-3), 0.0),
        _slope(tf, lambda x: tf.clip_by_value(tf.sqrt(x), 1e-3, 1.0), 0.0),
    ]


@statement(ZEROS, "boolean_mask of log at [0, 4]", [math.nan, 0.25], [0.0, 0.25], ZERO)
def guarded_mask(tf):
    return _slope(tf, lambda x: tf.boolean_mask(tf.math.log(x), [False, True]), [0.0, 4.0])


# Tensors


@statement(
    TENSOR,
    "what tensors print",
    [
        "<tf.Tensor: shape=(), dtype=float32, numpy=0.5>",
        "<tf.Tensor: shape=(2, 2), dtype=int32, numpy=\narray([[1, 2],\n       [3, 4]], dtype=int32)>",
        "tf.Tensor([1. 2.], shape=(2,), dtype=float32)",
        "0.5",
    ],
)
def printing(tf):
    return [
        repr(tf.constant(0.5)),
        repr(tf.constant([[1, 2], [3, 4]])),
        str(tf.constant([1.0, 2.0])),
        f"{tf.constant(0.5)}",
    ]


@statement(TENSOR, "default dtypes", ["float32", "int32", "bool", "float64", "int64", "complex128"])
def default_dtypes(tf):
    made = (0.5, 1, True, numpy.array([0.5]), 2**40, 1j)
    return [tf.constant(each).dtype.name for each in made]


@statement(
    TENSOR,
    "tensors of different dtypes do not meet",
    "cannot compute Mul as input #1(zero-based) was expected to be a float tensor but is a double tensor",
)
def dtypes_differ(tf):
    text = "cannot compute Mul as input #1(zero-based) was expected to be a float tensor but is a double tensor"
    one, other = tf.constant(2.0), tf.constant(2.0, dtype=tf.float64)
    return says(tf.errors.InvalidArgumentError, text, lambda: one * other)


@statement(TENSOR, "Python's numbers and NumPy's arrays take the tensor's dtype", ["float32", "float32", "float32"])
def conversions(tf):
    one = tf.constant(2.0)
    made = (one * 3, one * numpy.array([1.0, 2.0]), numpy.array([1.0, 2.0]) * one)
    return [each.dtype.name for each in made]


@statement(TENSOR, "half a number beside an integer tensor", "Cannot convert 0.5 to EagerTensor of dtype int32")
def half_an_integer(tf):
    return says(TypeError, "Cannot convert 0.5 to EagerTensor of dtype int32", lambda: tf.constant(2) * 0.5)


@statement(TENSOR, "integers where real numbers are wanted", "of int32 is not in the list of allowed values")
def integers_refused(tf):
    text = "of int32 is not in the list of allowed values"
    return says(tf.errors.InvalidArgumentError, text, lambda: tf.sqrt(tf.constant(4)))


@statement(TENSOR, "shapes that do not go together", ["Incompatible shapes: [2] vs. [3]", "In[0]: [1,2], In[1]: [1,2]"])
def shapes_differ(tf):
    kind = tf.errors.InvalidArgumentError
    return [
        says(kind, "Incompatible shapes: [2] vs. [3]", lambda: tf.ones([2]) + tf.ones([3])),
        says(kind, "In[0]: [1,2], In[1]: [1,2]", lambda: tf.matmul(tf.ones([1, 2]), tf.ones([1, 2]))),
    ]


@statement(TENSOR, "reshape to another number of entries", "Input to reshape is a tensor with 2 values, but")
def reshape_refused(tf):
    text = "Input to reshape is a tensor with 2 values, but"
    return says(tf.errors.InvalidArgumentError, text, lambda: tf.reshape(tf.ones([2]), [3]))


@statement(TENSOR, "an index that is not there", "slice index 5 of dimension 0 out of bounds")
def index_refused(tf):
    text = "slice index 5 of dimension 0 out of bounds"
    return says(tf.errors.InvalidArgumentError, text, lambda: tf.ones([2])[5])


@statement(TENSOR, "item assignment", "'tensorflow.python.framework.ops.EagerTensor' object does not support item")
def tensor_item_assignment(tf):
    def put():
        tf.constant([1.0, 2.0])[0] = 3.0

    return says(TypeError, "'tensorflow.python.framework.ops.EagerTensor' object does not support item", put)


@statement(TENSOR, "t += 1 makes a new tensor", [[2.0, 3.0], [1.0, 2.0]])
def tensor_plus_assign(tf):
    t = old = tf.constant([1.0, 2.0])
    t += 1.0
    return [numbers(t), numbers(old)]


@statement(TENSOR, "numpy() gives a copy that can be written to", [[5.0, 2.0], [1.0, 2.0]])
def numpy_copies(tf):
    t = tf.constant([1.0, 2.0])
    array = t.numpy()
    array[0] = 5.0
    return [array.tolist(), numbers(t)]


@statement(TENSOR, "float(), int() and a truth value of one number", [2.5, 2, True])
def python_numbers(tf):
    t = tf.constant(2.5)
    return [float(t), int(t), bool(t > 1)]


@statement(TENSOR, "a truth value of several", "The truth value of an array with more than one element is ambiguous")
def truth_value(tf):
    text = "The truth value of an array with more than one element is ambiguous"
    return says(ValueError, text, lambda: bool(tf.constant([1.0, 2.0])))


@statement(TENSOR, "== compares entry by entry, and never refuses", [[True, False], False, False])
def equality(tf):
    t = tf.constant([1.0, 2.0])
    return [numbers(t == tf.constant([1.0, 3.0])), bool(t == tf.constant([1.0, 2.0, 3.0])), t == None]  # noqa: E711


@statement(
    TENSOR,
    "constant of a list that holds tensors",
    "no `len()`",
    [1.0, 2.0],
    "the list is stacked, with its history, as convert_to_tensor does",
)
def constant_of_tensors(tf):
    found = []
    text = says(ValueError, "no `len()`", lambda: found.append(tf.constant([tf.constant(1.0), tf.constant(2.0)])))
    return numbers(found[0]) if found else text


@statement(TENSOR, "x.T, x.sum() and other methods of NumPy's", "has no attribute", 3.0, "NumPy's methods are there")
def array_methods(tf):
    found = []
    text = says(AttributeError, "has no attribute", lambda: found.append(tf.constant([1.0, 2.0]).sum()))
    return numbers(found[0]) if found else text


# tf.function and control flow


@statement(FUNCTION, "a decorated function gives the same, inside and outside a tape", [9.0, 6.0])
def function(tf):
    @tf.function
    def square(x):
        return x * x

    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = square(x)
    return [numbers(y), numbers(tape.gradient(y, x))]


@statement(FUNCTION, "with arguments to the decorator", 8.0)
def function_with_arguments(tf):
    @tf.function(reduce_retracing=True)
    def cube(x):
        return x * x * x

    return numbers(cube(tf.constant(2.0)))


@statement(FUNCTION, "how often Python runs: three tensors, two shapes, two Python numbers, two dtypes", [1, 2, 2, 2])
def function_retraces(tf):
    def count(arguments):
        calls = []

        @tf.function
        def square(x):
            calls.append(1)
            return x * x

        for _ in range(2):
            for argument in arguments:
                square(argument)
        return len(calls)

    return [
        count([tf.constant(number) for number in (1.0, 2.0, 3.0)]),
        count([tf.zeros([2]), tf.zeros([3])]),
        count([1.0, 2.0]),
        count([tf.constant(1.0), tf.constant(1)]),
    ]


@statement(FUNCTION, "a training step with a tape inside, and assign_sub", [[4.0, 2.56, 1.6384], 1.024])
def function_step(tf):
    w = tf.Variable(2.0)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = w * w
        w.assign_sub(0.1 * tape.gradient(loss, w))
        return loss

    return [[round(float(step()), 4) for _ in range(3)], round(float(w), 4)]


@statement(FUNCTION, "a tape inside, and one outside: a second derivative", [24.0, 24.0])
def function_second(tf):
    v = tf.Variable(2.0)

    @tf.function
    def slope(x):
        with tf.GradientTape() as tape:
            y = v**3 * x
        return tape.gradient(y, v)

    with tf.GradientTape() as tape:
        first = slope(tf.constant(2.0))
    return [numbers(first), numbers(tape.gradient(first, v))]


@statement(FUNCTION, "a Variable is read at each call; one made in the first call is kept", [6.0, 15.0, 10.0])
def function_variables(tf):
    class Layer(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = None

        @tf.function
        def __call__(self, x):
            if self.w is None:
                self.w = tf.Variable(2.0)
            return self.w * x

    layer = Layer()
    first = numbers(layer(tf.constant(3.0)))
    layer.w.assign(5.0)
    return [first, numbers(layer(tf.constant(3.0))), numbers(layer(tf.constant(2.0)))]


@statement(FUNCTION, "arrays that go in are tensors inside, numbers that come out are tensors", [True, 3.0])
def function_kinds(tf):
    @tf.function
    def f(x):
        return tf.is_tensor(x), 3.0

    inside, number = f(numpy.ones(2, "float32"))
    return [bool(inside), float(number.numpy())]


@statement(FUNCTION, "another shape than input_signature's", "Binding inputs to tf.function failed")
def function_signature(tf):
    total = tf.function(lambda x: tf.reduce_sum(x), input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    return says(TypeError, "Binding inputs to tf.function failed", lambda: total(tf.zeros([2])))


@statement(FUNCTION, "an if on a tensor takes the right side at each call", [6.0, -3.0, 9.0])
def function_branch(tf):
    @tf.function
    def f(x):
        if x > 0:
            y = x * 3
        else:
            y = x
        return y

    return [numbers(f(tf.constant(number))) for number in (2.0, -3.0, 3.0)]


@statement(FUNCTION, "cond and while_loop", [4.0, 8.0, 12.0])
def graph_control_flow(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = tf.cond(x > 1.0, lambda: x * x, lambda: x)
        _, z = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * x), (tf.constant(0), tf.constant(1.0)))
    return [numbers(tape.gradient(y, x)), numbers(z), numbers(tape.gradient(z, x))]
