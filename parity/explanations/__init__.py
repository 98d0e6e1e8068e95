"""Explanations of finished PyTorch, JAX and TensorFlow computations, beside their own gradients."""
