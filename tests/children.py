"""What child processes import: they look at an object that came, and send one of their own back.

Nothing here registers an adapter or imports a module that does: the registration has to travel.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
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


def trace_a_copy(obj: Any) -> Any:
    """What a trace in this process sees of a copy."""
    import copy

    import adapters

    with adapters.trace() as trace:
        copy.deepcopy(obj)
    return dict(trace.counts())


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


def die_at(_: object) -> None:
    """Die by a signal, whatever comes."""
    kill_itself()


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


class Memory:
    """It keeps the memory that it is given, which leaves its pickle as a buffer."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __reduce_ex__(self, protocol: Any) -> Any:
        from pickle import PickleBuffer

        return Memory, (PickleBuffer(self.data),)


class HoldingError(Exception):
    """An error that holds memory."""


def make_memory(size: int, fill: int) -> Memory:
    """Writable memory that this process has made."""
    return Memory(bytearray([fill]) * size)


def make_many(size: int, count: int) -> list[Memory]:
    """Memory of which each part is filled with its number."""
    return [make_memory(size, number) for number in range(count)]


def make_bytes(size: int, fill: int) -> bytes:
    """Bytes that this process has made."""
    return bytes([fill]) * size


def write_over(memory: Memory, fill: int) -> tuple[bytes, bool]:
    """What the first and the last byte were, and whether they can be written; write there."""
    found = bytes((memory.data[0], memory.data[-1]))
    readonly = memoryview(memory.data).readonly
    if not readonly:
        memory.data[:] = bytes([fill]) * len(memory.data)
    return found, readonly


def echo_and_keep(memory: Memory) -> Memory:
    """The memory that came, which this process keeps, too."""
    _kept.append(memory)
    return memory


def look_at_kept() -> list[int]:
    """The first and the last byte of all memory that this process keeps."""
    return [each.data[index] for each in _kept if isinstance(each, Memory) for index in (0, -1)]


def raise_memory(size: int, fill: int) -> None:
    """Raise an error that holds memory."""
    raise HoldingError("with memory", make_memory(size, fill))


def fork_and_write(memory: Memory) -> tuple[bytes, bytes]:
    """What this process and a forked child of it see when both have written there."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        memory.data[:3] = b"new"
        os.write(theirs, bytes(memory.data[:4]))
        os._exit(0)
    memory.data[:3] = b"old"
    os.close(theirs)
    found = os.read(ours, 10)
    os.close(ours)
    os.waitpid(child, 0)
    return found, bytes(memory.data[:4])


def die_with(memory: Memory) -> None:
    """Die while memory is held."""
    _kept.append(memory)
    kill_itself()


def send_parts(connection: Any, size: int, count: int) -> None:
    """Send memory over a connection, and end."""
    import adapters

    for number in range(count):
        adapters.send(connection, make_memory(size, number))
    connection.close()


def receive_parts(connection: Any) -> None:
    """Send back what comes over a connection, each written over, until None comes."""
    import adapters

    while (memory := adapters.receive(connection)) is not None:
        found = bytes(memory.data[:1])
        memory.data[:] = bytes([7]) * len(memory.data)
        adapters.send(connection, (found, memory))


def fill_and_die(connection: Any, size: int) -> None:
    """Die between the filling of a segment and the sending of its message."""
    import adapters

    class Closed:
        def send_bytes(self, _: Any) -> None:
            connection.send("filled")
            kill_itself()

    adapters.send(Closed(), make_memory(size, 1))


def nest_executors(memory: Memory) -> tuple[bytes, Memory]:
    """Send memory on to a process that this one starts, and back."""
    import adapters

    with adapters.Executor(max_workers=1) as executor:
        found, _ = executor.submit(write_over, memory, 3).result(60)
        return found, executor.submit(echo, memory).result(60)


def die_while_sending(size: int) -> Memory:
    """Memory; this process dies when it was written to a segment, before its message is sent."""

    def send_bytes(*_: Any) -> None:
        kill_itself()

    Connection.send_bytes = send_bytes  # type: ignore[method-assign]
    return make_memory(size, 1)


def where_it_works() -> tuple[str, str, list[str], list[str]]:
    """The folder that this process works in, that of temporary files, what is there, sys.path."""
    import tempfile

    here, temporary = os.getcwd(), tempfile.gettempdir()
    return here, temporary, [*os.listdir(here), *os.listdir(temporary)], sys.path


def write_at(path: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write("x")
