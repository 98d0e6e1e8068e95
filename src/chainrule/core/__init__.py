"""The engine: one node, the kinds of primitive, and the chain rule, written once.

NumPy and the standard library only. Reading order: `primitive` (the contract of a room), `node`,
`record` (how a call becomes a link), `reverse` and `forward` (the two walks), `tensor` (the handle
that users hold).
"""
