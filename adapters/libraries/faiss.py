"""faiss: indexes with their settings, transforms, quantizers, selectors, parameters and vectors.

Share an index (`adapters.share`): its vectors are in the payload.

| type | what travels | what does not |
|---|---|---|
| `IndexFlat`, `IndexFlatL2`, `IndexFlatIP`, `IndexHNSWFlat`, `IndexHNSWSQ`, `IndexIVFFlat`, `IndexIVFPQ`, `IndexIVFPQFastScan`, `IndexIVFScalarQuantizer`, `IndexPQ`, `IndexPQFastScan`, `IndexScalarQuantizer`, `IndexLSH`, `IndexIDMap`, `IndexIDMap2`, `IndexPreTransform`, `IndexRefineFlat`, `IndexNSGFlat`, `IndexResidualQuantizer`, `IndexBinaryFlat`, `IndexBinaryHNSW`, `IndexBinaryIVF`, `IndexBinaryIDMap` | the index as faiss writes it; settings that faiss, and its own pickle, forget, those of inner indexes, too | attributes of one's own; what faiss cannot write, and inverted lists in a file, are refused |
| `LinearTransform`, `PCAMatrix`, `OPQMatrix`, `ITQMatrix`, `ITQTransform`, `RandomRotationMatrix`, `NormalizationTransform`, `CenteringTransform`, `RemapDimensionsTransform` | all of it | |
| `ProductQuantizer` | all of it | one with an index that assigns is refused |
| `SearchParameters`, `SearchParametersIVF`, `SearchParametersHNSW`, `SearchParametersPQ`, `SearchParametersPreTransform`, `IVFPQSearchParameters`, `IndexRefineSearchParameters` | all settings, selectors and inner parameters | |
| `IDSelectorRange`, `IDSelectorArray`, `IDSelectorBitmap`, `IDSelectorAll`, `IDSelectorNot`, `IDSelectorAnd`, `IDSelectorOr`, `IDSelectorXOr` | all of it | |
| `ClusteringParameters`, `ProgressiveDimClusteringParameters`, `PolysemousTraining`, `SimulatedAnnealingParameters`, `Clustering`, `ClusteringIterationStats` | all of it | |
| `Float32Vector`, `Float64Vector`, `Int8Vector`, `Int16Vector`, `Int32Vector`, `Int64Vector`, `UInt8Vector`, `UInt16Vector`, `UInt32Vector`, `UInt64Vector` | all of it | |

All other classes of indexes that faiss writes are served, too. An index has a pickle of its own,
which forgets `max_codes`, `search_bounded_queue`, `cp` and others: this adapter takes precedence.

Left out: `IDSelectorBatch`: its ids cannot be read back. `IndexFlat1D`: faiss reads it as another
class. `ScalarQuantizer`, `ResidualQuantizer` and their kin: faiss writes them in an index only.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import faiss
import numpy as np

from adapters import register
from adapters.libraries._states import parts

# What faiss does not write with an index, and where in it such settings stand.
_NOT_WRITTEN = """
    verbose metric_arg max_codes parallel_mode polysemous_ht scan_table_threshold skip qbs implem
    do_polysemous_training use_precomputed_table quantizer_trains_alone by_residual centered qb
    is_orthonormal is_built init_level0 keep_max_size_level0 check_relative_distance is_similarity
    search_bounded_queue search_method use_beam_LUT niter_codebook_refine approx_topk_mode
    max_beam_size max_mem_distances train_type search_L ensure_topk_full
"""
_PLACES = """
    quantizer storage base_index refine_index index hnsw nsg pq refine_pq aq rq lsq prq plsq qnorm
    rrot rabitq q1 itq vt sq cp polysemous_training
"""
_SETTINGS, _INNER = _NOT_WRITTEN.split(), _PLACES.split()
_PLAIN = (bool, int, float, str)
_DEEPEST = 5  # an index in an index in an index


def _properties(kind: Any) -> list[str]:
    found = {
        name for each in kind.__mro__ for name, it in vars(each).items() if type(it) is property
    }
    return sorted(found - {"this", "thisown"})


def _held(obj: Any, name: str) -> Any:
    """The Python object that a pointer of `obj` points to: only it knows its class."""
    pointer = getattr(obj, name)
    if pointer is None:
        return None
    known: list[Any] = [*vars(obj).values()]
    for each in known:  # which grows
        known.extend(each.values() if isinstance(each, dict) else ())
        known.extend(each if isinstance(each, (list, tuple)) else ())
        if hasattr(each, "thisown") and int(each.this) == int(pointer.this):
            return each
    raise ValueError(f"{name} points to what no Python object holds, so its class is not known")


def _fields(obj: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in _properties(type(obj)):
        value = getattr(obj, name)
        if isinstance(value, _PLAIN):
            fields[name] = value
        elif type(value).__name__ in _VECTORS:
            fields[name] = faiss.vector_to_array(value)
        elif type(value).__name__ in _FIELDS:
            fields[name] = _fields(value)
        elif value is not None and not type(value).__name__.endswith("Vector"):
            fields[name] = _held(obj, name)
    return fields


def _fill(fresh: Any, fields: Any) -> Any:
    parts((fields,), dict)
    for name, value in fields.items():
        if name not in _properties(type(fresh)):
            raise ValueError(f"a {type(fresh).__name__} has no field {name!r}")
        there = getattr(fresh, name)
        if type(there).__name__ in _VECTORS:
            faiss.copy_array_to_vector(_array(value, faiss.vector_to_array(there).dtype), there)
        elif type(there).__name__ in _FIELDS:
            _fill(there, value)
        elif type(value) is type(there) or (
            there is None and type(value).__name__ in (*_SELECTORS, *_PARAMETERS)
        ):
            setattr(fresh, name, value)
        else:
            raise TypeError(f"{name} of {type(fresh).__name__} cannot be {value!r}")
    return fresh


def _array(value: Any, dtype: Any) -> Any:
    parts((value,), np.ndarray)
    if value.ndim != 1 or value.dtype != dtype:
        raise ValueError(f"a flat array of {dtype} is needed, not of {value.ndim} x {value.dtype}")
    return np.ascontiguousarray(value)


def _make(kind: Any, state: Any) -> Any:
    made = _fill(kind(), state)
    if isinstance(made, faiss.VectorTransform):
        d_in, d_out = made.d_in, made.d_out
        right = {"A": d_in * d_out, "b": d_out, "mean": d_in, "map": d_out}
        for name in right.keys() & {*_properties(kind)}:
            size = getattr(made, name).size()
            needed = made.is_trained and (name != "b" or made.have_bias)
            if size != right[name] and (size or needed):
                raise ValueError(f"{name} has {size} numbers instead of {right[name]}")
    return made


def _quantizer(quantizer: Any) -> Any:
    fields = _fields(quantizer)
    return tuple(fields.pop(name) for name in ("d", "M", "nbits")), fields


def _make_quantizer(state: Any) -> Any:
    (d, m, nbits), fields = parts(state, tuple, dict)
    parts((d, m, nbits), int, int, int)
    if d < 1 or m < 1 or d % m or not 0 <= nbits <= 16 or d << nbits > 1 << 32:
        raise ValueError(
            f"there is no product quantizer of {d} dimensions, {m} parts, {nbits} bits"
        )
    made = faiss.ProductQuantizer(d, m, nbits)
    derived = {n: getattr(made, n) for n in ("dsub", "ksub", "code_size")}
    _fill(made, fields)
    size = made.centroids.size()
    if {n: getattr(made, n) for n in derived} != derived or size != d * made.ksub:
        raise ValueError("sizes of the product quantizer, or its centroids, do not fit each other")
    return made


def _clustering(clustering: Any) -> Any:
    fields = _fields(clustering)
    stats = clustering.iteration_stats
    rounds = [_fields(stats.at(at)) for at in range(stats.size())]
    return fields.pop("d"), fields.pop("k"), fields, rounds


def _make_clustering(state: Any) -> Any:
    d, k, fields, rounds = parts(state, int, int, dict, list)
    made = _fill(faiss.Clustering(d, k), fields)
    for each in rounds:
        made.iteration_stats.push_back(_fill(faiss.ClusteringIterationStats(), each))
    if made.centroids.size() not in (0, d * k):
        raise ValueError(f"there are {made.centroids.size()} centroids instead of {d} x {k}")
    return made


def _inner(obj: Any, name: str) -> Any:
    inner = getattr(obj, name)
    if isinstance(inner, faiss.Index):
        return faiss.downcast_index(inner)
    return faiss.downcast_IndexBinary(inner) if isinstance(inner, faiss.IndexBinary) else inner


def _settings(obj: Any, depth: int = 0) -> dict[str, Any]:
    everything = type(obj).__name__ in _FIELDS and not isinstance(obj, faiss.VectorTransform)
    found: dict[str, Any] = {}
    for name in _properties(type(obj)):
        if name in _SETTINGS or everything:
            value = getattr(obj, name)
            if isinstance(value, _PLAIN):
                found[name] = value
        elif name == "sdc_table":  # of distances between centroids
            found[name] = obj.sdc_table.size() > 0
        elif name in _INNER and depth < _DEEPEST:
            inner = _inner(obj, name)
            if hasattr(inner, "thisown") and (more := _settings(inner, depth + 1)):
                found[name] = more
    return found


def _set(obj: Any, settings: Any, depth: int = 0) -> None:
    parts((settings,), dict)
    known = _settings(obj, depth)
    for name, value in settings.items():
        if name not in known or type(value) is not type(known[name]):
            raise ValueError(f"a {type(obj).__name__} has no setting {name!r} like {value!r}")
        if isinstance(value, dict):
            _set(_inner(obj, name), value, depth + 1)
        elif value != known[name]:
            if name == "sdc_table":
                obj.compute_sdc_table()
                continue
            setattr(obj, name, value)
            if name == "use_precomputed_table":
                obj.precompute_table()
                setattr(obj, name, value)
    if hasattr(obj, "fine_quantizer") and obj.fine_quantizer is None:  # faiss forgets it
        obj.fine_quantizer = getattr(obj, "pq", None) or getattr(obj, "aq", None)


def _call(name: str, binary: bool) -> Any:
    return getattr(faiss, f"{name}_index{'_binary' * binary}")


def _index(index: Any) -> Any:
    binary = isinstance(index, faiss.IndexBinary)
    lists = getattr(index if binary else faiss.try_extract_index_ivf(index), "invlists", None)
    lists = faiss.downcast_InvertedLists(lists) if lists else None
    if isinstance(lists, faiss.OnDiskInvertedLists):
        raise ValueError(f"the inverted lists are in {lists.filename}: open it in each process")
    return _call("serialize", binary)(index), _settings(index)


def _make_index(kind: Any, state: Any) -> Any:
    data, settings = parts(state, (np.ndarray, bytes, memoryview), dict)
    data = np.frombuffer(data, np.uint8)
    made = _call("deserialize", issubclass(kind, faiss.IndexBinary))(data)
    if not isinstance(made, kind):
        raise ValueError(f"the bytes are no {kind.__name__}, but a {type(made).__name__}")
    made.__class__ = kind
    _set(made, settings)
    return made


def _selector(selector: Any) -> Any:
    if hasattr(selector, "lhs"):
        return _held(selector, "lhs"), _held(selector, "rhs")
    if hasattr(selector, "sel"):
        return (_held(selector, "sel"),)
    if hasattr(selector, "imin"):
        return selector.imin, selector.imax, selector.assume_sorted
    pointer = getattr(selector, "ids", None) or getattr(selector, "bitmap", None)
    return () if pointer is None else (faiss.rev_swig_ptr(pointer, selector.n).copy(),)


_KINDS: dict[str, tuple[Any, ...]] = {
    "IDSelectorRange": (int, int, bool),
    "IDSelectorArray": (np.dtype(np.int64),),
    "IDSelectorBitmap": (np.dtype(np.uint8),),
    "IDSelectorAll": (),
    **{f"IDSelector{name}": (faiss.IDSelector,) * 2 for name in ("And", "Or", "XOr")},
    "IDSelectorNot": (faiss.IDSelector,),
}


def _make_selector(kind: Any, state: Any) -> Any:
    kinds = _KINDS[kind.__name__]
    parts(state, *[np.ndarray if isinstance(each, np.dtype) else each for each in kinds])
    if state and isinstance(state[0], np.ndarray):
        return kind(_array(state[0], kinds[0]))
    return kind(*state)


def _make_vector(kind: Any, state: Any) -> Any:
    made = kind()
    faiss.copy_array_to_vector(_array(state, faiss.vector_to_array(made).dtype), made)
    return made


def _names_of(base: Any) -> list[str]:
    kinds = [kind for kind in vars(faiss).values() if isinstance(kind, type)]
    return [kind.__name__ for kind in kinds if issubclass(kind, base)]


_VECTORS = [
    f"{name}Vector"
    for name in ("Float32", "Float64", *(f"{u}Int{n}" for u in ("", "U") for n in (8, 16, 32, 64)))
]
_SELECTORS = [*_KINDS]
_PARAMETERS = _names_of(faiss.SearchParameters)
_NAMES = """
    LinearTransform PCAMatrix OPQMatrix ITQMatrix ITQTransform RandomRotationMatrix
    NormalizationTransform CenteringTransform RemapDimensionsTransform HadamardRotation
    ClusteringParameters ProgressiveDimClusteringParameters SuperKMeansParameters
    PolysemousTraining SimulatedAnnealingParameters ClusteringIterationStats
"""
_FIELDS = _NAMES.split()


def _register(names: Any, serialize: Any, make: Any) -> None:
    for name in names:
        if kind := getattr(faiss, name, None):
            register(kind, serialize, partial(make, kind))


_INDEXES = {*_names_of(faiss.Index), *_names_of(faiss.IndexBinary)}
_register(_INDEXES - {"IndexFlat1D", "Index", "IndexBinary"}, _index, _make_index)
_register(_VECTORS, faiss.vector_to_array, _make_vector)
_register(_SELECTORS, _selector, _make_selector)
_register({*_PARAMETERS, *_FIELDS}, _fields, _make)
register(faiss.ProductQuantizer, _quantizer, _make_quantizer)
register(faiss.Clustering, _clustering, _make_clustering)
