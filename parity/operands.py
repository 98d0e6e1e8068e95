"""What the tables of operations of both fronts compute with."""

LEAVES = {
    "a": [[0.3, -1.2, 0.8], [1.7, 0.4, -0.6]],
    "b": [[1.1, 0.7, -0.9], [-0.5, 1.9, 0.2]],
    "c": [[0.6, -0.4, 1.3], [0.9, -1.5, 0.5]],
    "p": [[0.3, 0.6, 0.45], [0.7, 0.25, 0.55]],
    "s": [[2.0, 0.3, -0.1], [0.4, 1.5, 0.2], [-0.3, 0.1, 1.8]],
    "v": [0.5, -0.8, 1.4],
    "w": [1.2, 0.3, -0.7],
    "n": 1.7,
}
INDEX = [[2, 0, 1], [1, 2, 0]]
MASK = [[True, False, True], [False, True, True]]


def expressions(groups):
    """The expressions of all groups: texts, in which a line or a semicolon ends one."""
    lines = (line for group in groups.values() for line in group.strip().splitlines())
    return [one.strip() for line in lines for one in line.split(";") if one.strip()]
