"""pyproj: what coordinate reference systems are made of; these themselves pickle.

| type | what travels | what does not |
|---|---|---|
| `Datum`, `Ellipsoid`, `PrimeMeridian`, `CoordinateSystem`, `CoordinateOperation` | authority and code, or the definition, with all digits of its numbers | a definition that PROJJSON cannot hold in full: refused |

`CRS`, `Proj`, `Geod`, and `Transformer` objects of `from_crs` and `from_pipeline` pickle by
themselves. The definition is PROJJSON.

Left out: `TransformerGroup` and its transformers: what they were made with cannot be read back; make
a `Transformer` elsewhere. `Axis`, `Param`, `Grid`: they do not know what they are a part of; send
the `CoordinateSystem` or `CoordinateOperation`.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from pyproj.crs import CoordinateOperation, CoordinateSystem, Datum, Ellipsoid
from pyproj.crs.datum import CustomPrimeMeridian as _CustomPrimeMeridian

from adapters import register
from adapters.errors import suppress_failures
from adapters.libraries._states import parts

_PrimeMeridian: Any = _CustomPrimeMeridian.__mro__[1]
_NUMBERS = {
    "semi_major_axis": "semi_major_metre",
    "semi_minor_axis": "semi_minor_metre",
    "radius": "semi_major_metre",
    "inverse_flattening": "inverse_flattening",
    "longitude": "longitude",
}


def _serialize(part: Any) -> Any:
    found = part.to_json()
    definition = json.loads(found) if found else {}
    known = definition.get("id", {})
    if known and hasattr(part, "from_authority"):
        state: Any = (str(known.get("authority")), str(known.get("code")))
        with suppress_failures():  # it is under this name in another table, or in none
            if _seen(type(part).from_authority(*state)) == _seen(part):
                return state
    if definition:
        if type(part) is CoordinateSystem:
            definition.pop("id", None)  # is not read
        _with_all_digits(definition, part)
        state = json.dumps(definition)
        if _seen(type(part).from_json(state)) == _seen(part):
            return state
    raise ValueError("it cannot be exported as PROJJSON in full: send the CRS that it is from")


def _seen(value: Any) -> Any:
    """All that can be read of a part, and of its own parts."""
    if isinstance(value, (list, tuple)):
        return [_seen(each) for each in value]
    if type(value).__module__ != "pyproj._crs":
        return repr(value)
    read = {name: getattr(value, name) for name in dir(value) if name[0] != "_"}
    return {name: _seen(each) for name, each in read.items() if not callable(each)}


def _with_all_digits(definition: dict[str, Any], part: Any) -> None:
    """PROJ writes 15 digits of a number."""
    for name, attribute in _NUMBERS.items():
        if isinstance(definition.get(name), (int, float)):
            definition[name] = getattr(part, attribute)
    for name in ("ellipsoid", "prime_meridian"):
        if name in definition and getattr(part, name, None) is not None:
            _with_all_digits(definition[name], getattr(part, name))
    numbers = definition.get("parameters", [])
    for number, known in zip(numbers, getattr(part, "params", []), strict=False):
        if isinstance(number.get("value"), (int, float)) and number.get("name") == known.name:
            number["value"] = known.value


def _make(kind: Any, state: Any) -> Any:
    if isinstance(state, str):
        made = kind.from_json(state)
    elif hasattr(kind, "from_authority"):
        made = kind.from_authority(*parts(state, str, str))
    else:
        raise TypeError(f"the state of a {kind.__name__} is no text, but {state!r}")
    if type(made) is not kind:
        raise ValueError(f"the definition is no {kind.__name__}")
    return made


for _kind in (Datum, Ellipsoid, _PrimeMeridian, CoordinateSystem, CoordinateOperation):
    register(_kind, _serialize, partial(_make, _kind))
