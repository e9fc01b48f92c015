"""sqlite3: connections to files and to databases in memory, and rows.

| type | what travels | what does not |
|---|---|---|
| `Connection` | the path of a file (whether it is read-only), or all of a database in memory; attached databases; isolation level, autocommit, row and text factory, detect_types, check_same_thread, pragmas (busy time-out, foreign keys ...), limits | functions, collations, temporary tables and an open transaction are refused; authorizer, progress and trace callbacks and the size of the statement cache are lost |
| `Row` | names and values | |

A database in memory is copied, also one with a shared cache, and needs Python 3.11.

Left out: `Cursor`: how far it has been read cannot be seen. `Blob`: its place cannot be seen.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adapters import register
from adapters.libraries import _sqlite
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import parts

_LOCK = fork_safe_lock()
_ATTRIBUTES = ["isolation_level", "row_factory", "text_factory"]
if hasattr(sqlite3.Connection, "autocommit"):
    _ATTRIBUTES.append("autocommit")
_LIMITS = range(12 if hasattr(sqlite3.Connection, "getlimit") else 0)
_CONFIGS = [name for name in dir(sqlite3) if name.startswith("SQLITE_DBCONFIG_")]
_PROBE = "adapters_probe"


def _query(connection: Any) -> _sqlite.Query:
    cursor = sqlite3.Cursor(connection)
    cursor.row_factory = None
    return lambda sql: cursor.execute(sql).fetchall()


def _serialize(connection: Any) -> Any:
    with _LOCK:
        if connection.in_transaction:
            raise ValueError("the connection has an open transaction: commit, or roll back, before")
        query = _query(connection)
        plain = sqlite3.connect(":memory:")
        try:
            found = _sqlite.snapshot(
                query,
                _query(plain),
                lambda name: _read_only(query, name),
                lambda name: _content(connection, name),
            )
        finally:
            plain.close()
        settings = {name: getattr(connection, name) for name in _ATTRIBUTES}
        configs = {name: connection.getconfig(getattr(sqlite3, name)) for name in _CONFIGS}
        limits = [connection.getlimit(each) for each in _LIMITS]
        opened = {"detect_types": _detect_types(query), "check_same_thread": _checked(connection)}
    return found, opened, settings, configs, limits


def _content(connection: Any, name: str) -> Any:
    if sys.version_info < (3, 11):
        raise ValueError("a database in memory travels from Python 3.11 on: use that, or a file")
    return connection.serialize(name=name)


@contextmanager
def _pragma(query: _sqlite.Query, name: str, value: int) -> Iterator[None]:
    (before,) = query(f"PRAGMA {name}")[0]
    query(f"PRAGMA {name} = {value}")
    try:
        yield
    finally:
        query(f"PRAGMA {name} = {before}")


def _read_only(query: _sqlite.Query, name: str) -> bool:
    """Whether SQLite refuses to write to this file; nothing is written."""
    # Who else writes shows that one can.
    with _pragma(query, "busy_timeout", 0), _pragma(query, "query_only", 0):
        query("BEGIN")
        try:
            query(f"PRAGMA {_sqlite.quoted(name)}.incremental_vacuum(1)")
        except sqlite3.OperationalError as error:
            return "readonly" in str(error)
        finally:
            query("ROLLBACK")
    return False


def _detect_types(query: _sqlite.Query) -> int:
    """The flags, by what becomes of a column of a type that only this function knows."""
    found = 0
    sqlite3.register_converter(_PROBE, lambda value: _PROBE)
    with _pragma(query, "query_only", 0):
        query(f"ATTACH ':memory:' AS {_PROBE}")
        try:
            # Unlike INSERT, these are counted as no change.
            query(f"CREATE TABLE {_PROBE}.t AS SELECT 1 AS a")
            query(f"ALTER TABLE {_PROBE}.t ADD COLUMN b {_PROBE} DEFAULT 1")
            if query(f"SELECT b FROM {_PROBE}.t") == [(_PROBE,)]:
                found |= sqlite3.PARSE_DECLTYPES
            if query(f'SELECT 1 AS "a [{_PROBE}]"') == [(_PROBE,)]:
                found |= sqlite3.PARSE_COLNAMES
        finally:
            query(f"DETACH {_PROBE}")
            del sqlite3.converters[_PROBE.upper()]
    return found


def _checked(connection: sqlite3.Connection) -> bool:
    """Whether only one thread may use the connection: another one tries."""
    refused = []

    def use() -> None:
        try:
            connection.cursor().close()
        except sqlite3.ProgrammingError:
            refused.append(True)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    return bool(refused)


def _make(state: Any) -> Any:
    found, opened, settings, configs, limits = parts(state, list, dict, dict, dict, list)
    found = _sqlite.checked(found)
    if opened.keys() != {"detect_types", "check_same_thread"}:
        raise ValueError("the state does not say how the connection was opened")
    if not settings.keys() >= {"isolation_level", "row_factory", "text_factory"}:
        raise ValueError(f"the settings of a connection are {', '.join(_ATTRIBUTES)}")
    parts((*opened.values(), *limits), int, bool, *[int] * len(limits))
    connection: Any = sqlite3.connect(_sqlite.address(found[0]), uri=True, **opened)
    try:
        _sqlite.restore(
            _query(connection),
            lambda name, content: connection.deserialize(content, name=name),
            found,
        )
        for name in settings.keys() & set(_ATTRIBUTES):
            setattr(connection, name, settings[name])
        for name in configs.keys() & set(_CONFIGS):
            connection.setconfig(getattr(sqlite3, name), configs[name])
        for each, limit in zip(_LIMITS, limits, strict=False):
            connection.setlimit(each, limit)
    except BaseException:
        connection.close()
        raise
    return connection


def _serialize_row(row: sqlite3.Row) -> Any:
    return row.keys(), tuple(row)


def _make_row(state: Any) -> sqlite3.Row:
    names, values = parts(state, list, tuple)
    parts(names, *[str] * len(values))
    connection = sqlite3.connect(":memory:")
    columns = ", ".join(f"1 AS {_sqlite.quoted(name)}" for name in names)
    row = sqlite3.Row(connection.execute(f"SELECT {columns}"), values)
    connection.close()
    return row


register(sqlite3.Connection, _serialize, _make)
register(sqlite3.Row, _serialize_row, _make_row)
