"""Functions of functions: grad, vjp, jvp, jacobian, hessian, hvp, check_grads, and the tape.

All of them record the function once (`trace`) and walk the graph backward or forward.
"""
