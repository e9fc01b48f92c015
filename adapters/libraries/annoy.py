"""annoy: built indexes.

Share an index (`adapters.share`): its vectors are in the payload.

| type | what travels | what does not |
|---|---|---|
| `AnnoyIndex` | a built or loaded index, with its trees, as annoy saves it; its metric is found by a trial | an index that is not built is refused (its seed cannot be read back), and so is one of which distances fit several metrics |

What arrives is as annoy loads it: read-only. `save` of annoy, which is used, makes the original
read-only, too.
"""

from __future__ import annotations

import math
from typing import Any

import annoy

from adapters import register
from adapters.libraries._files import loaded, saved
from adapters.libraries._states import opened, parts, sealed

_PAIRS = 200  # of which distances are compared


def _norm(vector: Any) -> float:
    return math.sqrt(math.fsum(each * each for each in vector))


def _angular(one: Any, other: Any) -> float:
    norms = _norm(one) * _norm(other)
    cosine = _dot(one, other) / norms if norms else 0.0
    return math.sqrt(max(2 - 2 * cosine, 0))


def _dot(one: Any, other: Any) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _euclidean(one: Any, other: Any) -> float:
    return math.dist(one, other)


def _manhattan(one: Any, other: Any) -> float:
    return math.fsum(abs(a - b) for a, b in zip(one, other, strict=True))


def _hamming(one: Any, other: Any) -> float:
    return float(sum(a != b for a, b in zip(one, other, strict=True)))


_METRICS = {
    "angular": _angular,
    "euclidean": _euclidean,
    "manhattan": _manhattan,
    "hamming": _hamming,
    "dot": _dot,
}


def _metric(index: Any, data: Any) -> str:
    """The metric whose distances are those of the index; items of "hamming" are packed in a file."""
    count = index.get_n_items()
    step = max(1, count // _PAIRS)
    pairs = [(at, (at * 7 + step) % count) for at in range(0, count, step)]
    fits = []
    for name, metric in _METRICS.items():
        items = ((index.get_item_vector(one), index.get_item_vector(two)) for one, two in pairs)
        wanted = (metric(one, two) for one, two in items)
        near = (
            math.isclose(each, index.get_distance(*pair), rel_tol=1e-3, abs_tol=1e-3)
            for each, pair in zip(wanted, pairs, strict=True)
        )
        if all(near):
            fits.append(name)
    if len(fits) > 1:
        fits = [name for name in fits if _reads(data, index, name, pairs)]
    if len(fits) != 1:
        names = " and ".join(fits) or "no metric"
        raise ValueError(f"distances between items fit {names}, so the metric cannot be told")
    return fits[0]


def _reads(data: Any, index: Any, metric: str, pairs: Any) -> bool:
    """Whether an index of this metric reads the same items from the bytes."""
    other = annoy.AnnoyIndex(index.f, metric)
    try:
        loaded(data, other.load)
    except OSError:  # the size is wrong
        return False
    return other.get_n_items() == index.get_n_items() and all(
        other.get_item_vector(at) == index.get_item_vector(at) for at, _ in pairs
    )


def _index(index: Any) -> Any:
    if not index.get_n_trees():
        raise ValueError("the index is not built: its seed cannot be read back; build it first")
    data = saved(index.save)
    return index.f, _metric(index, data), sealed(data)


def _make_index(state: Any) -> Any:
    f, metric, data = parts(state, int, str, (tuple, list))
    if not 0 < f < 1 << 20 or metric not in _METRICS:
        raise ValueError(f"no index has {f} dimensions and the metric {metric!r}")
    made = annoy.AnnoyIndex(f, metric)
    loaded(opened(data), made.load)
    return made


register(annoy.AnnoyIndex, _index, _make_index)
