"""Adapters that are wrong on purpose, each in one way: the kit has to find just that.

Children import this module to rebuild what they get.
"""

from __future__ import annotations

import atexit
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import Any, NamedTuple

import cffi

import adapters

ffi = cffi.FFI()
ffi.cdef("typedef struct { int size; char *text; } note_t;")


class Thing:
    """Holds a value; its subclasses are what each wrong adapter is for."""

    def __init__(self, value: Any = 0) -> None:
        self.value = value


class Wrong(NamedTuple):
    promise: str
    adapter: adapters.Adapter
    examples: list[Any]
    says: str  # in the message to the author
    options: dict[str, Any] = {}  # noqa: RUF012  nobody changes it


WRONG: dict[str, Wrong] = {}


def value_of(thing: Any) -> Any:
    return thing.value


def wrong(
    name: str,
    promise: str,
    says: str,
    serialize: Any = value_of,
    factory: Any = None,
    *,
    values: Any = ("one", "two"),
    cls: Any = None,
    version: int = 1,
    upgrades: Any = None,
    **options: Any,
) -> None:
    """Register an adapter for a type of its own, and note which promise it breaks."""
    cls = cls or type(name, (Thing,), {"__module__": __name__})
    globals()[name] = cls
    adapter = adapters.register(
        cls, serialize, factory or cls, name=f"wrong.{name}", version=version, upgrades=upgrades
    )
    WRONG[name] = Wrong(promise, adapter, [cls(value) for value in values], says, options)


# Nobody else knows it.
class Unknown(Thing):
    pass


WRONG["Unknown"] = Wrong(
    "examples_are_served",
    adapters.Registry().register(Unknown, value_of, Unknown),
    [Unknown()],
    "adapters.registry",
)


class Pointing(Thing):
    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.memory = ffi.new("char[]", b"text")
        self.note = ffi.new("note_t *", {"size": 4, "text": self.memory})


def address_of_memory(thing: Pointing) -> int:
    return int(ffi.cast("uintptr_t", thing.memory))


def raw_note(thing: Pointing) -> bytes:
    return bytes(ffi.buffer(thing.note))


def own_id(thing: Thing) -> dict[str, int]:
    return {"key": id(thing)}


def pointer(thing: Pointing) -> Any:
    return ("text", [thing.memory])


def ctypes_pointer(thing: Thing) -> Any:
    return ctypes.c_void_p(1)


for _name, _serialize_it, _says in (
    ("AddressOfMemory", address_of_memory, "the address of the C memory of .memory"),
    ("RawStruct", raw_note, "the address of"),
    ("OwnId", own_id, "state['key'] holds 0x"),
    ("Pointer", pointer, "state[1][0] is C data of type 'char[]'"),
    ("CtypesPointer", ctypes_pointer, "a pointer of ctypes"),
):
    wrong(
        _name,
        "state_holds_no_address",
        _says,
        _serialize_it,
        cls=type(_name, (Pointing,), {"__module__": __name__}),
    )


def with_lock(thing: Thing) -> Any:
    return {"value": thing.value, "parts": [threading.Lock()]}


wrong("Locked", "state_pickles", "state['parts'][0] is a _thread.lock", with_lock)


def count_up(thing: Thing) -> Any:
    thing.value += 1
    return thing.value


wrong("Counting", "serializer_changes_nothing", "a second, different state", count_up, values=[1])

_here: dict[Any, Any] = {}


def remember(thing: Thing) -> Any:
    _here[thing.value] = thing.value
    return thing.value


def recall(state: Any) -> Any:
    return globals()["Remembering"](_here[state])


wrong("Remembering", "round_trip_in_a_spawned_child", "KeyError", remember, recall)


def crash_elsewhere(state: Any) -> Any:
    if multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGSEGV)
    return globals()["Crashing"](state)


def hang_elsewhere(state: Any) -> Any:
    if multiprocessing.parent_process():
        time.sleep(1000)
    return globals()["Hanging"](state)


if hasattr(signal, "SIGSEGV") and os.name == "posix":
    wrong("Crashing", "round_trip_in_a_spawned_child", "died of SIGSEGV", factory=crash_elsewhere)
wrong(
    "Hanging",
    "round_trip_in_a_spawned_child",
    "said nothing for 2 s",
    factory=hang_elsewhere,
    timeout=2,
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
    thing = globals()["Unmapped"](state)
    if memoryview(state).readonly or memoryview(memoryview(state).obj).readonly:
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


wrong("Forgetful", "round_trip_in_process", "leaves something out", cls=Forgetful, values=[1])
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
    return globals()["NoForkserver"](state)


_imported_by = os.getpid()


def not_after_fork(state: Any) -> Any:
    if os.getpid() != _imported_by:
        raise OSError("the library was loaded by another process")
    return globals()["NoFork"](state)


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


class Modern:
    """Part of a state that needs a new protocol."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        if protocol < 4:
            raise TypeError("protocol 4 or later")
        return Modern, ()


class NotByCloudpickle:
    """Part of a state that cloudpickle cannot write."""

    def __reduce__(self) -> Any:
        if "cloudpickle" in sys._getframe(1).f_globals["__name__"]:
            raise TypeError("not by cloudpickle")
        return NotByCloudpickle, ()


wrong("Protocol", "every_protocol", "pickle protocol 2 fails", values=[Modern()])
wrong("Cloudy", "cloudpickle", "cloudpickle fails", values=[NotByCloudpickle()])


class Lonely(Thing):
    def __deepcopy__(self, memo: Any) -> Lonely:
        return self


wrong("Lonely", "deepcopy_makes_a_second_object", "gives the object itself", cls=Lonely)


class Shallow(Thing):
    def __deepcopy__(self, memo: Any) -> Shallow:
        return Shallow(self.value)


def own_memory(state: Any) -> Shallow:
    return Shallow(bytearray(state))


wrong(
    "Shallow",
    "deepcopy_makes_a_second_object",
    "changes the original",
    factory=own_memory,
    cls=Shallow,
    values=[bytearray(b"abc")],
)

_scratch: list[Any] = []


def into_scratch(thing: Thing) -> Any:
    _scratch[:] = [thing.value]
    return _scratch


def first_of(state: Any) -> Any:
    return globals()["Scratching"](state[0])


wrong(
    "Scratching",
    "nested_and_shared_in_one_message",
    "one of several objects in one message",
    into_scratch,
    first_of,
)


def with_copy(state: Any) -> Any:
    return globals()["Aliasing"](list(state))


def copied(thing: Thing) -> Any:
    return dict(thing.value)


def keep(state: Any) -> Any:
    if not isinstance(state, dict):
        raise TypeError("the state is a dict")
    return globals()["Keeping"](state)


wrong("Aliasing", "state_is_no_alias", "return list(...)", factory=with_copy, values=([1], [2]))
wrong(
    "Keeping",
    "factory_keeps_no_container",
    "keeps the dict",
    copied,
    keep,
    values=({"a": 1}, {"b": 2}),
)

_made: dict[Any, Any] = {}


def from_cache(state: Any) -> Any:
    return _made.setdefault(state, globals()["Cached"](state))


wrong("Cached", "factory_makes_a_fresh_object", "the same object twice", factory=from_cache)

_current: Any = None


def through_global(thing: Thing) -> Any:
    global _current
    _current = thing.value
    time.sleep(0.0001)
    return _current


wrong("Racing", "threads_at_once", "with 8 threads", through_global)

_kept: list[Any] = []
_alive = 0


def leak_memory(state: Any) -> Any:
    _kept.append(ffi.new("char[]", 2000))
    return globals()["LeakingMemory"](state)


def leak_bytes(state: Any) -> Any:
    _malloc(48)
    return globals()["LeakingBytes"](state)


def leak_descriptor(state: Any) -> Any:
    os.open(os.devnull, os.O_RDONLY)
    return globals()["LeakingDescriptors"](state)


def leak_live(state: Any) -> Any:
    global _alive
    _alive += 1
    return globals()["LeakingObjects"](state)


def live() -> int:
    return _alive


if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallinfo2"):
    _malloc = ctypes.CDLL(None).malloc
    wrong("LeakingBytes", "nothing_leaks", "the C heap in bytes", factory=leak_bytes)
wrong("LeakingMemory", "nothing_leaks", "resident memory", factory=leak_memory)
wrong("LeakingDescriptors", "nothing_leaks", "leaves a descriptor open", factory=leak_descriptor)
wrong("LeakingObjects", "nothing_leaks", "what live() counts", factory=leak_live, live=live)


def same(state: Any) -> Any:
    return state


wrong(
    "Gap",
    "old_versions_are_reachable",
    "upgrades lacks [2]",
    version=3,
    upgrades={1: same},
)


def take_pointer(state: Any) -> Any:
    if not isinstance(state, str):
        bytes(ffi.buffer(ffi.cast("char *", 8), 8))  # as C code that expects a pointer there
    return globals()["Unchecked"](state)


_at_exit: list[int] = []


def crash_at_exit(state: Any) -> Any:
    if not _at_exit and multiprocessing.parent_process():
        _at_exit.append(os.getpid())
        atexit.register(os.kill, os.getpid(), signal.SIGSEGV)
    return globals()["CrashingAtExit"](state)


def no_words(state: Any) -> Any:
    if not isinstance(state, str):
        raise ValueError
    return globals()["Silent"](state)


def fault(state: Any) -> Any:
    if not isinstance(state, str):
        raise SystemError("a C function returned NULL")
    return globals()["Faulty"](state)


def lowered(thing: Thing) -> Any:
    return thing.value.lower()


def endless(state: Any) -> Any:
    if not isinstance(state, str):
        time.sleep(1000)
    return globals()["Endless"](state)


if os.name == "posix":
    wrong("CrashingAtExit", "ends_with_its_process", "died of SIGSEGV", factory=crash_at_exit)
    wrong("Unchecked", "wrong_states_are_refused", "died of SIGSEGV", factory=take_pointer)
wrong("Silent", "wrong_states_are_refused", "ValueError without a message", factory=no_words)
wrong("Faulty", "wrong_states_are_refused", "a fault in C code", factory=fault)
wrong("Unusable", "wrong_states_are_refused", "cannot be used", lowered)
wrong("Endless", "wrong_states_are_refused", "said nothing for 1 s", factory=endless, timeout=1)


class Peeked(Thing):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Peeked) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def peek(thing: Thing) -> Any:
    thing.peeked = True  # type: ignore[attr-defined]
    return thing.value


def peeked(state: Any) -> Any:
    thing = Peeked(state)
    peek(thing)
    return thing


wrong("Peeked", "serializer_changes_nothing", "no longer equals", peek, peeked, cls=Peeked)
WRONG["Peeked"].examples[:] = [Peeked]


class Grown(Thing):
    """Not wrong; its versions have a state of one, two and three parts."""


def three(thing: Grown) -> Any:
    return (thing.value,) * 3


def of_three(state: Any) -> Grown:
    first, _, _ = state
    return Grown(first)


def one_more(state: Any) -> Any:
    return (*state, state[0])


adapters.register(
    Grown,
    three,
    of_three,
    name="wrong.Grown",
    version=3,
    upgrades={1: one_more, 2: one_more},
)
