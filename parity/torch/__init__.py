"""PyTorch's semantics, statement by statement: the same functions run against PyTorch and against "
"chainrule.torch."""
