"""Reading a graph: what lies between a value and its inputs, what the user calls it, one record a link.

`graph` reads our own graph; `names` and `source` find the user's words; `record` is what a link looks like
whatever framework it came from; `sweep` fills the records in; `spine` finds the blocks.
"""

from chainrule.explanations.collect.graph import Graph, agree, node_of, norm, pulled, rounding, unreachable

__all__ = ["Graph", "agree", "node_of", "norm", "pulled", "rounding", "unreachable"]
