"""Where the boxes of a graph stand: columns from the inputs to the value, few crossings.

The layered drawing of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures" (1981): layers by longest path, points where a link crosses a layer, rows by barycentres.
"""

_SWEEPS = 12


def columns(parents):
    """The column of every node: one more than the last of its parents; an input stands just before its first use.

    Args:
        parents: for every node, in an order in which parents come first, the numbers of its parents.

    >>> columns([[], [], [0], [1, 2]])  # the input 1 is used late, so it stands late
    [0, 1, 1, 2]
    """
    column = [0] * len(parents)
    for node, above in enumerate(parents):
        column[node] = max((column[parent] + 1 for parent in above), default=0)
    first_use = {}
    for node, above in enumerate(parents):
        for parent in above:
            first_use[parent] = min(first_use.get(parent, column[node]), column[node])
    return [first_use.get(node, 1) - 1 if not parents[node] else c for node, c in enumerate(column)]


def placed(parents):
    """A column and a row for every node, and for every link the points it passes between its ends.

    Args:
        parents: as for `columns`; a parent that occurs twice has two links.

    Returns:
        `(positions, routes)`: a list of `(column, row)`, and for every link, node by node and parent by
        parent, a list of the `(column, row)` that it goes through. Rows are numbers centred on 0.

    >>> placed([[], [0], [1]])
    ([(0, 0.0), (1, 0.0), (2, 0.0)], [[], []])
    """
    column = columns(parents)
    layers = [[] for _ in range(max(column, default=0) + 1)]
    for node, c in enumerate(column):
        layers[c].append(node)
    neighbours: dict = {node: ([], []) for node in range(len(parents))}
    routes = []
    for node, above in enumerate(parents):
        for parent in above:
            route, previous = [], parent
            for c in range(column[parent] + 1, column[node]):
                point = ("point", len(routes), c)
                layers[c].append(point)
                neighbours[point] = ([], [])
                _join(neighbours, previous, point)
                route.append(point)
                previous = point
            _join(neighbours, previous, node)
            routes.append(route)
    rows = _ordered(layers, neighbours)
    return [(column[node], rows[node]) for node in range(len(parents))], [
        [(point[2], rows[point]) for point in route] for route in routes
    ]


def _join(neighbours, left, right):
    neighbours[left][1].append(right)
    neighbours[right][0].append(left)


def _ordered(layers, neighbours):
    """Rows: each layer sorted by the mean row of its neighbours, in sweeps to and fro; the best order is kept."""
    rows, best = {}, None
    for layer in layers:
        _number(layer, rows)
    for sweep in range(_SWEEPS):
        side = sweep % 2
        for layer in layers if side == 0 else reversed(layers):
            layer.sort(key=lambda item: _mean([rows[n] for n in neighbours[item][side]], rows[item]))
            _number(layer, rows)
        crossings = sum(_crossings(layer, neighbours, rows) for layer in layers)
        if best is None or crossings < best[0]:
            best = crossings, dict(rows)
    return best[1] if best else rows


def _number(layer, rows):
    for i, item in enumerate(layer):
        rows[item] = i - (len(layer) - 1) / 2


def _mean(numbers, otherwise):
    return sum(numbers) / len(numbers) if numbers else otherwise


def _crossings(layer, neighbours, rows):
    """How many pairs of links to the next layer cross."""
    links = sorted((rows[item], rows[right]) for item in layer for right in neighbours[item][1])
    return sum(one[1] > other[1] for i, one in enumerate(links) for other in links[i + 1 :] if one[0] < other[0])
