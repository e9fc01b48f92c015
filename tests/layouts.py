"""Buffers of each layout, made by CPython's C API: what numpy, Eigen or PIL may export."""

from __future__ import annotations

import ctypes
import itertools
import math
from collections.abc import Sequence
from typing import Any

LAYOUTS = ("C", "column-major", "strided", "reversed", "indirect")
FORMATS = {"B": 1, "c": 1, "?": 1, "h": 2, "d": 8, ">i": 4, "<q": 8, "Zd": 16, "T{<i:a:>d:b:}": 12}

# All that was made, since views of a view do not hold it. And before Python 3.12.7 the collector
# crashes on garbage that holds a view and a PickleBuffer over it (python/cpython#77894).
_kept: list[Any] = []


class _PyBuffer(ctypes.Structure):
    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    )


def laid_out(
    content: bytes, shape: Sequence[int], layout: str, format_: str = "B", readonly: bool = False
) -> memoryview:
    """A view of this shape whose items, in C order, are `content`."""
    itemsize = FORMATS[format_]
    assert len(content) == math.prod(shape) * itemsize
    count = len(shape)
    strides = [0] * count
    step = itemsize * (3 if layout == "strided" else 1)
    for axis in range(count) if layout == "column-major" else reversed(range(count)):
        strides[axis] = step
        step *= max(shape[axis], 1)
    memory = ctypes.create_string_buffer(max(step, 1))
    start = ctypes.addressof(memory)
    suboffsets = None
    _kept.append(memory)
    if layout == "reversed":
        start += sum(stride * max(n - 1, 0) for stride, n in zip(strides, shape, strict=True))
        strides = [-stride for stride in strides]
    for index, at in enumerate(itertools.product(*map(range, shape))):
        offset = sum(stride * n for stride, n in zip(strides, at, strict=True))
        item = content[index * itemsize : (index + 1) * itemsize]
        ctypes.memmove(start + offset, item, itemsize)
    if layout == "indirect" and count > 1:  # an array of pointers to rows, as PIL has
        rows = (ctypes.c_void_p * shape[0])(*(start + n * strides[0] for n in range(shape[0])))
        start, strides[0] = ctypes.addressof(rows), ctypes.sizeof(ctypes.c_void_p)
        suboffsets = (ctypes.c_ssize_t * count)(0, *[-1] * (count - 1))
        _kept.append(rows)
    info = _PyBuffer(
        start,
        None,
        len(content),
        itemsize,
        readonly,
        count,
        format_.encode(),
        (ctypes.c_ssize_t * count)(*shape),
        (ctypes.c_ssize_t * count)(*strides),
        suboffsets,
    )
    make = ctypes.pythonapi.PyMemoryView_FromBuffer
    make.restype = ctypes.py_object
    view: memoryview = make(ctypes.byref(info))
    _kept.extend([info, view])
    return view
