"""Boxes do not stand on each other, links lead to the right, and the simple graphs are drawn without crossings."""

from hypothesis import given
from hypothesis import strategies as st

from chainrule.studio import programs
from chainrule.studio.layout import placed


@st.composite
def graphs(draw):
    size = draw(st.integers(1, 12))
    return [draw(st.lists(st.integers(0, node - 1), max_size=3)) if node else [] for node in range(size)]


@given(graphs())
def test_any_graph(parents):
    positions, routes = placed(parents)
    links = [(parent, node) for node, above in enumerate(parents) for parent in above]
    assert len(routes) == len(links)
    everything = positions + [point for route in routes for point in route]
    assert len(set(everything)) == len(everything)
    for (parent, node), route in zip(links, routes):
        columns = [positions[parent][0], *[column for column, _ in route], positions[node][0]]
        assert columns == list(range(columns[0], columns[-1] + 1)) and len(columns) > 1


def test_the_neuron_is_drawn_without_crossings():
    replay = programs.run("neuron")
    ends = [(replay["nodes"][link["from"]], replay["nodes"][link["to"]]) for link in replay["links"]]
    for one in ends:
        for other in ends:
            if one[0]["column"] == other[0]["column"] and one[0]["row"] < other[0]["row"]:
                assert one[1]["row"] <= other[1]["row"]
