"""The vertices, edges and sequences of igraph."""

import pytest
from kit import check_examples

import adapters

igraph = pytest.importorskip("igraph")


def graph():
    made = igraph.Graph([(0, 1), (1, 2), (2, 0), (2, 3)], directed=True)
    made["name"] = "g"
    made.vs["label"] = ["a", "b", "c", "d"]
    made.es["weight"] = [1, 2, 3, 4]
    return made


def vertex():
    return graph().vs[2]


def edge():
    return graph().es[3]


def vertices():
    return graph().vs


def some_vertices():
    return graph().vs[[3, 0]]


def no_vertices():
    return graph().vs.select([])


def edges():
    return graph().es


def heavy_edges():
    return graph().es.select(weight_gt=2)


def options():
    made = igraph.ARPACKOptions()
    made.tol, made.maxiter = 0.25, 77
    return made


TYPES = {
    "Vertex": [vertex],
    "Edge": [edge],
    "VertexSeq": [vertices, some_vertices, no_vertices],
    "EdgeSeq": [edges, heavy_edges],
    "ARPACKOptions": [options],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_parts_of_one_graph_arrive_in_one():
    here = graph()
    sent = [here.vs[1], here.es[2], here, here.vs, here.es[1:3]]
    one, other, there, every, some = adapters.loads(adapters.dumps(sent))
    assert one.graph is other.graph is there is every.graph is some.graph
    assert (one["label"], other["weight"], some["weight"]) == ("b", 3, [2, 3])
    there.add_vertices(1)
    assert len(every) == 5


def test_a_vertex_that_was_deleted_is_refused():
    here = graph()
    last = here.vs[3]
    here.delete_vertices([3])
    with pytest.raises(adapters.SerializeError, match="no index 3"):
        adapters.dumps(last)
