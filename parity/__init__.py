"""The same values and gradients in PyTorch, JAX and TensorFlow: `make parity`.

The tests are written once, over every primitive and every transform. What they compare with is data:
`counterparts` says how the peers spell a primitive, or why one has none; `conventions` says where a
peer chooses otherwise on purpose, and why. A new primitive that is in neither list fails.
"""
