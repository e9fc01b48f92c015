"""Connections: objects over a pipe of one's own, large parts of them through shared memory."""

from __future__ import annotations

import os
import pickle
from threading import RLock
from typing import Any, Protocol

from adapters import _events
from adapters._execution.packing import BY_EITHER, Form, Packed
from adapters._execution.parts import large_parts, mark_sent, unpack
from adapters._naming import shown
from adapters._segments import receiver, sender  # noqa: F401  before children are forked
from adapters._segments.home import Home, sweep_at_exit
from adapters.errors import RebuildError, failures

_KIND = "adapters.send"  # what a message begins with
_lock = RLock()  # reentrant, as a signal handler may send something
_home: Home | None = None  # of this process


class Connection(Protocol):
    """What is needed of a connection; multiprocessing's have it."""

    def send_bytes(self, buf: Any, /) -> None:
        """Send bytes as one message."""

    def recv_bytes(self) -> bytes:
        """Receive the bytes of one message."""


def send(connection: Connection, obj: object, /) -> None:
    """Send an object over a connection to `adapters.receive` at its other end, on this host.

    Native objects, lambdas and closures travel as with `adapters.dumps`. Large parts (the buffers
    of states, arrays of numpy, long `bytes`) go through shared memory, and are writable there if
    they are here. What is sent is as the object is now; when this returns, it may change.

    A message that was sent can be received when this process has ended, too: for as long as the
    process lives that has started it, and for an hour at most.

    Args:
        connection: A `multiprocessing.connection.Connection`, or what has its `send_bytes`.
        obj: The object.

    Raises:
        SerializeError: a part of it cannot be pickled.
        OSError: the connection is closed, at either end.
    """
    form: Form = (BY_EITHER, "multiprocessing", None, _folder())
    message = Packed(obj, form, is_kept=True).message
    data = pickle.dumps((_KIND, *message), 5)
    connection.send_bytes(data)
    if _events.observer is not None:
        _tell("send", connection, data, message)
    mark_sent(message)


def receive(connection: Connection, /) -> Any:
    """Receive an object that `adapters.send` sends over a connection, which is waited for.

    Where the wait must end, ask `connection.poll(timeout)` first.

    Args:
        connection: A `multiprocessing.connection.Connection`, or what has its `recv_bytes`.

    Raises:
        EOFError: the other end is closed, and nothing is left to receive.
        OSError: the connection is closed.
        RebuildError: the object cannot be rebuilt here, a part of it is lost, or the message is not
            one of `adapters.send`.
    """
    sweep_at_exit()
    data = connection.recv_bytes()
    try:
        kind, *message = pickle.loads(data)
        if kind != _KIND:
            raise ValueError(f"it begins with {shown(kind)}")
    except failures() as error:
        problem = "what was received is no message of adapters.send, which the other end has to use"
        raise RebuildError(problem, "message") from error
    if _events.observer is not None:
        _tell("receive", connection, data, message)
    return unpack(*message)


def _tell(kind: str, connection: Connection, data: bytes, message: Any) -> None:
    """Tell a trace of a message, whose large parts are in its data or in segments."""
    large = large_parts(message)
    inside = sum(size for size, is_inside in large if is_inside)
    size = len(data) - inside, sum(size for size, _ in large)
    _events.observer.record(kind, type(connection).__name__, size)


def _folder() -> str:
    global _home
    if (home := _home) is None:
        with _lock:
            home = _home or Home(keep_unread=True)
            if _home is None:
                _home = home
    return home.folder


def _after_fork() -> None:
    """In a forked child: the segments are the parent's."""
    global _home, _lock
    _home, _lock = None, RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

for _public in (receive, send):
    _public.__module__ = "adapters"
