"""What child processes import: they look at an object that came, and send one of their own back.

Nothing here registers an adapter or imports a module that does: the registration has to travel.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from typing import Any


def describe(obj: Any) -> tuple[str, Any, int]:
    """What arrived, in plain words."""
    return type(obj).__name__, obj.state, os.getpid()


def send_back(obj: Any) -> tuple[Any, Any, int]:
    """The object that came, and a new one of its type that this process made."""
    return obj, type(obj)(("made in the child", obj.state)), os.getpid()


def echo(obj: Any) -> Any:
    """The object that came."""
    return obj


def look_at_buffers(obj: Any) -> list[tuple[str, str, int, bool, bytes]]:
    """What the buffers of a state are, and their bytes."""
    return [
        (type(part).__name__, part.format, part.ndim, part.readonly, part.tobytes())
        for part in obj.state
    ]


def look_at_shared_buffers(handle: Any) -> list[tuple[str, str, int, bool, bytes]]:
    """What the buffers of a shared object's state are, and their bytes."""
    return look_at_buffers(handle.get())


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


_kept: list[Any] = []


def keep(thing: Any) -> int:
    """Keep something until this process ends; how many things are kept."""
    _kept.append(thing)
    return len(_kept)


def fail_at_the_end(code: int) -> None:
    """Let this process, once it ends, exit with a code."""
    Finalize(None, os._exit, (code,), exitpriority=1)


def hang_at_the_end() -> None:
    """Let this process hang once it ends: it waits for its threads."""
    threading.Thread(target=time.sleep, args=(100,)).start()


def work_in_steps(steps: int, seconds: float) -> int:
    """Take a while, and say so."""
    from adapters._child import progress

    for step in range(steps):
        progress(f"step {step}")
        time.sleep(seconds)
    return steps


def crash() -> None:
    """Die of a segmentation fault, without a report and a core file."""
    faulthandler.disable()
    faulthandler._sigsegv()  # type: ignore[attr-defined]


def close_descriptors() -> None:
    """Close all files of this process but the standard ones."""
    os.closerange(3, 256)


def fork_and_wait() -> int:
    """The id of a process that this one has forked, and that goes on for long."""
    child = os.fork()
    if child == 0:
        time.sleep(100)
        os._exit(0)
    return child


def fork_and_return() -> int:
    """Return in two processes."""
    first = os.getpid()
    os.fork()
    return first


def leave_a_daemon() -> None:
    """Die, and leave a process in a session of its own that has all open files; tell its id."""
    from adapters._child import progress

    child = os.fork()
    if child == 0:
        os.setsid()
        time.sleep(100)
        os._exit(0)
    time.sleep(0.1)  # until it has left
    progress(str(child))
    os._exit(3)


def stop_while_sending() -> bytes:
    """A large result, of which a part is sent before this process stops."""
    send = Connection.send_bytes

    def send_some(connection: Any, data: Any) -> None:
        _kept.append(None)
        if len(_kept) == 4:
            os.kill(os.getpid(), signal.SIGSTOP)
        send(connection, data)

    Connection.send_bytes = send_some  # type: ignore[method-assign, assignment]
    return bytes(200_000)


class Refusing:
    """Its payload cannot be loaded."""

    def __reduce__(self) -> Any:
        return refuse, ()


def refuse() -> None:
    raise ValueError("not here")


def write_at_exit(path: str) -> None:
    """Write a word when this process ends."""
    from functools import partial

    from adapters._segments.exits import at_exit

    at_exit(partial(_write, path))


def _write(path: str) -> None:
    with open(path, "a") as file:
        file.write("ended ")
