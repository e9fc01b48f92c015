"""hnswlib: indexes by brute force; those of graphs pickle by themselves.

Share an index (`adapters.share`): its vectors are in the payload.

| type | what travels | what does not |
|---|---|---|
| `BFIndex` | space, found by a trial, vectors and labels, capacity, threads | an empty index, and one of which distances fit several spaces, is refused |

Vectors of the space "cosine" are normalised again, so that the last bit of a number may change.

Left out: `Index`: its own pickle keeps all of it.
"""

from __future__ import annotations

from typing import Any

import hnswlib
import numpy as np

from adapters import register
from adapters.libraries._files import saved
from adapters.libraries._states import parts

_SPACES = ("l2", "ip", "cosine")
_HEAD = np.dtype(np.uint64).itemsize * 3  # of a saved index: capacity, bytes an item, items
_LABEL = np.dtype(np.uint64).itemsize
_MOST = 1 << 40  # bytes


def _index(index: Any) -> Any:
    if not index.get_current_count():
        raise ValueError("an empty index does not tell its space: make it where it is used")
    data = saved(index.save_index)
    capacity, size, count = (int(each) for each in np.frombuffer(data[:_HEAD], np.uint64))
    kind = np.dtype([("vector", np.float32, (size - _LABEL) // 4), ("label", np.uint64)])
    items = np.frombuffer(data, kind, count, _HEAD)
    vectors, labels = items["vector"].copy(), items["label"].copy()
    return _space(index, vectors, labels), capacity, index.num_threads, vectors, labels


def _space(index: Any, vectors: Any, labels: Any) -> str:
    """The space whose distances are those of the index."""
    count, dim = vectors.shape
    probe = np.arange(1, dim + 1, dtype=np.float32) * (1 + np.abs(vectors).max())
    found, distances = index.knn_query(probe, count)
    order = np.argsort(labels)
    near = vectors[order[np.searchsorted(labels, found[0], sorter=order)]].astype(float)
    expected = {
        "l2": ((near - probe) ** 2).sum(1),
        "ip": 1 - near @ probe,
        "cosine": 1 - near @ (probe / np.linalg.norm(probe)),
    }
    fits = [name for name, each in expected.items() if np.allclose(each, distances[0], 1e-3, 1e-4)]
    if len(fits) != 1:
        raise ValueError(
            f"the distances are those of {fits or 'no'} spaces: its space is not known"
        )
    return fits[0]


def _make_index(state: Any) -> Any:
    space, capacity, threads, vectors, labels = parts(state, str, int, int, np.ndarray, np.ndarray)
    if space not in _SPACES or vectors.dtype != np.float32 or vectors.ndim != 2:
        raise ValueError(f"vectors of float32 in one of the spaces {_SPACES} are needed")
    count, dim = vectors.shape
    if labels.shape != (count,) or labels.dtype != np.uint64 or len({*labels.tolist()}) != count:
        raise ValueError("each vector needs a label of its own")
    if not 0 < count <= capacity <= _MOST // (4 * dim + _LABEL) or not 0 < threads <= 1024:
        raise ValueError(f"{count} vectors, a capacity of {capacity}, {threads} threads: no index")
    made = hnswlib.BFIndex(space, dim)
    made.init_index(capacity)
    made.set_num_threads(threads)
    made.add_items(np.array(vectors), np.array(labels))
    return made


register(hnswlib.BFIndex, _index, _make_index)
