"""igraph: vertices, edges and sequences of them, in their graph.

| type | what travels | what does not |
|---|---|---|
| `Vertex`, `Edge` | the whole graph that it is in, and its index there | nothing |
| `VertexSeq`, `EdgeSeq` | the whole graph, and which of its vertices or edges | nothing |
| `ARPACKOptions` | `tol` and `maxiter`, which can be set | figures of the last run |

Parts of one graph in one message arrive in one graph. A sequence of all vertices arrives as
`graph.vs`, which has those that are added later, too.

Left out: `BFSIter`, `DFSIter`: what they have visited cannot be read. `Graph`, `Layout`,
`VertexClustering` and the other results pickle by themselves.
"""

from __future__ import annotations

from typing import Any

import igraph

from adapters import register
from adapters.libraries._states import parts


def _place(index: int, sequence: Any) -> Any:
    if not 0 <= index < len(sequence):
        raise ValueError(f"{index} is no index among {len(sequence)} of the graph")
    return sequence[index]


def _vertex(state: Any) -> Any:
    graph, index = parts(state, igraph.Graph, int)
    return _place(index, graph.vs)


def _edge(state: Any) -> Any:
    graph, index = parts(state, igraph.Graph, int)
    return _place(index, graph.es)


def _checked(part: Any, sequence: Any) -> tuple[Any, int]:
    if part.index >= len(sequence):
        raise ValueError(
            f"the graph of this {type(part).__name__} has no index {part.index} any more"
        )
    return part.graph, part.index


def _sequence_state(sequence: Any) -> tuple[Any, list[int] | None]:
    indices = [*sequence.indices]
    everything = range(len(type(sequence)(sequence.graph)))
    return sequence.graph, None if indices == [*everything] else indices


def _sequence(kind: Any, state: Any) -> Any:
    graph, indices = parts(state, igraph.Graph, (list, type(None)))
    everything = kind(graph)
    if indices is None:
        return everything
    if any(type(each) is not int or not 0 <= each < len(everything) for each in indices):
        raise ValueError(f"the indices have to be below the {len(everything)} of the graph")
    return kind(graph, indices)


def _options(state: Any) -> Any:
    tol, maxiter = parts(state, float, int)
    if not 0 <= maxiter < 2**31:
        raise ValueError(f"{maxiter} is no number of iterations")
    options = igraph.ARPACKOptions()
    options.tol, options.maxiter = tol, maxiter
    return options


register(igraph.Vertex, lambda vertex: _checked(vertex, vertex.graph.vs), _vertex)
register(igraph.Edge, lambda edge: _checked(edge, edge.graph.es), _edge)
register(igraph.VertexSeq, _sequence_state, lambda state: _sequence(igraph.VertexSeq, state))
register(igraph.EdgeSeq, _sequence_state, lambda state: _sequence(igraph.EdgeSeq, state))
register(igraph.ARPACKOptions, lambda options: (options.tol, options.maxiter), _options)
