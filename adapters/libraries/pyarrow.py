"""pyarrow: options, codecs, tensors, and buffers that are read.

| type | what travels | what does not |
|---|---|---|
| `ArraySortOptions`, `AssumeTimezoneOptions`, `CastOptions`, `CountOptions`, `CumulativeOptions`, `DayOfWeekOptions`, `DictionaryEncodeOptions`, `ElementWiseAggregateOptions`, `ExtractRegexOptions`, `ExtractRegexSpanOptions`, `FilterOptions`, `IndexOptions`, `InversePermutationOptions`, `JoinOptions`, `ListFlattenOptions`, `ListSliceOptions`, `MakeStructOptions`, `MapLookupOptions`, `MatchSubstringOptions`, `ModeOptions`, `NullOptions`, `PadOptions`, `PairwiseOptions`, `PartitionNthOptions`, `PivotWiderOptions`, `QuantileOptions`, `RandomOptions`, `RankOptions`, `RankQuantileOptions`, `ReplaceSliceOptions`, `ReplaceSubstringOptions`, `RoundBinaryOptions`, `RoundOptions`, `RoundTemporalOptions`, `RoundToMultipleOptions`, `RunEndEncodeOptions`, `ScalarAggregateOptions`, `ScatterOptions`, `SearchSortedOptions`, `SelectKOptions`, `SetLookupOptions`, `SkewOptions`, `SliceOptions`, `SortOptions`, `SplitOptions`, `SplitPatternOptions`, `StrftimeOptions`, `StrptimeOptions`, `StructFieldOptions`, `TDigestOptions`, `TakeOptions`, `TrimOptions`, `Utf8NormalizeOptions`, `VarianceOptions`, `WeekOptions`, `WinsorizeOptions`, `ZeroFillOptions` | all that Arrow writes of them | |
| `Codec` | name, compression level | |
| `Tensor`, `SparseCOOTensor`, `SparseCSRMatrix`, `SparseCSCMatrix` | data, shape, names of dimensions | |
| `BufferReader` | its bytes, and the position | closed: refused |
| `FileInfo`, `FileSelector` | path, type, size, time; folder, recursion | |
| `WriteOptions`, `IpcWriteOptions`, `IpcReadOptions` | each option (of CSV, of IPC) | |

Tables, arrays, schemas, types, datasets, fragments, expressions and file systems pickle.

Left out: `ParquetFile`, `OSFile`, `MemoryMappedFile`, `RecordBatchFileReader`: their path cannot be
seen: send it, or a `pyarrow.dataset`. `RecordBatchReader`: it is used up by reading; send its table.
`Scanner`, `Declaration`, `RowGroupMetaData`, `Statistics`: send the dataset, or `FileMetaData`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, csv, fs

from adapters import register
from adapters.libraries._states import opened, parts, sealed

_NONE = type(None)


def _serialize_options(options: Any) -> Any:
    data = options.serialize()
    if type(compute.FunctionOptions.deserialize(data)) is not type(options):
        raise ValueError(f"Arrow does not read {type(options).__name__} back as what they are")
    return sealed(bytes(data))


def _make_options(state: Any) -> Any:
    # Arrow ends the process when such bytes are damaged.
    return compute.FunctionOptions.deserialize(pa.py_buffer(opened(state)))


def _serialize_codec(codec: Any) -> Any:
    return codec.name, codec.compression_level


def _make_codec(state: Any) -> Any:
    name, level = parts(state, str, (int, _NONE))
    return pa.Codec(name, compression_level=level)


def _serialize_tensor(tensor: Any) -> Any:
    return np.array(tensor.to_numpy(), order="K", copy=True), list(tensor.dim_names)


def _make_tensor(state: Any) -> Any:
    data, names = parts(state, np.ndarray, list)
    parts(names, *[str] * data.ndim) if names else None
    return pa.Tensor.from_numpy(data, names or None)


def _serialize_sparse(tensor: Any) -> Any:
    arrays = [np.array(each, copy=True) for each in tensor.to_numpy()]
    return arrays, tuple(tensor.shape), list(tensor.dim_names)


def _sparse(kind: Any) -> Any:
    count = 2 if kind is pa.SparseCOOTensor else 3

    def make(state: Any) -> Any:
        arrays, shape, names = parts(state, list, tuple, list)
        parts(arrays, *[np.ndarray] * count)
        parts(shape, *[int] * len(shape))
        if names:
            parts(names, *[str] * len(shape))
        _require_places(arrays, shape, coordinates=count == 2)
        return kind.from_numpy(*(each.copy() for each in arrays), shape, names or None)

    return make


def _require_places(arrays: Any, shape: Any, coordinates: bool) -> None:
    """Arrow does not look whether the places of values are in the shape."""
    values, first, *rest = arrays
    if min(shape, default=0) < 0 or any(each.dtype.kind not in "iu" for each in (first, *rest)):
        raise ValueError(f"a tensor has no shape {shape}, or places that are no integers")
    if coordinates:
        good = first.shape == (len(values), len(shape))
        good = good and bool(((first >= 0) & (first < np.array(shape))).all())
    else:
        bounds, indices = np.ravel(first), np.ravel(rest[0])
        good = len(shape) == 2 and len(bounds) - 1 in shape and len(indices) == len(values)
        good = good and bounds[0] == 0 and bounds[-1] == len(values)
        good = good and bool((np.diff(bounds) >= 0).all()) and bool((indices >= 0).all())
        good = good and bool((indices < max(shape)).all())
    if not good:
        raise ValueError(f"the places of {len(values)} values are not in the shape {shape}")


def _serialize_reader(reader: Any) -> Any:
    if reader.closed:
        raise ValueError("the reader has been closed")
    return bytes(reader.read_at(reader.size(), 0)), reader.tell()


def _make_reader(state: Any) -> Any:
    data, position = parts(state, bytes, int)
    if not 0 <= position <= len(data):
        raise ValueError(f"{len(data)} bytes have no position {position}")
    reader = pa.BufferReader(data)
    reader.seek(position)
    return reader


def _serialize_info(info: Any) -> Any:
    return info.path, int(info.type.value), info.mtime_ns, info.size


def _make_info(state: Any) -> Any:
    path, kind, time, size = parts(state, str, int, (int, _NONE), (int, _NONE))
    if not 0 <= kind <= 3:
        raise ValueError(f"there is no type of files {kind}")
    return fs.FileInfo(path, fs.FileType(kind), mtime_ns=time, size=size)


def _serialize_selector(selector: Any) -> Any:
    return selector.base_dir, selector.allow_not_found, selector.recursive


def _make_selector(state: Any) -> Any:
    return fs.FileSelector(*parts(state, str, bool, bool))


def _options(kind: Any) -> tuple[Any, Any]:
    """Serializer and factory of options that are attributes."""
    names = [name for name in dir(kind) if not name.startswith("_") and name != "validate"]

    def serialize(options: Any) -> Any:
        found = {name: getattr(options, name) for name in names}
        return {name: [*value] if type(value) is list else value for name, value in found.items()}

    def make(state: Any) -> Any:
        if not isinstance(state, dict) or state.keys() - set(names):
            raise ValueError(f"the options of {kind.__name__} are {', '.join(names)}")
        options = kind()
        for name, value in state.items():
            if type(value) is not type(getattr(options, name)) and name != "compression":
                raise TypeError(f"{name} cannot be {value!r}")
            setattr(options, name, value)
        return options

    return serialize, make


_NOT_READ_BACK = ("FunctionOptions", "CumulativeSumOptions")
for _name in sorted({name for name in dir(compute) if name.endswith("Options")}):
    if _name not in _NOT_READ_BACK:
        register(getattr(compute, _name), _serialize_options, _make_options)
for _type in (pa.SparseCOOTensor, pa.SparseCSRMatrix, pa.SparseCSCMatrix):
    register(_type, _serialize_sparse, _sparse(_type))
for _type in (csv.WriteOptions, pa.ipc.IpcWriteOptions, pa.ipc.IpcReadOptions):
    register(_type, *_options(_type))
register(pa.Codec, _serialize_codec, _make_codec)
register(pa.Tensor, _serialize_tensor, _make_tensor)
register(pa.BufferReader, _serialize_reader, _make_reader)
register(fs.FileInfo, _serialize_info, _make_info)
register(fs.FileSelector, _serialize_selector, _make_selector)
