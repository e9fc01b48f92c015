"""lightgbm: data sets; models pickle by themselves.

Share a data set (`adapters.share`): its binned data are in the payload.

| type | what travels | what does not |
|---|---|---|
| `Dataset` | before it is constructed, the data and all settings; then the binned data as lightgbm saves them, initial scores, all settings, and raw data and reference where it keeps them | |

Left out: `Booster`: its own pickle holds the model and its parameters, and leaves the data of its
training behind, as lightgbm documents.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import lightgbm
import numpy as np

from adapters import register
from adapters.libraries._files import loaded, saved
from adapters.libraries._states import opened, parts, sealed

_KINDS: dict[str, Any] = {
    "params": (dict, type(None)),
    "_params_back_up": (dict, type(None)),
    "free_raw_data": bool,
    "_need_slice": bool,
    "version": int,
    "_start_row": int,
    "reference": (lightgbm.Dataset, type(None)),
}


def _dataset(dataset: Any) -> Any:
    fields = {name: _own(value) for name, value in vars(dataset).items() if name != "_handle"}
    if dataset._handle is None:
        return fields, None, None
    # A saved data set lacks its initial scores.
    return fields, sealed(saved(dataset.save_binary)), dataset.get_field("init_score")


def _own(value: Any) -> Any:
    return deepcopy(value) if type(value) in (list, dict) else value


def _make_dataset(state: Any) -> Any:
    none = type(None)
    fields, binned, scores = parts(state, dict, (tuple, none), (np.ndarray, none))
    made = lightgbm.Dataset(None)
    if {*fields} != {*vars(made)} - {"_handle"}:
        raise ValueError(f"the fields of a Dataset are {', '.join(vars(made))}")
    for name, kind in _KINDS.items():
        if name in fields:
            parts((fields[name],), kind)
    if binned is not None:
        params = {**(fields["params"] or {}), "verbose": -1}
        read = loaded(
            opened(binned), lambda path: lightgbm.Dataset(path, params=params).construct(), ".bin"
        )
        if scores is not None:
            read.set_field("init_score", scores)
        made._handle, read._handle = read._handle, None  # which one object frees
    vars(made).update({name: _own(value) for name, value in fields.items()})
    return made


register(lightgbm.Dataset, _dataset, _make_dataset)
