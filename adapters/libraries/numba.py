"""numba: typed lists and dictionaries.

| type | what travels | what does not |
|---|---|---|
| `typed.List`, `typed.Dict` | types of the items, and the items | reserved capacity |

Compiled functions and types pickle by themselves.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.np.numpy_support import as_dtype
from numba.typed import Dict, List

from adapters import register
from adapters.libraries._states import parts


def _exact(kind: Any) -> Any:
    """What makes a number of this very type of a Python one, which numba would have to cast."""
    return as_dtype(kind).type if isinstance(kind, types.Number) else lambda value: value


def _list(values: Any) -> Any:
    if not values._typed:
        return None, []
    return values._numba_type_.item_type, list(values)


def _make_list(state: Any) -> Any:
    kind, values = parts(state, (types.Type, type(None)), list)
    if kind is None:
        return List()
    made = List.empty_list(kind)
    exact = _exact(kind)
    for value in values:
        made.append(exact(value))
    return made


def _dict(values: Any) -> Any:
    if not values._typed:
        return None, None, []
    kinds = values._numba_type_
    return kinds.key_type, kinds.value_type, list(values.items())


def _make_dict(state: Any) -> Any:
    either = (types.Type, type(None))
    key, value, items = parts(state, either, either, list)
    if key is None or value is None:
        return Dict()
    made = Dict.empty(key, value)
    exact_key, exact_value = _exact(key), _exact(value)
    for item in items:
        name, held = parts(item, object, object)
        made[exact_key(name)] = exact_value(held)
    return made


register(List, _list, _make_list)
register(Dict, _dict, _make_dict)
