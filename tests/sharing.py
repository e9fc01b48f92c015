"""What processes that share import: an object that is expensive to construct, and what they do.

`Costly` stands for it. It writes into a log, which all processes share, where each one was made and
where it went.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pickle import PickleBuffer
from typing import Any, TypeVar

import adapters
from adapters._owner import LOCK

T = TypeVar("T")
TIMEOUT = 60
KEPT: list[Any] = []  # what a process holds until it ends
HANDLES: dict[str, Any] = {}


def note(log: str | None, line: str) -> None:
    """Append a line; one write, so that lines of several processes do not mix."""
    if log is not None:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, f"{line}\n".encode())
        os.close(file)


class Costly:
    """Pickle refuses it; its adapter takes the log and the content."""

    def __init__(self, log: str | None = None, content: Any = b"") -> None:
        self.log, self.content = log, content
        self.lock = threading.Lock()
        self.maker = os.getpid()
        note(log, f"made {self.maker}")

    def __del__(
        self, note: Callable[..., None] = note, process: Callable[[], int] = os.getpid
    ) -> None:
        note(self.log, f"gone {self.maker} {process()}")


class Fussy(Costly):
    """Its content is a file and a way to fail: the factory fails as long as the file is there."""


class SelfSeeking(Costly):
    """Its factory asks for the object of the handle that `HANDLES` has under its content."""


def state_of(costly: Costly) -> tuple[str | None, Any]:
    return costly.log, costly.content


def rebuild(state: tuple[str | None, Any]) -> Costly:
    return Costly(*state)


def rebuild_fussy(state: tuple[str | None, Any]) -> Fussy:
    log, (file, fail) = state
    note(log, "tried")
    if Path(file).exists():
        fail()
    return Fussy(log, (file, fail))


def rebuild_self_seeking(state: tuple[str | None, Any]) -> SelfSeeking:
    HANDLES[state[1]].get()
    return SelfSeeking(*state)


adapters.register(Costly, state_of, rebuild)
adapters.register(Fussy, state_of, rebuild_fussy)
adapters.register(SelfSeeking, state_of, rebuild_self_seeking)


def fail() -> None:
    raise ValueError("not yet")


def interrupt() -> None:
    raise KeyboardInterrupt


def exit_with_3() -> None:
    sys.exit(3)


class Sealed:
    """Pickles by itself, and its bytearray leaves out of band."""

    def __init__(self, content: Any) -> None:
        self.content = content

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Sealed, (PickleBuffer(self.content),)


def made(log: Path) -> list[int]:
    """The process of each object that was made."""
    return [int(line.split()[1]) for line in lines(log) if line.startswith("made")]


def gone(log: Path) -> list[list[int]]:
    """Of each object that went, the process that made it and the one where it went."""
    return [[*map(int, line.split()[1:])] for line in lines(log) if line.startswith("gone")]


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def states_in(directory: str | Path) -> list[Path]:
    """The files of all states in a directory, without those of their owners."""
    paths = (path for path in Path(directory).rglob("*") if path.is_file())
    return sorted(path for path in paths if path.name != LOCK)


def in_threads(function: Callable[[], T], count: int) -> list[T]:
    """What `function` returns in several threads that begin at the same moment."""
    barrier = threading.Barrier(count)

    def call(_: int) -> T:
        barrier.wait(TIMEOUT)
        return function()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(call, range(count), timeout=TIMEOUT))


def look(handle: Any) -> tuple[int, int, Any]:
    """Which object a handle gives here, who made it, and what it holds."""
    costly = handle.get()
    return id(costly), costly.maker, bytes(costly.content)


def look_in_threads(handle: Any, count: int) -> list[tuple[int, int, Any]]:
    return in_threads(lambda: look(handle), count)


def get(handle: Any) -> Any:
    return handle.get()


def look_at_size(handle: Any) -> int:
    return len(handle.get().content)


def keep(handle: Any) -> int:
    """Hold the object, and none before it."""
    KEPT[:] = [handle.get()]
    return os.getpid()


def let_go() -> None:
    KEPT.clear()


def kept_content() -> bytes:
    return bytes(KEPT[0].content)


def close(handle: Any) -> None:
    handle.close()


def file_that_holds_the_bitmap(handle: Any) -> str:
    """The file that is mapped where a shared sieve has its bitmap."""
    from native._native import ffi

    address = int(ffi.cast("uintptr_t", ffi.from_buffer(handle.get().bitmap)))
    for line in Path("/proc/self/maps").read_text().splitlines():
        begin, _, end = line.split()[0].partition("-")
        if int(begin, 16) <= address < int(end, 16):
            return line.split()[-1]
    return ""


def tell_when_closed(key: str, connection: Any) -> None:
    """Map a file, and say whether it is closed, now and when asked; then whether it is found."""
    store = adapters.stores.Local()
    parts = store.get(key)
    connection.send(store.closed(parts))
    assert connection.poll(TIMEOUT)
    connection.recv()
    connection.send((store.closed(parts), [bytes(part) for part in parts]))
    try:
        store.get(key)
    except LookupError:
        connection.send("not found")
    connection.close()


def share_and_end(directory: str, connection: Any, end: Callable[[], None] | None = None) -> None:
    """Own a handle, say how many files there are, and end while it is held."""
    KEPT.append(adapters.share(Costly(), adapters.stores.Local(directory)))
    connection.send(len(states_in(directory)))
    connection.close()
    if end is not None:
        end()


def share_for_good(handle: Any, directory: str) -> Any:
    """Own a handle for as long as this process lives."""
    assert handle.get()
    KEPT.append(adapters.share(Costly(None, b"the worker's"), adapters.stores.Local(directory)))
    return KEPT[-1]


def share_and_close(directory: str) -> int:
    """How many files there are while this process shares something."""
    with adapters.share(Costly(), adapters.stores.Local(directory)):
        return len(states_in(directory))


def put_and_delete(directory: str, count: int) -> None:
    store = adapters.stores.Local(directory)
    for number in range(count):
        key = store.put([bytes(number)])
        assert len(store.get(key)[0]) == number
        store.delete(key)


def meet_and_look(handles: list[Any], barrier: Any, outbox: Any) -> None:
    """Get some objects in two threads, each when all other processes do so."""

    def ask() -> list[int]:
        found = []
        for handle in handles:
            barrier.wait(TIMEOUT)
            found.append(handle.get())
        KEPT.extend(found)
        return [*map(id, found)]

    outbox.put((os.getpid(), in_threads(ask, 2)))


def get_and_share(handle: Any, directory: str, rounds: int) -> int:
    """What workers do while they are killed: get what is shared, and share something themselves."""
    store = adapters.stores.Local(directory)
    total = 0
    for number in range(rounds):
        total += len(handle.get().content)
        with adapters.share(Costly(None, bytearray(number)), store) as own:
            total += len(own.get().content)
        adapters.cache_clear()
    return total


def resources() -> tuple[int, int]:
    """The descriptors that this process has open, and the bytes of memory that it occupies."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(os.listdir("/proc/self/fd")), pages * os.sysconf("SC_PAGE_SIZE")


class Shelf:
    """A store of a user's own: it keeps the parts in a dict that is a Manager's."""

    def __init__(self, books: Any) -> None:
        self.books = books

    def put(self, parts: Sequence[Any]) -> str:
        key = os.urandom(8).hex()
        self.books[key] = [bytes(part) for part in parts]
        return key

    def get(self, key: str) -> list[bytes]:
        found: list[bytes] = self.books[key]
        return found

    def delete(self, key: str) -> None:
        self.books.pop(key, None)

    def closed(self, parts: Sequence[Any]) -> bool:
        return False


def leave_spares(directory: str) -> int:
    """Share again and again, hold a handle, and say how many files are spare in the end."""
    store = adapters.stores.Local(directory)
    KEPT.append(adapters.share(Costly(None, bytes(1 << 20)), store))
    for number in range(4):
        adapters.share(Costly(None, bytes([number]) * (1 << 20)), store).close()
    return len([*Path(directory).rglob("*.spare")])
