"""duckdb: connections to files that are only read, relations, types and statements.

| type | what travels | what does not |
|---|---|---|
| `DuckDBPyConnection` | path and settings of a file opened with `read_only=True` | in memory, open for writing, other databases attached, temporary tables, registered objects, Python functions, an unfinished result: refused; user, password and file systems are lost |
| `DuckDBPyRelation` | its rows, as an Arrow table, and its alias | the query; the twin has a connection of its own |
| `DuckDBPyType` | the type | what is not the same when read from its text: refused |
| `Statement` | its text | |

Only one process can have a database open that another one writes. Sizes among the settings are
as duckdb rounds them. A relation needs pyarrow.

Left out: `Appender`, `RelationResult`: they are results and inserts under way.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._locks import fork_safe_lock
from adapters.libraries._states import parts

_LOCK = fork_safe_lock()
_SETTINGS = "SELECT name, value, scope FROM duckdb_settings()"
_FUNCTIONS = """
    SELECT DISTINCT function_name FROM duckdb_functions() WHERE database_name IN ('system', 'temp')
"""
_TEMPORARY = """
    SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal
    UNION ALL SELECT table_name FROM duckdb_tables() WHERE temporary
"""
_DATABASES = "SELECT path, readonly FROM duckdb_databases() WHERE NOT internal"
_NOT_SET = {  # of this process or file, of people, or other names of settings
    *("access_mode", "duckdb_api", "custom_user_agent", "user", "username", "password"),
    *("memory_limit", "worker_threads", "null_order", "wal_autocheckpoint", "profile_output"),
    *("schema", "streaming_buffer_size", "temp_directory"),
}
_TYPE: Any = (duckdb.sqltypes if hasattr(duckdb, "sqltypes") else duckdb.typing).DuckDBPyType


@cache
def _plain() -> tuple[dict[str, Any], set[str]]:
    """The settings, and the functions, of a new connection."""
    connection = duckdb.connect(":memory:")
    try:
        settings = {name: value for name, value, _ in connection.sql(_SETTINGS).fetchall()}
        return settings, {name for (name,) in connection.sql(_FUNCTIONS).fetchall()}
    finally:
        connection.close()


def _serialize(connection: Any) -> Any:
    def query(text: str) -> Any:
        with _LOCK:  # a second call at the same time would be refused
            return connection.sql(text).fetchall()

    databases = query(_DATABASES)
    if len(databases) != 1 or not databases[0][1] or not databases[0][0]:
        raise ValueError(
            "only a connection to one file that was opened with read_only=True travels: another"
            " process cannot open a database that is in memory, or open for writing"
        )
    settings, functions = _plain()
    own = [name for (name,) in query(_TEMPORARY)]
    own += sorted({name for (name,) in query(_FUNCTIONS)} - functions)
    if own:
        raise ValueError(f"these belong to the connection alone: {', '.join(own)}; drop them")
    found: dict[str, dict[str, str]] = {"GLOBAL": {}, "LOCAL": {}}
    for name, value, scope in query(_SETTINGS):
        if value != settings.get(name) and value is not None and name not in _NOT_SET:
            found["LOCAL" if scope == "LOCAL" else "GLOBAL"][name] = value
    return existing(databases[0][0]), found["GLOBAL"], found["LOCAL"]


def _make(state: Any) -> Any:
    path, shared, local = parts(state, str, dict, dict)
    for settings in (shared, local):
        parts((*settings, *settings.values()), *[str] * (2 * len(settings)))
    path = existing(path)
    try:
        connection = duckdb.connect(path, read_only=True, config=shared)
    except duckdb.ConnectionException:  # it is open in this process, and was set afterwards
        connection = duckdb.connect(path, read_only=True)
    try:
        now = {name: value for name, value, _ in connection.sql(_SETTINGS).fetchall()}
        for name, value in (*shared.items(), *local.items()):
            if now.get(name) != value:
                text = value.replace("'", "''")
                name = name.replace('"', '""')
                connection.execute(f"SET \"{name}\" = '{text}'").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _serialize_relation(relation: Any) -> Any:
    with _LOCK:
        table = relation.project("*").to_arrow_table()
    types = [str(each) for each in relation.types]
    if (read := [str(each) for each in _relation(table, "rows").types]) != types:
        raise ValueError(f"the columns {types} would arrive as {read}: cast those that differ")
    return table, relation.alias


def _relation(table: Any, alias: str) -> Any:
    return duckdb.connect(":memory:").from_arrow(table).set_alias(alias)


def _make_relation(state: Any) -> Any:
    import pyarrow

    return _relation(*parts(state, pyarrow.Table, str))


def _serialize_type(kind: Any) -> str:
    text = str(kind)
    if type(kind)(text) != kind:
        raise ValueError(f"the type {text} is another one when it is read again")
    return text


def _make_type(state: Any) -> Any:
    return _TYPE(*parts((state,), str))


def _serialize_statement(statement: Any) -> str:
    return str(statement.query)


def _make_statement(state: Any) -> Any:
    (text,) = parts((state,), str)
    with duckdb.connect(":memory:") as connection:
        (statement,) = connection.extract_statements(text)
    return statement


register(duckdb.DuckDBPyConnection, _serialize, _make)
register(duckdb.DuckDBPyRelation, _serialize_relation, _make_relation)
register(_TYPE, _serialize_type, _make_type)
register(duckdb.Statement, _serialize_statement, _make_statement)
