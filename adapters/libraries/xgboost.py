"""xgboost: matrices of data; models pickle by themselves.

Share a matrix (`adapters.share`): its data are in the payload.

| type | what travels | what does not |
|---|---|---|
| `DMatrix` | data, labels, weights, margins, groups, bounds, names and types of features, categories | a matrix of external memory, and one that is split by columns, is refused |

Left out: `QuantileDMatrix`, `ExtMemQuantileDMatrix`: xgboost cannot save them: send the data.
`Booster`: it pickles by itself, with its parameters and attributes.
"""

from __future__ import annotations

from typing import Any

import xgboost

from adapters import register
from adapters.libraries._files import loaded, saved
from adapters.libraries._states import opened, parts, sealed

_SETTINGS = ("missing", "nthread", "silent")


def _matrix(matrix: Any) -> Any:
    if int(getattr(matrix, "data_split_mode", int)()):
        raise ValueError("a matrix that is split by columns belongs to its group of processes")
    settings = {name: getattr(matrix, name) for name in _SETTINGS if hasattr(matrix, name)}
    return sealed(saved(matrix.save_binary)), settings


def _make_matrix(state: Any) -> Any:
    data, settings = parts(state, (tuple, list), dict)
    kinds: dict[str, Any] = {"missing": (int, float), "nthread": (int, type(None)), "silent": bool}
    for name, value in settings.items():
        kind = kinds.get(name)
        if kind is None:
            raise ValueError(f"a DMatrix has no setting {name!r}: it has {', '.join(_SETTINGS)}")
        parts((value,), kind)
    made = loaded(opened(data), xgboost.DMatrix)
    vars(made).update(settings)
    return made


register(xgboost.DMatrix, _matrix, _make_matrix)
