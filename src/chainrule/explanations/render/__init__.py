"""An explanation in words and pictures: the chain of a scalar, the report of a network, HTML, JSON."""
