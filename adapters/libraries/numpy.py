"""numpy: arrays that are mapped from files, .npz files, iterators over arrays; arrays pickle.

| type | what travels | what does not |
|---|---|---|
| `memmap` | path, mode, offset, shape, order, dtype, whether it is writable; the values instead, if it is a view of another one, has no file (any more), or is a changed one of mode `c` | mode `w+` arrives as `r+`, which keeps what the file holds; that a file was replaced by one of the same size goes unnoticed |
| `NpzFile` | the path of a file, or all bytes of one in memory; allow_pickle, encoding, fix_imports, max_header_size | closed, or of another stream: refused |
| `busdaycalendar` | week mask, holidays | |
| `flatiter`, `broadcast` | the arrays, the position | that somebody else holds the same arrays |
| `Arrayterator` | the array, size of the buffer, the part that it goes over | |
| `finfo` | the type of number | |

A `memmap` pickles by itself, as an array without a file: the adapter takes precedence, so that both
processes have one file, and the memory of one host holds it once. Writing to one of mode `r+` is
seen by both.

Left out: `nditer`: its flags cannot be read back. `ufunc` objects of `frompyfunc`: their function
cannot be read back. `flagsobj`, the interface `ctypes` of an array: they do not say whose they are.
"""

from __future__ import annotations

import io
import mmap
import os
from collections import deque
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import Arrayterator
from numpy.lib.npyio import NpzFile

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_LARGE = 1 << 62


def _serialize_memmap(array: Any) -> Any:
    # What is a view knows the offset of the whole, not its own.
    mapped: Any = getattr(array, "_mmap", None)
    whole = isinstance(mapped, mmap.mmap) and array.base is mapped
    path = array.filename if whole else None
    if path is None or not os.path.isfile(path) or os.path.getsize(path) != mapped.size():
        return np.asarray(array)
    if not (array.flags.c_contiguous or array.flags.f_contiguous) or array.dtype.hasobject:
        return np.asarray(array)
    if array.mode == "c" and not _unchanged(array, path):
        return np.asarray(array)
    return (
        (existing(path), isinstance(path, Path)),
        "r+" if array.mode == "w+" else array.mode,
        array.offset,
        array.dtype,
        array.shape,
        "C" if array.flags.c_contiguous else "F",
        array.flags.writeable,
    )


def _unchanged(array: Any, path: Any) -> bool:
    there = np.memmap(path, np.uint8, "r", array.offset, (array.nbytes,))
    order = "C" if array.flags.c_contiguous else "F"
    here = np.asarray(array).reshape(-1, order=order).view(np.uint8)
    step = 1 << 20
    return all(
        np.array_equal(here[start : start + step], there[start : start + step])
        for start in range(0, array.nbytes, step)
    )


def _make_memmap(state: Any) -> Any:
    if isinstance(state, np.ndarray):
        return state.view(np.memmap)
    where, mode, offset, dtype, shape, order, writable = parts(
        state, tuple, str, int, np.dtype, tuple, str, bool
    )
    path, as_path = parts(where, str, bool)
    path = existing(path)
    parts(shape, *[int] * len(shape))
    size = dtype.itemsize
    for length in shape:
        size = size * length if 0 <= length < _LARGE else _LARGE
    # A file that is too short would be made longer.
    if not 0 <= offset <= offset + size <= os.path.getsize(path):
        raise ValueError(f"{path!r} does not hold {size} bytes from {offset} on")
    if mode not in ("r", "r+", "c") or order not in ("C", "F"):
        raise ValueError(f"{mode!r} is no mode of a memmap, or {order!r} no order")
    array = np.memmap(Path(path) if as_path else path, dtype, mode, offset, shape, order)
    if not writable:
        array.flags.writeable = False
    return array


def _serialize_npz(file: Any) -> Any:
    if file.zip is None:
        raise ValueError("the file has been closed")
    stream = file.zip.fp
    if isinstance(stream, io.BytesIO):
        where: Any = stream.getvalue()
    elif isinstance(stream, io.BufferedReader) and not isinstance(stream.name, int):
        where = existing(stream.name, stream.fileno())
    else:
        raise ValueError("only .npz files that were opened by their path, or BytesIO, travel")
    return (
        where,
        file.allow_pickle,
        getattr(file, "max_header_size", None),
        dict(file.pickle_kwargs),
    )


def _make_npz(state: Any) -> Any:
    where, allow, limit, settings = parts(
        state, (str, bytes, memoryview), bool, (int, type(None)), dict
    )
    keywords = {"allow_pickle": allow, **settings}
    if not settings.keys() <= {"encoding", "fix_imports"}:
        raise ValueError(f"the settings of an .npz file are encoding and fix_imports: {settings}")
    if limit is not None:
        keywords["max_header_size"] = limit
    source = existing(where) if isinstance(where, str) else io.BytesIO(where)
    file = np.load(source, **keywords)
    if not isinstance(file, NpzFile):
        raise ValueError("the file is no .npz file (any more)")
    return file


def _make_calendar(state: Any) -> Any:
    mask, holidays = parts(state, np.ndarray, np.ndarray)
    return np.busdaycalendar(mask, holidays)


def _at(iterator: Any, index: int, size: int) -> Any:
    if not 0 <= index <= size:
        raise ValueError(f"there is no position {index} among {size}")
    deque(islice(iterator, index), maxlen=0)
    return iterator


def _make_flatiter(state: Any) -> Any:
    array, index = parts(state, np.ndarray, int)
    return _at(array.flat, index, array.size)


def _make_broadcast(state: Any) -> Any:
    arrays, index = parts(state, list, int)
    parts(arrays, *[np.ndarray] * len(arrays))
    found = np.broadcast(*arrays)
    return _at(found, index, found.size)


def _serialize_arrayterator(one: Any) -> Any:
    return one.var, one.buf_size, list(one.start), list(one.stop), list(one.step)


def _make_arrayterator(state: Any) -> Any:
    array, size, *bounds = parts(state, object, (int, type(None)), list, list, list)
    if not hasattr(array, "shape") or (size is not None and size < 1):
        raise ValueError("an Arrayterator is over an array, with a buffer of 1 element at least")
    for each in bounds:
        parts(each, *[int] * len(array.shape))
    made: Any = Arrayterator(array, size)
    made.start, made.stop, made.step = (list(each) for each in bounds)
    return made


def _make_finfo(state: Any) -> Any:
    (kind,) = parts((state,), np.dtype)
    return np.finfo(kind)


register(np.memmap, _serialize_memmap, _make_memmap)
register(NpzFile, _serialize_npz, _make_npz)
register(np.busdaycalendar, lambda each: (each.weekmask, each.holidays), _make_calendar)
register(np.flatiter, lambda each: (each.base, each.index), _make_flatiter)
register(np.broadcast, lambda each: ([one.base for one in each.iters], each.index), _make_broadcast)
register(Arrayterator, _serialize_arrayterator, _make_arrayterator)
register(np.finfo, lambda each: each.dtype, _make_finfo)
