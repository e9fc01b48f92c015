"""symengine: matrices and dicts of expressions; expressions pickle by themselves.

| type | what travels | what does not |
|---|---|---|
| `MutableDenseMatrix`, `ImmutableDenseMatrix` | shape and entries | nothing |
| `DictBasic` | its pairs | nothing |

Left out: `LambdaDouble`, `LambdaComplexDouble`: what they compute cannot be read, but `Lambdify`
with the backend "llvm" makes functions that pickle; `Sieve_iterator`.
"""

from __future__ import annotations

from typing import Any

import symengine
from symengine.lib import symengine_wrapper as wrapper

from adapters import register
from adapters.libraries._states import parts


def _matrix_state(matrix: Any) -> tuple[Any, ...]:
    rows, columns = matrix.shape
    entries = [matrix.get(row, column) for row in range(rows) for column in range(columns)]
    return rows, columns, entries


def _serve(kind: Any) -> None:
    def factory(state: Any) -> Any:
        rows, columns, entries = parts(state, int, int, list)
        if min(rows, columns) < 0 or rows * columns != len(entries):
            raise ValueError(f"{len(entries)} entries do not fill {rows} rows of {columns}")
        parts(entries, *[symengine.Basic] * len(entries))
        return kind(rows, columns, entries)

    register(kind, _matrix_state, factory)


def _dict(state: Any) -> Any:
    (pairs,) = parts((state,), list)
    made = wrapper.DictBasic()
    for pair in pairs:
        key, value = parts(pair, symengine.Basic, symengine.Basic)
        made[key] = value
    return made


_serve(wrapper.DenseMatrix)
_serve(wrapper.ImmutableDenseMatrix)
register(wrapper.DictBasic, lambda made: sorted(made.items(), key=str), _dict)
