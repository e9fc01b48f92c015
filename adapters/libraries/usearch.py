"""usearch: indexes.

Share an index (`adapters.share`): its vectors are in the payload.

| type | what travels | what does not |
|---|---|---|
| `Index` | the vectors and their graph as usearch saves them, and the expansions of adding and search | the path that it was loaded from; a metric of one's own is refused |

Left out: `Indexes`: it does not tell what it merged.
"""

from __future__ import annotations

from typing import Any

from usearch.index import Index, MetricKind, ScalarKind

from adapters import register
from adapters.libraries._states import opened, parts, sealed

_MOST = 1 << 31


def _index(index: Any) -> Any:
    if index.jit:
        raise ValueError("the metric is a compiled function, an address: make the index there")
    settings = index.ndim, index.metric_kind.name, index.dtype.name, index.multi
    expansions = index.connectivity, index.expansion_add, index.expansion_search
    data = index._compiled.save_index_to_buffer(None)  # `save` may write the file at its path
    return settings, expansions, sealed(bytes(data))


def _make_index(state: Any) -> Any:
    settings, expansions, data = parts(state, tuple, tuple, (tuple, list))
    connectivity, add, search = parts(expansions, int, int, int)
    ndim, metric, dtype, multi = parts(settings, int, str, str, bool)
    if not 0 < ndim < _MOST or not all(0 < each < _MOST for each in expansions):
        raise ValueError(f"no index has {ndim} dimensions and expansions {expansions}")
    if metric not in MetricKind.__members__ or dtype not in ScalarKind.__members__:
        raise ValueError(f"usearch has no metric {metric!r}, or no numbers of {dtype!r}")
    made = Index(
        ndim=ndim,
        metric=MetricKind.__members__[metric],
        dtype=ScalarKind.__members__[dtype],
        connectivity=connectivity,
        expansion_add=add,
        expansion_search=search,
        multi=multi,
    )
    made.load(bytes(opened(data)))
    kind = made.ndim, made.metric_kind.name, made.dtype.name, made.multi
    if kind != tuple(settings) or made.connectivity != connectivity:
        raise ValueError(f"the index is of {kind}, and not of {settings}")
    return made


register(Index, _index, _make_index)
