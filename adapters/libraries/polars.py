"""polars: which optimizations a query has; data and queries pickle by themselves.

| type | what travels | what does not |
|---|---|---|
| `QueryOptFlags` | each flag | nothing |

`DataFrame`, `Series`, `LazyFrame`, `Expr` and the types of columns pickle by themselves.

Left out: `LazyGroupBy`: its keys cannot be read back, so send the `LazyFrame`; `SQLContext`: send
its frames; `PyDataFrame` and the other inner types of them.
"""

from __future__ import annotations

from typing import Any

import polars

from adapters import register
from adapters.libraries._states import parts

_KIND = getattr(polars, "QueryOptFlags", None)  # not in older versions
_FLAGS = tuple(name for name in dir(_KIND) if isinstance(getattr(_KIND, name), property))


def _flags(state: Any) -> Any:
    if type(state) is not dict or {*state} != {*_FLAGS}:
        raise ValueError(f"QueryOptFlags of this polars are {', '.join(_FLAGS)}")
    parts(tuple(state.values()), *[bool] * len(state))
    made = polars.QueryOptFlags()
    for name, value in state.items():
        setattr(made, name, value)
    return made


if _KIND is not None:
    register(_KIND, lambda flags: {name: getattr(flags, name) for name in _FLAGS}, _flags)
