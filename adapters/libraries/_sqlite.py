"""What the adapters of SQLite's two bindings share: the databases of a connection."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.libraries._files import existing
from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], "list[Any]"]  # of one statement: its rows

_NUMBERS = [  # the first two take effect in an empty database alone
    "page_size",
    "auto_vacuum",
    "analysis_limit",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "cell_size_check",
    "checkpoint_fullfsync",
    "foreign_keys",
    "fullfsync",
    "ignore_check_constraints",
    "journal_size_limit",
    "legacy_alter_table",
    "max_page_count",
    "mmap_size",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "synchronous",
    "temp_store",
    "threads",
    "trusted_schema",
    "wal_autocheckpoint",
    "writable_schema",
    "query_only",
]
_WORDS = {
    "encoding": ("UTF-8", "UTF-16le", "UTF-16be"),
    "journal_mode": ("delete", "truncate", "persist", "memory", "off", "wal"),
    "locking_mode": ("normal", "exclusive"),
}


def quoted(name: str) -> str:
    """A name, as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


def snapshot(query: Query, plain: Query, read_only: Any, serialize: Any) -> list[Any]:
    """(name, path, held, pragmas) of each database of a connection.

    Args:
        query: Of the connection.
        plain: Of a new connection, to a database in memory.
        read_only: Whether the file of the database of this name is read-only; it is what is `held`.
        serialize: The content of the database of this name, if it has no path; it is what is held.

    Raises:
        ValueError: there are temporary tables, functions or collations, which stay behind.
    """
    if names := sorted(_added(query) - _added(plain)):
        raise ValueError(
            f"the connection has functions or collations of its own ({', '.join(names)}), which"
            " cannot be read back: connect again where they are needed, and create them there"
        )
    found: list[Any] = []
    listed = query("SELECT CAST(name AS BLOB), CAST(file AS BLOB) FROM pragma_database_list")
    for name, file in (
        (bytes(name).decode(), bytes(file or b"").decode()) for name, file in listed
    ):
        if name == "temp":
            if query("SELECT 1 FROM temp.sqlite_master LIMIT 1"):
                raise ValueError("the connection has temporary tables: drop them, they stay behind")
            continue
        if path := _path(query, name, file):
            held = read_only(name)
        else:
            empty = query(f"PRAGMA {quoted(name)}.page_count") == [(0,)]
            held = b"" if empty else bytes(serialize(name))
        found.append((name, path, held, _pragmas(query, name)))
    return found


def checked(found: Any) -> list[Any]:
    """What `snapshot` returned, of a state.

    Raises:
        TypeError, ValueError: it is anything else.
    """
    found = [parts(each, str, str, (bool, bytes), dict) for each in found]
    if not found or found[0][0] != "main":
        raise ValueError("the state names no main database")
    if any(bool(path) is not isinstance(held, bool) for _, path, held, _ in found):
        raise ValueError("a database is a path and whether it is read-only, or bytes and no path")
    return [(name, path and existing(path), *rest) for name, path, *rest in found]


def address(found: Any) -> str:
    """How one database is opened: its URI, or ":memory:"."""
    _, path, held, _ = found
    return f"{Path(path).as_uri()}?mode={'ro' if held else 'rw'}" if path else ":memory:"


def restore(query: Query, deserialize: Callable[[str, bytes], object], found: list[Any]) -> None:
    """Attach databases to a connection to the first, and give them contents and settings."""
    for number, (name, path, held, wanted) in enumerate(found):
        if number:
            place = address(found[number]).replace("'", "''")
            query(f"ATTACH '{place}' AS {quoted(name)}")
        if held and not path:
            deserialize(name, held)
            query(f"PRAGMA {quoted(name)}.schema_version")  # an error, if it is no database
        _set_pragmas(query, name, wanted)


def _pragmas(query: Query, schema: str) -> dict[str, Any]:
    """The settings of one database of a connection, and of the connection."""
    found = {}
    for name in (*_WORDS, *_NUMBERS):
        for (value,) in query(f"PRAGMA {quoted(schema)}.{name}"):
            found[name] = value.decode() if isinstance(value, bytes) else value
    return found


def _set_pragmas(query: Query, schema: str, wanted: dict[str, Any]) -> None:
    """Set those that differ.

    Raises:
        ValueError: one is none of SQLite's settings, or has no such value.
    """
    for name, value in wanted.items():
        if value not in _WORDS.get(name, ()) and (name not in _NUMBERS or type(value) is not int):
            raise ValueError(f"there is no setting {name!r} with the value {value!r} in SQLite")
    for name in (*_WORDS, *_NUMBERS):
        # The mode of a write-ahead log is in the file, and only its end would be written.
        if name in wanted and wanted[name] != "wal":
            pragma = f"PRAGMA {quoted(schema)}.{name}"
            if query(pragma) != [(wanted[name],)]:
                query(f"{pragma} = {wanted[name]}")


def _path(query: Query, name: str, file: str) -> str:
    # A database that was deserialized pretends to be the file "x" of the current folder.
    if os.path.basename(file) == "x":
        mapped = query(f"PRAGMA {quoted(name)}.mmap_size")  # nothing, in memory
        if not mapped or not os.path.isfile(file):
            return ""
    return existing(file) if file else ""


def _added(query: Query) -> set[str]:
    """The functions and collations of a connection that are not built into SQLite."""
    functions = "SELECT CAST(name AS BLOB) FROM pragma_function_list WHERE builtin = 0"
    collations = "SELECT CAST(name AS BLOB) FROM pragma_collation_list"
    return {bytes(name).decode() for kind in (functions, collations) for (name,) in query(kind)}
