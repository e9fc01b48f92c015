"""hyperscan: compiled databases.

| type | what travels | what does not |
|---|---|---|
| `Database` | the compiled patterns, mode; whether it has scratch space of its own | not compiled, of chimera: refused |

hyperscan frees no database that has scratch space, whether it was compiled or has arrived, so share
it (`adapters.share`). `ExpressionExt` objects pickle by themselves.

Left out: `Scratch`: it is memory of one thread, and made for a database. `Stream`: what it has seen
cannot be read back.
"""

from __future__ import annotations

from typing import Any

import hyperscan

from adapters import register
from adapters.libraries._states import parts

_MODES = (hyperscan.HS_MODE_BLOCK, hyperscan.HS_MODE_STREAM, hyperscan.HS_MODE_VECTORED)


def _serialize(database: Any) -> Any:
    return hyperscan.dumpb(database), database.mode, database.scratch is not None


def _make(state: Any) -> Any:
    data, mode, scratch = parts(state, (bytes, memoryview), int, bool)
    database = hyperscan.loadb(bytes(data), mode)
    database.scratch = hyperscan.Scratch(database) if scratch else None
    return database


register(hyperscan.Database, _serialize, _make)
