"""cbor2: tags and simple values.

| type | what travels | what does not |
|---|---|---|
| `CBORTag` | the tag and its value | a tag that contains itself: refused |
| `CBORSimpleValue` | the value | nothing |
| `UndefinedType` | that it is `cbor2.undefined`, of which a process has one | nothing |

Left out: `CBOREncoder`, `CBORDecoder`: each works on an open stream.
"""

from __future__ import annotations

from typing import Any

import cbor2

from adapters import register
from adapters.libraries._states import parts


def _tag(state: Any) -> Any:
    return cbor2.CBORTag(*parts(state, int, object))


def _simple(state: Any) -> Any:
    (value,) = parts((state,), int)
    return cbor2.CBORSimpleValue(value)


def _undefined(state: Any) -> Any:
    parts(state)
    return cbor2.undefined


register(cbor2.CBORTag, lambda tag: (tag.tag, tag.value), _tag)
# In older versions simple values are named tuples, which pickle by themselves.
if not issubclass(cbor2.CBORSimpleValue, tuple):
    register(cbor2.CBORSimpleValue, lambda simple: simple.value, _simple)
register(type(cbor2.undefined), lambda undefined: (), _undefined)
