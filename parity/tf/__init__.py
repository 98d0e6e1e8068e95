"""TensorFlow's semantics, statement by statement: the same functions run against TensorFlow and against
chainrule.tf."""
