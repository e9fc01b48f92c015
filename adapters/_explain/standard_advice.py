"""What to do about objects of multiprocessing and of sqlite3."""

from __future__ import annotations

import sys
from typing import Any

from adapters.errors import suppress_failures

_STAYS = "it stays in the process that made it: make a new one there"
_INHERITED = (
    "a process inherits it at its start, and cannot be sent it: pass it to Process(args=...) or to"
    " an initializer (initargs=...), or use that of a multiprocessing.Manager()"
)
# By the class that an object's class derives from.
_BY_CLASS = {
    "multiprocessing.pool.Pool": f"{_STAYS}, or send its tasks here",
    "multiprocessing.process.BaseProcess": _STAYS,
    "multiprocessing.process.AuthenticationString": "set it there: multiprocessing.current_process"
    "().authkey",
    "multiprocessing.managers.BaseManager": f"{_STAYS}; its proxies can be sent",
    "multiprocessing.connection._ConnectionBase": "pass it to Process(args=...), or send it through"
    " a Pool, a Queue or an adapters.Executor over a ProcessPoolExecutor; or send its address, and"
    " connect there",
    "multiprocessing.connection.Listener": f"{_STAYS}; or send its address",
    "multiprocessing.connection.SocketListener": f"{_STAYS}; or send its address",
}


def inherited_advice(kind: type) -> str | None:
    """What to do about an object of a type of multiprocessing, None for any other type."""
    bases = type.__getattribute__(kind, "__mro__")
    names = [f"{base.__module__}.{base.__qualname__}" for base in bases]
    if not any(name.startswith("multiprocessing.") for name in names):
        return None
    return next((_BY_CLASS[name] for name in names if name in _BY_CLASS), _INHERITED)


def sqlite_advice(part: Any) -> str | None:
    """What to do about a connection of sqlite3: of a file, or of a database in memory."""
    sqlite3: Any = sys.modules.get("sqlite3")
    if sqlite3 is None or not issubclass(type(part), sqlite3.Connection):
        return None
    with suppress_failures():  # it is closed, or of another thread
        rows = sqlite3.Connection.execute(part, "PRAGMA database_list").fetchall()
        if any(row[1] == "main" and not row[2] for row in rows):
            if hasattr(part, "serialize"):
                return "send connection.serialize(), and connection.deserialize() it there"
            return "send a list of its iterdump(), and execute that there"
    return "send the path of the database, and connect there"
