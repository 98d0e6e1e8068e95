"""JAX and TensorFlow: a function and its arguments, traced anew, since their finished arrays have no history.

`jaxprs` is the sole importer of JAX here, `tf_graphs` of TensorFlow.
"""
