"""PyTorch: the sole importer of it here. Loaded only when the user's value is a torch Tensor.

`graph` reads a finished loss, `inputs` finds what the user asked about and what it is called, `capture` watches a
forward pass, `nodes` knows PyTorch's nodes.
"""
