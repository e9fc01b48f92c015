"""apsw: connections to files and to databases in memory.

| type | what travels | what does not |
|---|---|---|
| `Connection` | the path of a file, flags and VFS, or all of a database in memory; attached databases; traces, authorizer, cursor factory, converters, transaction mode, pragmas, limits, configuration | functions, collations, temporary tables and an open transaction are refused; virtual table modules, hooks and handlers other than those named are lost |
| `zeroblob` | its length | |

Left out: `Cursor`: how far it has been read cannot be seen. `Blob`, `Backup`, `Session`: their
places in a connection cannot be seen. `pyobject`, `carray`: what they hold cannot be read.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import apsw

from adapters import register
from adapters.libraries import _sqlite
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import parts

_LOCK = fork_safe_lock()
_ATTRIBUTES = [
    name
    for name in (
        "authorizer",
        "convert_binding",
        "convert_jsonb",
        "cursor_factory",
        "exec_trace",
        "row_trace",
        "transaction_mode",
    )
    if hasattr(apsw.Connection, name)
]
_LIMITS = [name for name in dir(apsw) if name.startswith("SQLITE_LIMIT_")]
_SWITCHES = [name for name in dir(apsw) if name.startswith("SQLITE_DBCONFIG_")]
_LASTING = ("SQLITE_OPEN_URI", "SQLITE_OPEN_NOMUTEX", "SQLITE_OPEN_FULLMUTEX")
_FLAGS = sum(getattr(apsw, name) for name in (*_LASTING, "SQLITE_OPEN_EXRESCODE"))


def _query(connection: apsw.Connection) -> _sqlite.Query:
    cursor = apsw.Cursor(connection)
    cursor.exec_trace = lambda *_: True  # not those of the connection
    cursor.row_trace = lambda _, row: row
    return lambda sql: list(cursor.execute(sql))


def _serialize(connection: apsw.Connection) -> Any:
    if getattr(connection, "is_async", False):
        raise ValueError("the connection is asynchronous, which belongs to its event loop")
    with _LOCK:
        if connection.in_transaction:
            raise ValueError("the connection has an open transaction: commit, or roll back, before")
        query = _query(connection)
        plain = apsw.Connection(":memory:")
        try:
            found = _sqlite.snapshot(
                query, _query(plain), connection.readonly, connection.serialize
            )
        finally:
            plain.close()
        settings = {name: getattr(connection, name) for name in _ATTRIBUTES}
        switches = _switches(connection)
        limits = {name: connection.limit(getattr(apsw, name), -1) for name in _LIMITS}
        opened = (connection.open_flags & _FLAGS, connection.open_vfs if found[0][1] else "")
    return found, opened, settings, switches, limits


def _switches(connection: apsw.Connection) -> dict[str, int]:
    found = {}
    for name in _SWITCHES:
        with suppress(ValueError):  # it is no switch, but a number or an action
            found[name] = connection.config(getattr(apsw, name), -1)
    return found


def _make(state: Any) -> apsw.Connection:
    found, opened, settings, switches, limits = parts(state, list, tuple, dict, dict, dict)
    found = _sqlite.checked(found)
    flags, vfs = parts(opened, int, str)
    numbers = (*switches.values(), *limits.values())
    parts(numbers, *[int] * len(numbers))
    if flags & ~_FLAGS:
        raise ValueError(f"there are flags in {flags} with which no connection is opened again")
    if vfs and vfs not in apsw.vfs_names():
        raise ValueError(f"there is no VFS {vfs!r} in this process, where the file is to be opened")
    _, path, held, _ = found[0]
    flags |= apsw.SQLITE_OPEN_READONLY if path and held else apsw.SQLITE_OPEN_READWRITE
    if any(path for _, path, _, _ in found[1:]):
        flags |= apsw.SQLITE_OPEN_URI
    with _LOCK:
        connection = apsw.Connection(path or ":memory:", flags=flags, vfs=vfs or None)
        try:
            _sqlite.restore(_query(connection), connection.deserialize, found)
            for name in switches.keys() & set(_SWITCHES):
                connection.config(getattr(apsw, name), switches[name])
            for name in limits.keys() & set(_LIMITS):
                connection.limit(getattr(apsw, name), limits[name])
            for name in settings.keys() & set(_ATTRIBUTES):
                setattr(connection, name, settings[name])
        except BaseException:
            connection.close()
            raise
    return connection


def _length(blob: apsw.zeroblob) -> int:
    return int(blob.length())


def _make_zeroblob(state: Any) -> apsw.zeroblob:
    return apsw.zeroblob(*parts((state,), int))


register(apsw.Connection, _serialize, _make)
register(apsw.zeroblob, _length, _make_zeroblob)
