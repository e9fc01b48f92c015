"""mujoco: specifications, options, and what is seen; models and data pickle by themselves.

| type | what travels | what does not |
|---|---|---|
| `MjSpec` | its XML, and the assets | what mujoco does not write as XML is refused by it; parts arrive as new ones |
| `MjOption`, `MjStatistic`, `MjvOption`, `MjvCamera`, `MjvPerturb`, `MjvGLCamera`, `MjvLight`, `MjLROpt` | all fields | that it belongs to a model: what arrives is on its own |

Left out: `MjvScene`, `MjrContext`, `Renderer`: they draw for a model on a device. `MjVisual`, `MjsBody`
and other parts: they do not tell their model: send that.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mujoco
import numpy as np

from adapters import register
from adapters.libraries._states import parts

_NAMES = "MjOption MjStatistic MjvOption MjvCamera MjvPerturb MjvGLCamera MjvLight MjLROpt"
_PLAIN = (bool, int, float, str)


def _fields(obj: Any) -> dict[str, Any]:
    names = [name for name in dir(obj) if isinstance(getattr(type(obj), name), property)]
    found = {name: getattr(obj, name) for name in names}
    return {
        name: value.copy() if isinstance(value, np.ndarray) else value
        for name, value in found.items()
    }


def _make(kind: Any, state: Any) -> Any:
    parts((state,), dict)
    made = kind()
    for name, there in _fields(made).items():
        value = state.get(name)
        if isinstance(there, np.ndarray):
            parts((value,), np.ndarray)
            if value.shape != there.shape or value.dtype != there.dtype:
                raise ValueError(f"{name} has the shape {there.shape} and numbers of {there.dtype}")
            getattr(made, name)[...] = value
        else:
            parts((value,), type(there))
            if value != there:
                setattr(made, name, value)
    if state.keys() != _fields(made).keys():
        raise ValueError(f"the fields of {kind.__name__} are {', '.join(_fields(made))}")
    return made


def _spec(spec: Any) -> Any:
    return spec.to_xml(), dict(spec.assets)


def _make_spec(state: Any) -> Any:
    xml, assets = parts(state, str, dict)
    for name, data in assets.items():
        parts((name, data), str, (bytes, str))
    return mujoco.MjSpec.from_string(xml, assets=dict(assets))


for _name in _NAMES.split():
    if _kind := getattr(mujoco, _name, None):
        register(_kind, _fields, partial(_make, _kind))
if hasattr(mujoco, "MjSpec"):
    register(mujoco.MjSpec, _spec, _make_spec)
