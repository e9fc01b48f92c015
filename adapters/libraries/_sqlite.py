"""What the adapters of SQLite's two bindings share: pragmas, functions, and the databases."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from adapters.libraries._files import existing

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


def pragmas(query: Query, schema: str) -> dict[str, Any]:
    """The settings of one database of a connection, and of the connection."""
    found = {}
    for name in (*_WORDS, *_NUMBERS):
        for (value,) in query(f"PRAGMA {quoted(schema)}.{name}"):
            found[name] = value.decode() if isinstance(value, bytes) else value
    return found


def set_pragmas(query: Query, schema: str, wanted: dict[str, Any]) -> None:
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


def databases(query: Query) -> list[tuple[str, str]]:
    """(name, absolute path, "" if it has none) of each database of a connection.

    Raises:
        ValueError: there are temporary tables, functions or collations, which stay behind.
    """
    if query("SELECT 1 FROM temp.sqlite_master LIMIT 1"):
        raise ValueError("the connection has temporary tables, which do not travel: drop them")
    listed = query("SELECT CAST(name AS BLOB), CAST(file AS BLOB) FROM pragma_database_list")
    found = [(bytes(name).decode(), bytes(file or b"").decode()) for name, file in listed]
    return [(name, _path(query, name, file)) for name, file in found if name != "temp"]


def _path(query: Query, name: str, file: str) -> str:
    # A database that was deserialized pretends to be the file "x" of the current folder.
    if os.path.basename(file) == "x":
        mapped = query(f"PRAGMA {quoted(name)}.mmap_size")  # nothing, in memory
        if not mapped or not os.path.isfile(file):
            return ""
    return existing(file) if file else ""


def added(query: Query) -> set[str]:
    """The functions and collations of a connection that are not built into SQLite."""
    functions = "SELECT CAST(name AS BLOB) FROM pragma_function_list WHERE builtin = 0"
    collations = "SELECT CAST(name AS BLOB) FROM pragma_collation_list"
    return {bytes(name).decode() for kind in (functions, collations) for (name,) in query(kind)}


def refuse_added(query: Query, plain: Query) -> None:
    """Refuse a connection with functions or collations that a plain one does not have.

    Raises:
        ValueError: it has, and they cannot be read back.
    """
    if names := sorted(added(query) - added(plain)):
        raise ValueError(
            f"the connection has functions or collations of its own ({', '.join(names)}), which"
            " cannot be read back: connect again where they are needed, and create them there"
        )
