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

from typing import Any

import blosc2

from adapters import register
from adapters.libraries._states import opened, sealed


def _frame(holder: Any) -> tuple[bytes, int]:
    if getattr(holder, "urlpath", None) is not None:
        raise ValueError(f"{holder.urlpath!r} is a file: send its path, or a copy in memory")
    if getattr(holder, "base", None) is not None:
        raise ValueError("this NDArray is a view of another one: send a copy")
    return sealed(holder.to_cframe())


def _checked(state: Any) -> bytes:
    return bytes(opened(state))  # blosc2 reads past the end of a damaged frame


def _array(state: Any) -> Any:
    return blosc2.ndarray_from_cframe(_checked(state), copy=True)


def _chunks(state: Any) -> Any:
    return blosc2.schunk_from_cframe(_checked(state), copy=True)


register(blosc2.NDArray, _frame, _array)
register(blosc2.SChunk, _frame, _chunks)
