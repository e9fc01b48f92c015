"""blosc2: compressed arrays and chunks, in memory and in files.

| type | what travels | what does not |
|---|---|---|
| `NDArray` | shape, chunks, blocks, the compressed data, metadata | on disk, a view: refused |
| `SChunk` | the compressed chunks, metadata | on disk: refused; filters in Python |

How many threads compress is a setting of the process that an array arrives in. Open an array on disk
there, with `blosc2.open(path)`, or send a copy in memory, `array.copy()`.

Left out: `LazyExpr`, `Proxy`, `C2Array`: what they compute or fetch, so send their operands;
`vlmeta`, `FieldsAccessor`: views of an array. `CParams`, `DParams` and `Storage` pickle by
themselves.
"""

from __future__ import annotations

import zlib
from typing import Any

import blosc2

from adapters import register
from adapters.libraries._states import parts


def _frame(holder: Any) -> tuple[bytes, int]:
    if getattr(holder, "urlpath", None) is not None:
        raise ValueError(f"{holder.urlpath!r} is a file: send its path, or a copy in memory")
    if getattr(holder, "base", None) is not None:
        raise ValueError("this NDArray is a view of another one: send a copy")
    data = holder.to_cframe()
    return data, zlib.crc32(data)


def _checked(state: Any) -> bytes:
    data, check = parts(state, (bytes, memoryview), int)
    data = bytes(data)
    if zlib.crc32(data) != check:  # blosc2 reads past the end of a damaged frame
        raise ValueError(f"the frame of {len(data)} bytes is damaged")
    return data


def _array(state: Any) -> Any:
    return blosc2.ndarray_from_cframe(_checked(state), copy=True)


def _chunks(state: Any) -> Any:
    return blosc2.schunk_from_cframe(_checked(state), copy=True)


register(blosc2.NDArray, _frame, _array)
register(blosc2.SChunk, _frame, _chunks)
