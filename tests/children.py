"""What child processes import: they look at an object that came, and send one of their own back.

Nothing here registers an adapter or imports a module that does: the registration has to travel.
"""

from __future__ import annotations

import os
import signal
from typing import Any


def describe(obj: Any) -> tuple[str, Any, int]:
    """What arrived, in plain words."""
    return type(obj).__name__, obj.state, os.getpid()


def send_back(obj: Any) -> tuple[Any, Any, int]:
    """The object that came, and a new one of its type that this process made."""
    return obj, type(obj)(("made in the child", obj.state)), os.getpid()


def send_copies(obj: Any) -> tuple[Any, Any, int]:
    """As `send_back`, for objects that only their adapter can make."""
    import copy

    return obj, copy.deepcopy(obj), os.getpid()


def answer(connection: Any) -> None:
    """Send back what comes through a pipe, with a new object beside it, until it is closed."""
    while True:
        try:
            obj = connection.recv()
        except EOFError:
            return
        connection.send(send_back(obj))


def answer_argument(obj: Any, connection: Any) -> None:
    """Send back what came as an argument of the process."""
    connection.send(send_back(obj))
    connection.close()


def answer_queue(inbox: Any, outbox: Any) -> None:
    """Send back the one object that comes through a queue."""
    outbox.put(send_back(inbox.get(timeout=60)))


def put_into(shared: Any, index: int, obj: Any) -> None:
    """Put what came, and a new one, into a Manager's list."""
    shared[index] = send_back(obj)


def describe_shared(handle: Any) -> tuple[Any, int, int]:
    """The state of a shared object, and how many of its type this process has made."""
    obj = handle.get()
    return obj.state, type(obj).made, os.getpid()


def fail_to_get(handle: Any) -> str:
    """Why a handle has nothing to give."""
    try:
        return repr(handle.get())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def kill_itself() -> None:
    """Die without a word."""
    os.kill(os.getpid(), signal.SIGKILL)
