"""The expression on one line of Unicode. (A placeholder until the printer is written.)"""


def text(expression):
    from chainrule.expressions.tree import walk

    done = {}
    for node in walk(expression):
        parts = [done[id(c.plain)] for c in node.children]
        label = getattr(node, "name", None) or str(getattr(node, "value", type(node).__name__))
        done[id(node.plain)] = f"{label}({', '.join(parts)})" if parts else label
    return done[id(expression.plain)]
