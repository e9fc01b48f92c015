"""Adapters whose objects cannot go to another process and back, or end it with a crash."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import time
from mmap import mmap
from typing import Any

from wrong_adapters.base import WRONG, Thing, ffi, new, wrong

_here: dict[Any, Any] = {}


def remember(thing: Thing) -> Any:
    _here[thing.value] = thing.value
    return thing.value


def recall(state: Any) -> Any:
    return new("Remembering", _here[state])


wrong("Remembering", "round_trip_in_a_spawned_child", "KeyError", remember, recall)


def crash_elsewhere(state: Any) -> Any:
    if multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGSEGV)
    return new("Crashing", state)


def hang_elsewhere(state: Any) -> Any:
    if multiprocessing.parent_process():
        time.sleep(1000)
    return new("Hanging", state)


if hasattr(signal, "SIGSEGV") and os.name == "posix":
    wrong("Crashing", "round_trip_in_a_spawned_child", "died of SIGSEGV", factory=crash_elsewhere)
wrong(
    "Hanging",
    "round_trip_in_a_spawned_child",
    "said nothing for 2 s",
    factory=hang_elsewhere,
    timeout=2,
)


def text_in_memory(thing: Thing) -> bytearray:
    return bytearray(thing.value, "ascii")


def through_a_view(state: Any) -> Any:
    state[:1] = b"O"
    return new("WritingIntoItsState", str(state, "ascii"))


def through_a_pointer(state: Any) -> Any:
    ffi.memmove(ffi.cast("char *", ffi.from_buffer(state)), b"O", 1)
    return new("WritingByPointer", str(state, "ascii"))


for _name, _write in (
    ("WritingIntoItsState", through_a_view),
    ("WritingByPointer", through_a_pointer),
):
    wrong(
        _name,
        "round_trip_in_a_spawned_child",
        "makes a copy, bytearray(view)",
        text_in_memory,
        _write,
    )


class Dangling:
    """Reads memory that it does not keep."""

    def __init__(self, content: Any) -> None:
        self.view = ffi.from_buffer(content)
        self.text, self.size = ffi.cast("char *", self.view), len(content)


def text_of(thing: Dangling) -> bytearray:
    return bytearray(ffi.buffer(thing.text, thing.size))


def without_keeping(state: Any) -> Dangling:
    thing = Dangling(state)
    del thing.view
    return thing


wrong(
    "Dangling",
    "outlives_the_original",
    "overwritten after the rebuild",
    text_of,
    without_keeping,
    cls=Dangling,
    values=[b"abc" * 100],
)


def map_without_keeping(state: Any) -> Any:
    thing = new("Unmapped", state)
    if isinstance(memoryview(state).obj, mmap):
        del thing.view
    return thing


wrong(
    "Unmapped",
    "outlives_the_original",
    "unmapped after the rebuild",
    text_of,
    map_without_keeping,
    cls=type("Unmapped", (Dangling,), {"__module__": __name__}),
    values=[b"abc" * 100],
)


class Forgetful(Thing):
    def __init__(self, value: Any, label: str = "") -> None:
        super().__init__(value)
        self.label = label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Forgetful) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def forgetful(value: Any) -> Forgetful:
    return Forgetful(value, "forgotten")


wrong("Forgetful", "round_trip_in_process", "is not equal to", cls=Forgetful, values=[1])
WRONG["Forgetful"].examples[:] = [forgetful(1)]


class Homebound:
    """Part of a state that can be pickled only in the process that made it first."""

    def __init__(self, process: int) -> None:
        self.process = process

    def __reduce__(self) -> Any:
        if self.process != os.getpid():
            raise TypeError("it belongs to another process")
        return Homebound, (self.process,)


wrong(
    "Homesick",
    "sent_back_by_a_child",
    "it belongs to another process",
    values=[Homebound(os.getpid())],
)


def not_from_forkserver(state: Any) -> Any:
    if "ForkServer" in type(multiprocessing.current_process()).__name__:
        raise OSError("no device in a forkserver")
    return new("NoForkserver", state)


_imported_by = os.getpid()


def not_after_fork(state: Any) -> Any:
    if os.getpid() != _imported_by:
        raise OSError("the library was loaded by another process")
    return new("NoFork", state)


if "forkserver" in multiprocessing.get_all_start_methods():
    wrong(
        "NoForkserver",
        "round_trip_in_a_forkserver_child",
        "no device in a forkserver",
        factory=not_from_forkserver,
    )
    wrong(
        "NoFork",
        "round_trip_in_a_forked_child",
        "loaded by another process",
        factory=not_after_fork,
    )


_at_exit: list[int] = []


def crash_at_exit(state: Any) -> Any:
    if not _at_exit and multiprocessing.parent_process():
        _at_exit.append(os.getpid())
        atexit.register(os.kill, os.getpid(), signal.SIGSEGV)
    return new("CrashingAtExit", state)


if os.name == "posix":
    wrong("CrashingAtExit", "ends_with_its_process", "died of SIGSEGV", factory=crash_at_exit)
