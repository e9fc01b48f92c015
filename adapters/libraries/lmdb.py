"""lmdb: environments.

| type | what travels | what does not |
|---|---|---|
| `Environment` | path, map size, readers, and flags: read-only, subdir, locks, sync ... | open for writing without locks: refused; max_dbs, which cannot be read back, is 128; max_spare_txns is the usual one |

An environment open for writing arrives open for writing: LMDB's locks are made for several
processes. One process can have an environment open once, so that a twin needs another process.

Left out: `_Database`, `Transaction`, `Cursor`: their environment cannot be seen.
"""

from __future__ import annotations

import os
from typing import Any

import lmdb

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_FLAGS = ("subdir", "readonly", "metasync", "sync", "map_async", "readahead", "writemap", "meminit")


def _serialize(environment: Any) -> Any:
    flags = environment.flags()
    if not flags["lock"] and not flags["readonly"]:
        raise ValueError(
            "the environment is open for writing without locks, which only one process may be:"
            " open it with lock=True, or readonly=True"
        )
    info = environment.info()
    path = os.path.abspath(os.fsdecode(environment.path()))
    kept = {name: flags[name] for name in (*_FLAGS, "lock") if name in flags}
    return _checked(path, kept), info["map_size"], info["max_readers"], kept


def _checked(path: str, flags: dict[str, bool]) -> str:
    existing(os.path.join(path, "data.mdb") if flags.get("subdir") else path)
    return path


def _make(state: Any) -> Any:
    path, size, readers, flags = parts(state, str, int, int, dict)
    parts((*flags.values(),), *[bool] * len(flags))
    if not flags.keys() <= {*_FLAGS, "lock"} or not {"lock", "readonly"} <= flags.keys():
        raise ValueError(f"an environment has no flags {sorted(flags)}")
    if not os.path.isabs(path) or not 0 < size < 1 << 50 or not 0 < readers < 1 << 16:
        raise ValueError(f"an environment cannot have {size} bytes, {readers} readers, or {path!r}")
    if not (flags["lock"] or flags["readonly"]):
        raise ValueError("an environment without locks is not opened for writing")
    return lmdb.open(
        _checked(path, flags),
        map_size=size,
        max_readers=readers,
        max_dbs=128,
        create=False,
        **flags,
    )


register(lmdb.Environment, _serialize, _make)
