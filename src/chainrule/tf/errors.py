"""The errors of `chainrule.errors` in TensorFlow's words and, where programs catch them, under its classes.

Each message begins with the words TensorFlow uses, so that a search finds what others wrote about it;
then come the place and the way out, as everywhere in chainrule.
"""

from chainrule import errors


class InvalidArgumentError(errors.ChainruleError):
    """What TensorFlow's kernels raise; `tf.errors.InvalidArgumentError`.

    >>> import chainrule.tf as tf
    >>> try:
    ...     tf.constant([1.0, 2.0]) + tf.constant([1.0, 2.0, 3.0])
    ... except tf.errors.InvalidArgumentError as error:
    ...     print(error.what)
    Incompatible shapes: [2] vs. [3] [Op:AddV2]
    """


class ShapeError(InvalidArgumentError, errors.ShapeError):
    """Two shapes do not go together.

    >>> import chainrule.tf as tf
    >>> tf.matmul(tf.ones([1, 2]), tf.ones([1, 2]))
    Traceback (most recent call last):
    chainrule.tf.errors.ShapeError: Matrix size-incompatible: In[0]: [1,2], In[1]: [1,2]...

    >>> tf.matmul(tf.ones([1, 2]), tf.ones([1, 2]), transpose_b=True)
    <tf.Tensor: shape=(1, 1), dtype=float32, numpy=array([[2.]], dtype=float32)>
    """


class DtypeError(InvalidArgumentError, errors.DtypeError):
    """Two dtypes do not go together: TensorFlow converts no tensor by itself.

    >>> import chainrule.tf as tf
    >>> tf.constant(2.0) * tf.constant(2)
    Traceback (most recent call last):
    chainrule.tf.errors.DtypeError: cannot compute Mul as input #1(zero-based) was expected to be a float...

    >>> tf.constant(2.0) * tf.cast(tf.constant(2), tf.float32)
    <tf.Tensor: shape=(), dtype=float32, numpy=4.0>
    """


class OutOfRangeError(InvalidArgumentError, errors.OutOfRangeError):
    """An index or an axis names what is not there.

    >>> import chainrule.tf as tf
    >>> tf.constant([1.0, 2.0])[5]
    Traceback (most recent call last):
    chainrule.tf.errors.OutOfRangeError: slice index 5 of dimension 0 out of bounds...

    >>> tf.constant([1.0, 2.0])[-1]
    <tf.Tensor: shape=(), dtype=float32, numpy=2.0>
    """


class ConversionError(errors.ChainruleError, ValueError, TypeError):
    """A tensor cannot be made of this, or not of this dtype.

    >>> import chainrule.tf as tf
    >>> tf.constant(1.5, dtype=tf.int32)
    Traceback (most recent call last):
    chainrule.tf.errors.ConversionError: Cannot convert 1.5 to EagerTensor of dtype int32...

    >>> tf.constant(1.5)
    <tf.Tensor: shape=(), dtype=float32, numpy=1.5>
    """


class ArgumentError(errors.ArgumentError):
    """An argument does not make sense; TensorFlow's ValueError.

    >>> import chainrule.tf as tf
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(1.0)
    Traceback (most recent call last):
    chainrule.tf.errors.ArgumentError: Passed in object 1.0 of type 'float', not tf.Tensor or tf.Variable...

    >>> with tf.GradientTape() as tape:
    ...     tape.watch(tf.constant(1.0))
    """


class KindError(errors.ChainruleError, TypeError, AttributeError):
    """Something that is no tensor stands where one belongs; TensorFlow's TypeError or AttributeError.

    >>> import chainrule.tf as tf
    >>> w = tf.Variable(2.0)
    >>> with tf.GradientTape() as tape:
    ...     y = w * w
    >>> tape.gradient(y, "w")
    Traceback (most recent call last):
    chainrule.tf.errors.KindError: a gradient was asked by 'w', a str...

    >>> tape.gradient(y, w)
    <tf.Tensor: shape=(), dtype=float32, numpy=4.0>
    """


class TapeError(errors.TapeError, ValueError, AttributeError):
    """A tape was used in an order that has no meaning; TensorFlow's RuntimeError or ValueError.

    >>> import chainrule.tf as tf
    >>> w = tf.Variable(2.0)
    >>> with tf.GradientTape() as tape:
    ...     y = w * w
    >>> tape.gradient(y, w)
    <tf.Tensor: shape=(), dtype=float32, numpy=4.0>
    >>> tape.gradient(y, w)
    Traceback (most recent call last):
    chainrule.tf.errors.TapeError: A non-persistent GradientTape can only be used to compute one set of...
    """


class MixedExamplesError(errors.ChainruleError, ValueError):
    """`batch_jacobian` of a function in which one example's result depends on other examples.

    >>> import chainrule.tf as tf
    >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    >>> with tf.GradientTape(persistent=True) as tape:
    ...     tape.watch(x)
    ...     y = x * tf.reduce_sum(x)
    >>> tape.batch_jacobian(y, x)
    Traceback (most recent call last):
    chainrule.tf.errors.MixedExamplesError: the target mixes examples: what belongs to one example depends...

    >>> tape.jacobian(y, x).shape
    TensorShape([2, 2, 2, 2])
    """


class AssignmentError(errors.ImmutableError, RuntimeError):
    """A Tensor or a Variable was to be changed by `+=` or by item assignment.

    >>> import chainrule.tf as tf
    >>> v = tf.Variable(1.0)
    >>> v += 1.0
    Traceback (most recent call last):
    chainrule.tf.errors.AssignmentError: `variable += value` with `tf.Variable`s is not supported...

    >>> v.assign_add(1.0)
    <tf.Variable 'Variable:0' shape=() dtype=float32, numpy=2.0>
    """


class NotScalarError(errors.NotScalarError, TypeError):
    """One number, or a length, was asked of a tensor that has none.

    >>> import chainrule.tf as tf
    >>> bool(tf.constant([1.0, 2.0]))
    Traceback (most recent call last):
    chainrule.tf.errors.NotScalarError: The truth value of an array with more than one element is ambiguous...

    >>> bool(tf.reduce_any(tf.constant([1.0, 2.0]) > 1.5))
    True
    """


class GradientFunctionError(errors.ChainruleError, ValueError, TypeError):
    """A function under `tf.custom_gradient` does not keep its side of the contract.

    >>> import chainrule.tf as tf
    >>> @tf.custom_gradient
    ... def product(x, y):
    ...     return x * y, lambda upstream: upstream * y
    >>> x, y = tf.Variable(2.0), tf.Variable(3.0)
    >>> with tf.GradientTape() as tape:
    ...     z = product(x, y)
    >>> tape.gradient(z, x)
    Traceback (most recent call last):
    chainrule.tf.errors.GradientFunctionError: custom_gradient function expected to return 2 gradients, but...
    """
