"""struct: compiled formats.

| type | what travels | what does not |
|---|---|---|
| `Struct` | its format | |
"""

from __future__ import annotations

import struct

from adapters import register
from adapters.libraries._states import parts


def _serialize(compiled: struct.Struct) -> str:
    return compiled.format


def _make(state: object) -> struct.Struct:
    return struct.Struct(*parts((state,), str))


register(struct.Struct, _serialize, _make)
